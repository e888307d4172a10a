using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;

namespace Wopr.Sandbox.Models;

internal enum Api { OpenAi, Anthropic }

/// <summary>Takes a request from its first byte to the record of it.</summary>
internal sealed class Serving(Api api, Behaviours behaviours, ServedLog log, TimeProvider time)
{
    private const long BodyBytesMax = 64 * 1024 * 1024;
    private const string Nowhere = "no-such-model";

    public static JsonWriterOptions JsonOptions { get; } =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task ServeAsync(HttpContext context, Wire wire)
    {
        var startedAt = Stopwatch.GetTimestamp();
        var served = Start(context);
        try
        {
            using var body = await ReadAsync(context);
            served.Model = body?.RootElement.Text("model") ?? "";
            var behaviour = behaviours.Of(served.Place, served.Model);
            CheckKey(context, behaviour, served);
            var faults = behaviour.Plan?.Draw() ?? Faults.None;
            if (await FailsAtOnceAsync(context, served, behaviour, faults, startedAt)) { return; }
            var ask = wire.Read(Known(body));
            served.Streams = ask.Streams;
            served.Tenant ??= body!.RootElement.Text("user") ?? body.RootElement.Field("metadata")?.Text("user_id");
            var reply = Mind.Answer(ask, behaviour, faults, Behaviours.NameOf(served.Model), served.Number,
                time.GetUtcNow());
            Headers(context, served, behaviour, reply);
            var delivery = new Delivery(context, behaviour, faults, served, log, startedAt);
            await (ask.Streams ? delivery.StreamAsync(wire, reply) : delivery.WholeAsync(wire, reply));
        }
        catch (ModelRefusal refusal)
        {
            await RefuseAsync(context, served, refusal);
        }
        catch (OperationCanceledException)
        {
            log.Left(served);
        }
        finally
        {
            log.Finish(served, "ended");
        }
    }

    public Task ListAsync(HttpContext context) => TellAsync(context, json =>
    {
        if (api == Api.OpenAi) { json.WriteString("object", "list"); }
        json.WriteStartArray("data");
        foreach (var model in Catalog.Models)
        {
            json.WriteStartObject();
            Catalog.Write(json, api, model);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (api == Api.OpenAi) { return; }
        json.WriteBoolean("has_more", false);
        json.WriteString("first_id", Catalog.Models[0]);
        json.WriteString("last_id", Catalog.Models[^1]);
    });

    public Task ShowAsync(HttpContext context) => TellAsync(context, json =>
    {
        var id = Uri.UnescapeDataString((string)context.Request.RouteValues["id"]!);
        Catalog.Write(json, api, Catalog.Models.Contains(id) ? id : throw UnknownModel(id));
    });

    public Task UnknownAsync(HttpContext context, string[] paths)
    {
        var (method, path) = (context.Request.Method, $"/{context.Request.RouteValues["rest"]}");
        var refusal = api == Api.Anthropic ? new ModelRefusal(404, "Not Found")
            : paths.Contains(path.TrimStart('/')) ? new ModelRefusal(405, $"Not allowed to {method} on {path}.")
            : new ModelRefusal(404, $"Invalid URL ({method} {path})");
        var served = Start(context);
        return RefuseAsync(context, served, refusal);
    }

    private async Task TellAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        var served = Start(context);
        try
        {
            CheckKey(context, behaviours.Of(served.Place, ""), served);
            await AnswerAsync(context, served, 200, write, "complete");
        }
        catch (ModelRefusal refusal)
        {
            await RefuseAsync(context, served, refusal);
        }
    }

    private Served Start(HttpContext context)
    {
        var headers = context.Request.Headers;
        var served = log.Start(
            context.Request.RouteValues.TryGetValue("place", out var place) ? (string)place! : Behaviours.Everywhere,
            context.Request.Path, Header(headers, "x-request-id"), Header(headers, "x-tenant-id"));
        var id = $"req_{served.Number:d8}";
        context.Response.Headers[api == Api.OpenAi ? "x-request-id" : "request-id"] = id;
        return served;
    }

    private static string? Header(IHeaderDictionary headers, string name) =>
        headers.TryGetValue(name, out var values) ? values.ToString() : null;

