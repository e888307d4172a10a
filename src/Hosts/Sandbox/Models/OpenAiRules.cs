using System.Text.Json;

namespace Wopr.Sandbox.Models;

/// <summary>What OpenAI's endpoints demand of every body, in the words they refuse it with.</summary>
internal static class OpenAiRules
{
    public static ModelRefusal Missing(string param) =>
        ModelRefusal.Invalid($"Missing required parameter: '{param}'.", param, "missing_required_parameter");

    public static ModelRefusal WrongType(string param, string expected, JsonElement got) => ModelRefusal.Invalid(
        $"Invalid type for '{param}': expected {expected}, but got {got.Kind()} instead.", param, "invalid_type");

    public static JsonElement Need(JsonElement body, string name, string? param = null) =>
        body.Field(name) ?? throw Missing(param ?? name);

    public static JsonElement.ArrayEnumerator NeedArray(JsonElement value, string param)
    {
        if (value.ValueKind != JsonValueKind.Array) { throw WrongType(param, "an array of objects", value); }
        if (value.GetArrayLength() == 0)
        {
            throw ModelRefusal.Invalid($"Invalid '{param}': empty array. Expected an array with minimum length 1, "
                + "but got an empty array instead.", param, "empty_array");
        }
        return value.EnumerateArray();
    }

    public static string NeedText(JsonElement thing, string name, string param) => Need(thing, name, param) is var value
        && value.ValueKind == JsonValueKind.String ? value.GetString()! : throw WrongType(param, "a string", value);

    public static long? Whole(JsonElement body, string name, long min, long max)
    {
        if (body.Field(name) is not { } value) { return null; }
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var number))
        {
            throw WrongType(name, "an integer", value);
        }
        if (number < min)
        {
            throw ModelRefusal.Invalid($"Invalid '{name}': integer below minimum value. Expected a value >= {min}, "
                + $"but got {number} "
                + "instead.", name, "integer_below_min_value");
        }
        return number <= max ? number : throw ModelRefusal.Invalid(
            $"Invalid '{name}': integer above maximum value. Expected a value <= {max}, but got {number} instead.",
            name,
            "integer_above_max_value");
    }

    public static void Between(JsonElement body, string name, int min, int max)
    {
        if (body.Field(name) is not { } value) { return; }
        if (value.ValueKind != JsonValueKind.Number) { throw WrongType(name, "a decimal", value); }
        var number = value.GetDouble();
        if (number < min)
        {
            throw ModelRefusal.Invalid($"Invalid '{name}': decimal below minimum value. Expected a value >= {min}, "
                + "but got "
                + $"{value.GetRawText()} instead.", name, "decimal_below_min_value");
        }
        if (number > max)
        {
            throw ModelRefusal.Invalid($"Invalid '{name}': decimal above maximum value. Expected a value <= {max}, "
                + "but got "
                + $"{value.GetRawText()} instead.", name, "decimal_above_max_value");
        }
    }

    public static bool Flag(JsonElement body, string name) => body.Field(name) switch
    {
        null or { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.True } => true,
        { } other => throw WrongType(name, "a boolean", other),
    };

    public static IReadOnlyList<string> Stops(JsonElement body) => body.Field("stop") switch
    {
        null => [],
        { ValueKind: JsonValueKind.String } one => [one.GetString()!],
        { ValueKind: JsonValueKind.Array } many when many.GetArrayLength() <= 4
            && many.EnumerateArray().All(each => each.ValueKind == JsonValueKind.String) =>
            [.. many.EnumerateArray().Select(each => each.GetString()!)],
        { } other => throw WrongType("stop", "a string or an array of up to 4 strings", other),
    };

    /// <summary>auto, none, required, or one tool that is named.</summary>
    public static void ReadChoice(JsonElement body, Ask ask, Func<JsonElement, string?> nameOf)
    {
        if (body.Field("tool_choice") is not { } choice) { return; }
        if (choice.ValueKind == JsonValueKind.String)
        {
            ask.Calling = choice.GetString() switch
            {
                "auto" => Calling.Free,
                "none" => Calling.Forbidden,
                "required" => Calling.Wanted,
                var other => throw ModelRefusal.Invalid(
                    $"Invalid value: '{other}'. Supported values are: 'none', 'auto', and 'required'.", "tool_choice",
                    "invalid_value"),
            };
        }
        else
        {
            ask.Calling = Calling.Wanted;
            ask.CalledTool = nameOf(choice);
            if (ask.CalledTool is null || !ask.Tools.Contains(ask.CalledTool))
            {
                throw ModelRefusal.Invalid("Invalid value for 'tool_choice': the tool is not among 'tools'.",
                    "tool_choice");
            }
        }
        if (ask.Tools.Count == 0)
        {
            throw ModelRefusal.Invalid("Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' "
                + "are specified.",
                "tool_choice");
        }
    }
}
