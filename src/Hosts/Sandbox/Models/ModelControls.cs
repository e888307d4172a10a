using System.Text.Json;

namespace Wopr.Sandbox.Models;

/// <summary>What no provider has: how the models behave, and what they served.</summary>
internal sealed class ModelControls(Behaviours behaviours, ServedLog log, TimeProvider time)
{
    private const string Place = "place";

    private static readonly JsonSerializerOptions s_json =
        new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/models/control", Show);
        routes.MapPost("/models/control", (JsonElement body) => Set(body));
        routes.MapDelete("/models/control", () =>
        {
            behaviours.Clear();
            return Results.NoContent();
        });
        routes.MapGet("/models/record", ListAsync);
        routes.MapDelete("/models/record", () =>
        {
            log.Forget();
            return Results.NoContent();
        });
    }

    private IResult Show() => Results.Ok(behaviours.Places.ToDictionary(
        place => place.Key, place => place.Value.Words.ToDictionary(word => word.Key, word => word.Value)));

    private IResult Set(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            return Results.BadRequest(new { error = "The body is not an object." });
        }
        try
        {
            behaviours.Set(body.Text(Place) ?? Behaviours.Everywhere, [.. body.EnumerateObject()
                .Where(word => word.Name != Place && word.Value.ValueKind != JsonValueKind.Null)
                .Select(word => KeyValuePair.Create(word.Name, word.Value.ToString()))]);
            return Show();
        }
        catch (ModelRefusal refusal)
        {
            return Results.BadRequest(new { error = refusal.Message });
        }
    }

    private async Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        bool Matches(string name, string? value) => !query.TryGetValue(name, out var wanted) || wanted == value;

        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter.AsStream(), Serving.JsonOptions);
        json.WriteStartObject();
        json.WriteNumber("served", log.Count);
        json.WriteNumber("open", log.Open);
        json.WriteNumber("kept_max", ServedLog.KeptMax);
        json.WriteNumber("dropped", Math.Max(0, log.Count - ServedLog.KeptMax));
        json.WritePropertyName("totals");
        JsonSerializer.Serialize(json, log.Totals.ToDictionary(total => total.Key, total => total.Value.View()),
            s_json);
        json.WriteStartArray("requests");
        foreach (var served in query.ContainsKey("totals") ? []
            : log.Kept(int.TryParse(query["last"], out var last) ? last : int.MaxValue))
        {
            if (!Matches("tenant", served.Tenant) || !Matches("request", served.RequestId)
                || !Matches("place", served.Place)
                || !Matches("model", Behaviours.NameOf(served.Model)))
            {
                continue;
            }
            Write(json, served);
            if (json.BytesPending > 1 << 16) { await json.FlushAsync(context.RequestAborted); }
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void Write(Utf8JsonWriter json, Served served)
    {
        json.WriteStartObject();
        json.WriteNumber("number", served.Number);
        json.WriteString("place", served.Place);
        json.WriteString("path", served.Path);
        json.WriteString("model", served.Model);
        json.WriteString("request", served.RequestId);
        json.WriteString("tenant", served.Tenant);
        json.WriteString("key_end", served.KeyEnd);
        json.WriteBoolean("stream", served.Streams);
        json.WriteNumber("status", served.Status);
        json.WriteString("end", served.End);
        json.WriteStartObject("usage");
        json.WriteNumber("input", served.Usage.Input);
        json.WriteNumber("cached_input", served.Usage.CachedInput);
        json.WriteNumber("cache_write", served.Usage.CacheWrite);
        json.WriteNumber("output", served.Usage.Output);
        json.WriteNumber("reasoning", served.Usage.Reasoning);
        if (served.Usage.CostNanos is { } nanos) { json.WriteNumber("cost_nanos", nanos); }
        json.WriteEndObject();
        json.WriteString("told", served.Told);
        json.WriteNumber("events", served.Events);
        json.WriteNumber("bytes", served.Bytes);
        json.WriteString("started_at", time.GetUtcNow() - time.GetElapsedTime(served.StartedAt));
        Time(json, "first_byte_ms", served.StartedAt, served.FirstByteAt);
        Time(json, "ended_ms", served.StartedAt, served.EndedAt);
        json.WriteEndObject();
    }

    private void Time(Utf8JsonWriter json, string name, long from, long to)
    {
        if (to == 0) { json.WriteNull(name); }
        else { json.WriteNumber(name, Math.Round(time.GetElapsedTime(from, to).TotalMilliseconds, 3)); }
    }
}
