using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

internal static class StripeJson
{
    // As Stripe writes it, in its answers and in what it sends.
    private static readonly JsonSerializerOptions s_options = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Write(JsonNode json) => json.ToJsonString(s_options);

    public static string? Text(this JsonObject thing, string name) => (string?)thing[name];

    /// <summary>A whole number; JSON nodes keep the type that they were made with.</summary>
    public static long Cents(this JsonObject thing, string name)
    {
        var value = thing[name]!.AsValue();
        return value.TryGetValue<long>(out var wide) ? wide : value.GetValue<int>();
    }

    /// <summary>The id of what another thing is named by, if it is.</summary>
    public static string Id(this JsonObject thing) => Account.Id(thing);

    /// <summary>Takes over the fields that were given, and answers what they were before.</summary>
    public static JsonObject Take(this JsonObject thing, Form form, params ReadOnlySpan<string> names)
    {
        JsonObject before = [];
        foreach (var name in names)
        {
            if (!form.Has(name)) { continue; }
            before[name] = thing[name]?.DeepClone();
            thing[name] = form[name]!.HasParts ? form.Json(name) : form.Text(name);
        }
        if (form.Has("metadata"))
        {
            before["metadata"] = thing["metadata"]?.DeepClone();
            thing["metadata"] = form.Metadata(thing["metadata"]?.AsObject());
        }
        return before;
    }
}