    /// <summary>Null when it is no JSON: that is said only to who has a key.</summary>
    private static async Task<JsonDocument?> ReadAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = BodyBytesMax;
        }
        try
        {
            return await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        }
        catch (JsonException)
        {
            return null;
        }
        catch (BadHttpRequestException refused)
        {
            throw new ModelRefusal(refused.StatusCode, refused.StatusCode == 413 ? "Request exceeds the maximum size"
                : refused.Message);
        }
    }

    private JsonElement Known(JsonDocument? body)
    {
        if (body is null)
        {
            throw ModelRefusal.Invalid(api == Api.Anthropic ? "The request body is not valid JSON."
                : "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your "
                    + "HTTP library "
                    + "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)");
        }
        return body.RootElement switch
        {
            { ValueKind: not JsonValueKind.Object } => throw ModelRefusal.Invalid(
                api == Api.Anthropic ? "Input should be a valid dictionary" : "Invalid body: expected an object."),
            var root when root.Text("model") is null && api == Api.OpenAi =>
            throw ModelRefusal.Invalid("you must provide a model parameter"),
            var root when Behaviours.NameOf(root.Text("model") ?? "").EndsWith(Nowhere, StringComparison.Ordinal) =>
                throw UnknownModel(Behaviours.NameOf(root.Text("model")!)),
            var root => root,
        };
    }

    private ModelRefusal UnknownModel(string model) => api == Api.Anthropic ? new(404, $"model: {model}")
        : new(404, $"The model `{model}` does not exist or you do not have access to it.", null, "model_not_found");

    private void CheckKey(HttpContext context, Behaviour behaviour, Served served)
    {
        var headers = context.Request.Headers;
        var key = api == Api.Anthropic ? Header(headers, "x-api-key") : null;
        if (key is null && headers.Authorization.ToString() is var said
            && said.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            key = said["Bearer ".Length..].Trim();
        }
        served.KeyEnd = key is { Length: > 8 } ? key[^4..] : null;
        if (behaviour.Key is "none") { return; }
        if (string.IsNullOrEmpty(key))
        {
            throw new ModelRefusal(401, api == Api.Anthropic ? "x-api-key header is required"
                : "You didn't provide an API key. You need to provide your API key in an Authorization header using "
                    + "Bearer auth "
                    + "(i.e. Authorization: Bearer YOUR_KEY).");
        }
        if (behaviour.Key is { } only and not "any" && key != only) { throw WrongKey(key); }
        if (api == Api.Anthropic && !headers.ContainsKey("anthropic-version"))
        {
            throw ModelRefusal.Invalid("anthropic-version: header is required");
        }
    }

    // The key stands in it whole, so that a test sees whether somebody passes it on.
    private ModelRefusal WrongKey(string key) => api == Api.Anthropic ? new(401, "invalid x-api-key")
        : new(401, $"Incorrect API key provided: {key}. You can find your API key at "
            + "https://platform.openai.com/account/api-keys.",
            null, "invalid_api_key");

    private async Task<bool> FailsAtOnceAsync(
        HttpContext context, Served served, Behaviour behaviour, Faults faults, long startedAt)
    {
        if (faults.StallsBeforeHeaders) { await Task.Delay(faults.StallFor, context.RequestAborted); }
        if (faults.ResetsBeforeHeaders)
        {
            log.Finish(served, "reset");
            context.Abort();
            return true;
        }
        if (faults.Status == 0 && !faults.Html && !faults.Empty) { return false; }
        await Pacer.NewWaiter().UntilAsync(startedAt, TimeSpan.FromMilliseconds(behaviour.DelayMs ?? 0),
            context.RequestAborted);
        if (faults.Status == 401) { throw WrongKey(served.KeyEnd ?? ""); }
        if (faults.Status != 0)
        {
            throw new ModelRefusal(faults.Status, $"The sandbox was told to answer {faults.Status}.", null,
                faults.Status == 429 ? "rate_limit_exceeded" : null, faults.Status is 429 or 503 or 529
                ? faults.RetryAfter : null);
        }
        served.Status = context.Response.StatusCode = faults.Html ? 502 : 200;
        log.Finish(served, "refused");
        if (faults.Html)
        {
            context.Response.ContentType = "text/html; charset=UTF-8";
            await context.Response.WriteAsync("<html><head><title>502 Bad Gateway</title></head></html>",
                context.RequestAborted);
        }
        return true;
    }

    private void Headers(HttpContext context, Served served, Behaviour behaviour, Reply reply)
    {
        served.Status = 200;
        served.Usage = reply.Usage with { Output = 0, CostNanos = null };
        if (api == Api.OpenAi) { context.Response.Headers["openai-version"] = "2020-10-01"; }
        if (Behaviour.Nanos(behaviour.CostHeader, reply.Usage) is { } nanos)
        {
            context.Response.Headers["x-openrouter-cost"] =
                (nanos / 1_000_000_000m).ToString(CultureInfo.InvariantCulture);
        }
    }

    private Task RefuseAsync(HttpContext context, Served served, ModelRefusal refusal)
    {
        if (refusal.RetryAfter is { } seconds) { context.Response.Headers.RetryAfter = $"{seconds}"; }
        return AnswerAsync(context, served, refusal.Status, json =>
        {
            if (api == Api.Anthropic) { ModelErrors.WriteAnthropic(json, refusal, $"req_{served.Number:d8}"); }
            else { ModelErrors.WriteOpenAi(json, refusal); }
        }, "refused");
    }

    private async Task AnswerAsync(HttpContext context, Served served, int status, Action<Utf8JsonWriter> write,
        string end)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(bytes, JsonOptions))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        served.Status = context.Response.StatusCode = status;
        served.Bytes = bytes.WrittenCount;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.WrittenCount;
        log.Finish(served, end);
        await context.Response.Body.WriteAsync(bytes.WrittenMemory, context.RequestAborted);
    }
}
