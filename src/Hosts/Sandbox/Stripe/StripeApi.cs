using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Primitives;
using Wopr.Kernel;

namespace Wopr.Sandbox.Stripe;

/// <summary>A request after the key was checked and the input read.</summary>
internal sealed record Call(string Id, Form Form);

/// <summary>What the next calls suffer, on demand.</summary>
internal sealed record ApiFaults(int DelayMs = 0, int Failures = 0);

/// <summary>What every call has in common: the secret key, the input, the idempotency key, errors and headers.</summary>
internal sealed class StripeApi(Account account, TimeProvider time)
{
    private readonly IdempotencyKeys _keys = new(time);
    private readonly Lock _lock = new();
    private ApiFaults _faults = new();

    public ApiFaults Faults
    {
        get { lock (_lock) { return _faults; } }
        set { lock (_lock) { _faults = value; } }
    }

    public void Map(IEndpointRouteBuilder routes, string method, string path, Func<Call, JsonObject> run) =>
        routes.MapMethods(path, [method], (HttpContext http, CancellationToken ct) => AnswerAsync(http, run, ct));

    /// <summary>A path that Stripe does not have either.</summary>
    public Task UnknownAsync(HttpContext http, CancellationToken ct) => AnswerAsync(http, _ =>
        throw new StripeRefusal(404, "invalid_request_error", "Unrecognized request URL "
            + $"({http.Request.Method}: {http.Request.Path}). "
            + "Please see https://stripe.com/docs or we can help at https://support.stripe.com/."), ct);

    private async Task AnswerAsync(HttpContext http, Func<Call, JsonObject> run, CancellationToken ct)
    {
        var requestId = $"req_{Token.New(14)}";
        var (key, caller) = (http.Request.Headers["Idempotency-Key"].ToString(), "");
        KeyedAnswer? mine = null;
        int status;
        string body;
        try
        {
            caller = SecretKey(http.Request);
            var form = await ReadAsync(http.Request, ct);
            if (key.Length > 0 && http.Request.Method == "POST")
            {
                var (keyed, isFirst) = _keys.Begin(key, caller, $"{http.Request.Path}\n{form.Fingerprint()}", requestId);
                if (!isFirst)
                {
                    http.Response.Headers["Idempotent-Replayed"] = "true";
                    http.Response.Headers["Original-Request"] = keyed.RequestId;
                    await WriteAsync(http, requestId, key, keyed.Answer!.Value.Status, keyed.Answer.Value.Body, ct);
                    return;
                }
                mine = keyed;
            }
            await SufferAsync(http.Request.Method, ct);
            lock (account.Gate)
            {
                account.Address = $"{http.Request.Scheme}://{http.Request.Host}";
                var answer = run(new(http.Request.RouteValues["id"]?.ToString() ?? "", form));
                (status, body) = (200, StripeJson.Write(account.Expanded(answer, form)));
            }
            if (mine is not null) { mine.Answer = (status, body); }
        }
        catch (StripeRefusal refusal)
        {
            (status, body) = (refusal.Status, StripeJson.Write(refusal.Body(requestId, account.Now)));
            if (mine is not null && refusal.Kept) { mine.Answer = (status, body); }
            if (status == 401) { http.Response.Headers.WWWAuthenticate = "Bearer realm=\"Stripe\""; }
        }
        finally
        {
            // Whatever ends a call without an answer to keep must not leave its key taken.
            if (mine is { Answer: null }) { _keys.Forget(key, caller); }
        }
        await WriteAsync(http, requestId, key, status, body, ct);
    }

    private async Task SufferAsync(string method, CancellationToken ct)
    {
        ApiFaults faults;
        lock (_lock)
        {
            faults = _faults;
            if (method != "GET" && faults.Failures > 0) { _faults = faults with { Failures = faults.Failures - 1 }; }
        }
        if (faults.DelayMs > 0) { await Task.Delay(TimeSpan.FromMilliseconds(faults.DelayMs), time, ct); }
        if (method != "GET" && faults.Failures > 0)
        {
            throw new StripeRefusal(500, "api_error", "An unknown error occurred.");
        }
    }

    private static async Task WriteAsync(HttpContext http, string requestId, string key, int status, string body, CancellationToken ct)
    {
        var headers = http.Response.Headers;
        var version = http.Request.Headers["Stripe-Version"].ToString();
        headers["Request-Id"] = requestId;
        headers["Stripe-Version"] = version.Length > 0 ? version : Account.Version;
        headers.CacheControl = "no-cache, no-store";
        if (key.Length > 0) { headers["Idempotency-Key"] = key; }
        if (status == 409) { headers["Stripe-Should-Retry"] = "true"; }
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(body, ct);
    }

    private static string SecretKey(HttpRequest request)
    {
        var words = request.Headers.Authorization.ToString().Split(' ', 2, StringSplitOptions.TrimEntries);
        var key = (words[0].ToLowerInvariant(), words.Length) switch
        {
            ("bearer", 2) => words[1],
            ("basic", 2) => Basic(words[1]),
            _ => "",
        };
        if (key.Length == 0)
        {
            throw StripeRefusal.Unauthorized("You did not provide an API key. You need to provide your API key in the Authorization "
                + "header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See "
                + "https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/.");
        }
        return key.StartsWith("sk_", StringComparison.Ordinal) && key.Length > 8
            ? key
            : throw StripeRefusal.Unauthorized($"Invalid API Key provided: {key[..Math.Min(7, key.Length)]}****");
    }

    private static string Basic(string text)
    {
        Span<byte> bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var count) ? Encoding.UTF8.GetString(bytes[..count]).Split(':')[0] : "";
    }

    private static async Task<Form> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        IEnumerable<KeyValuePair<string, StringValues>> pairs = request.Query;
        if (request.HasFormContentType) { pairs = pairs.Concat(await request.ReadFormAsync(ct)); }
        return Form.Parse(pairs);
    }
}
