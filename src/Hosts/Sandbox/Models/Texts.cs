using System.Globalization;
using System.Text.Json;

namespace Wopr.Sandbox.Models;

/// <summary>Reads one text or many, each as a string or as tokens.</summary>
internal static class Texts
{
    private const int TextsMax = 2048;

    public static void Read(JsonElement value, string param, Ask ask)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            ask.Texts.Add(value.GetString()!);
            return;
        }
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() is 0 or > TextsMax)
        {
            throw Invalid(param);
        }
        if (value[0].ValueKind == JsonValueKind.Number)
        {
            ask.Texts.Add(OfTokens(value, param));
            return;
        }
        foreach (var each in value.EnumerateArray())
        {
            ask.Texts.Add(each.ValueKind switch
            {
                JsonValueKind.String => each.GetString()!,
                JsonValueKind.Array => OfTokens(each, param),
                _ => throw Invalid(param),
            });
        }
    }

    // Nobody here knows what the numbers mean; but the same ones are always the same text.
    private static string OfTokens(JsonElement tokens, string param) =>
        string.Join(' ', tokens.EnumerateArray().Select(token =>
        token.ValueKind == JsonValueKind.Number && token.TryGetInt32(out var number)
            ? number.ToString(CultureInfo.InvariantCulture) : throw Invalid(param)));

    private static ModelRefusal Invalid(string param) =>
        ModelRefusal.Invalid($"'$.{param}' is invalid. Please check the API "
        + "reference: https://platform.openai.com/docs/api-reference.", param);
}
