using System.Text.Json;

namespace Wopr.Gateway.Catalogue;

/// <summary>A model as a provider lists it.</summary>
/// <param name="Id">What we call it: with the vendor before it.</param>
internal sealed record ListedModel(
    string Id, string UpstreamModel, string OwnedBy, string Capability, long ContextTokens, long OutputTokensMax, Price Price)
{
    private const int PerTokenToMillion = 15;
    private const int DollarsToNanos = 9;
    private const int ListedMax = 5000;
    private const long ContextStandard = 8192;

    /// <summary>Null when this is no list at all; what cannot be taken over is told with its reason.</summary>
    public static (List<ListedModel> Models, List<SkippedModel> Skipped)? ReadAll(JsonElement list, string provider)
    {
        if (list.ValueKind != JsonValueKind.Object || !list.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array)
        {
            return null;
        }
        List<ListedModel> models = [];
        List<SkippedModel> skipped = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (var item in data.EnumerateArray().Take(ListedMax))
        {
            var upstream = Text(item, "id") ?? "";
            var id = upstream.Contains('/', StringComparison.Ordinal) ? upstream : $"{provider}/{upstream}";
            if (!ModelAdmin.IsName(id) || upstream.Length is 0 or > 200)
            {
                skipped.Add(new(upstream.Length is > 0 and <= 200 ? upstream : "?", "Its name is none that we can keep."));
                continue;
            }
            if (!seen.Add(id)) { continue; }
            var (model, why) = Read(item, id, upstream);
            if (model is null) { skipped.Add(new(upstream, why)); }
            else { models.Add(model); }
        }
        return (models, skipped);
    }

    private static (ListedModel?, string Why) Read(JsonElement item, string id, string upstream)
    {
        if (CapabilityOf(item) is not { } capability) { return (null, "It writes no text and makes no embeddings."); }
        if (Object(item, "pricing") is not { } pricing) { return (null, "It is listed without a price."); }
        if (!TryPrice(pricing, capability, out var price)) { return (null, "Its price is missing, varies, or has more digits than we keep."); }
        var top = Object(item, "top_provider");
        var context = Count(item, "context_length") ?? Count(top, "context_length") ?? ContextStandard;
        var output = capability == "embeddings" ? 0 : Count(top, "max_completion_tokens") ?? context;
        return (new(id, upstream, id[..id.IndexOf('/', StringComparison.Ordinal)], capability, context, Math.Min(output, context), price), "");
    }

    private static bool TryPrice(JsonElement pricing, string capability, out Price price)
    {
        price = new(0, 0, 0, 0, 0, 0);
        if (!DecimalText.TryScale(Number(pricing, "prompt"), PerTokenToMillion, out var input)) { return false; }
        if (!DecimalText.TryScale(Number(pricing, "completion") ?? (capability == "embeddings" ? "0" : null), PerTokenToMillion, out var output))
        {
            return false;
        }
        if (!Optional(pricing, "input_cache_read", PerTokenToMillion, input, out var cached)
            || !Optional(pricing, "input_cache_write", PerTokenToMillion, input, out var written)
            || !Optional(pricing, "request", DollarsToNanos, 0, out var request))
        {
            return false;
        }
        price = new(input, cached, written, output, request, 0);
        return PriceAdmin.Fits(price);
    }

    private static bool Optional(JsonElement pricing, string name, int power, long otherwise, out long value)
    {
        value = otherwise;
        return Number(pricing, name) is not { } text || DecimalText.TryScale(text, power, out value);
    }

    private static string? CapabilityOf(JsonElement item)
    {
        if (Object(item, "architecture") is not { } architecture) { return "chat-completions"; }
        if (architecture.TryGetProperty("output_modalities", out var modalities) && modalities.ValueKind == JsonValueKind.Array)
        {
            var names = modalities.EnumerateArray().Where(name => name.ValueKind == JsonValueKind.String).Select(name => name.GetString());
            return names.FirstOrDefault(name => name is "text" or "embeddings") switch
            {
                "text" => "chat-completions",
                "embeddings" => "embeddings",
                _ => null,
            };
        }
        var modality = Text(architecture, "modality") ?? "->text";
        return modality.EndsWith("->embeddings", StringComparison.Ordinal) ? "embeddings"
            : modality[modality.LastIndexOf("->", StringComparison.Ordinal)..].Contains("text", StringComparison.Ordinal) ? "chat-completions"
            : null;
    }

    private static JsonElement? Object(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var child) && child.ValueKind == JsonValueKind.Object
            ? child
            : null;

    private static string? Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var child) && child.ValueKind == JsonValueKind.String
            ? Clean(child)
            : null;

    // Half of a character is valid JSON and no text.
    private static string? Clean(JsonElement text)
    {
        try { return text.GetString(); }
        catch (InvalidOperationException) { return null; }
    }

    /// <summary>As it was written, also when it was written as a number.</summary>
    private static string? Number(JsonElement parent, string name) => !parent.TryGetProperty(name, out var child) ? null : child.ValueKind switch
    {
        JsonValueKind.String => Clean(child),
        JsonValueKind.Number => child.GetRawText(),
        JsonValueKind.Null => null,
        _ => "",
    };

    private static long? Count(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } there && there.TryGetProperty(name, out var child)
        && child.ValueKind == JsonValueKind.Number && child.TryGetInt64(out var count) && count is > 0 and <= 1_000_000_000
            ? count
            : null;
}

internal sealed record SkippedModel(string Model, string Why);
