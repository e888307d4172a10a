using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Primitives;

namespace Wopr.Sandbox.Stripe;

/// <summary>Input as Stripe takes it: <c>line_items[0][price]=x</c> is a tree of names; a leaf has text.</summary>
internal sealed class Form(string path)
{
    private readonly OrderedDictionary<string, Form> _parts = new(StringComparer.Ordinal);

    /// <summary>What an error calls it, such as <c>line_items[0][price]</c>.</summary>
    public string Path { get; } = path;

    public string? Value { get; private set; }

    public IEnumerable<string> Names => _parts.Keys;

    public bool HasParts => _parts.Count > 0;

    public Form? this[string name] => _parts.GetValueOrDefault(name);

    public static Form Parse(IEnumerable<KeyValuePair<string, StringValues>> pairs)
    {
        var root = new Form("");
        foreach (var (name, values) in pairs)
        {
            foreach (var value in values) { root.Set(name, value ?? ""); }
        }
        return root;
    }

    /// <summary>A later value under the same name wins.</summary>
    public void Set(string name, string value)
    {
        const int depthMax = 8;
        var words = name.Split('[').Select(word => word.TrimEnd(']')).ToArray();
        if (words.Length > depthMax) { throw StripeRefusal.Invalid("Invalid parameter nesting.", name); }
        var at = this;
        foreach (var word in words) { at = at.Part(word.Length == 0 ? $"{at._parts.Count}" : word); }
        at.Value = value;
    }

    /// <summary>Every name that is given must be one of these, as Stripe insists.</summary>
    public Form Only(params ReadOnlySpan<string> names)
    {
        foreach (var name in _parts.Keys)
        {
            if (name is not "expand" && !names.Contains(name))
            {
                throw StripeRefusal.Invalid($"Received unknown parameter: {name}", name, "parameter_unknown");
            }
        }
        return this;
    }

    public bool Has(string name) => _parts.ContainsKey(name);

    public string? Text(string name) => _parts.GetValueOrDefault(name)?.Value is { Length: > 0 } text ? text : null;

    public string Need(string name)
    {
        if (Text(name) is { } text) { return text; }
        throw Missing(name);
    }

    public Form NeedPart(string name) => this[name] is { HasParts: true } part ? part : throw Missing(name);

    public StripeRefusal Missing(string name) =>
        StripeRefusal.Invalid($"Missing required param: {Inner(name)}.", Inner(name), "parameter_missing");

    public long? Whole(string name)
    {
        if (Text(name) is not { } text) { return null; }
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw StripeRefusal.Invalid($"Invalid integer: {text}", Inner(name), "parameter_invalid_integer");
    }

    public bool? Flag(string name) => Text(name) switch
    {
        null => null,
        "true" => true,
        "false" => false,
        var text => throw StripeRefusal.Invalid($"Invalid boolean: {text}", Inner(name)),
    };

    /// <summary>One of a few words.</summary>
    public string? Word(string name, params ReadOnlySpan<string> words)
    {
        if (Text(name) is not { } text || words.Contains(text)) { return Text(name); }
        var list = words.Length == 1 ? words[0] : $"{string.Join(", ", words[..^1]!)}, or {words[^1]}";
        throw StripeRefusal.Invalid($"Invalid {Inner(name)}: must be one of {list}", Inner(name));
    }

    public IEnumerable<Form> Items(string name) => this[name] is { } list ? list._parts.Values : [];

    /// <summary>The texts of a list, such as <c>expand[]</c>.</summary>
    public IEnumerable<string> Texts(string name) => Items(name).Select(item => item.Value).OfType<string>();

    public JsonNode? Json(string name) => this[name]?.ToJson();

    /// <summary>What was known with what is given laid over it; an empty value takes a name out, an empty field all of them.</summary>
    public JsonObject Metadata(JsonObject? known = null)
    {
        var metadata = known?.DeepClone().AsObject() ?? [];
        if (this["metadata"] is not { } given) { return metadata; }
        if (!given.HasParts) { return []; }
        foreach (var (name, part) in given._parts)
        {
            if (name.Length > 40 || part.Value?.Length > 500)
            {
                throw StripeRefusal.Invalid("Metadata keys can have up to 40 characters, and values up to 500.", part.Path);
            }
            if (part.Value is { Length: > 0 } text) { metadata[name] = text; }
            else { metadata.Remove(name); }
        }
        return metadata.Count <= 50 ? metadata
            : throw StripeRefusal.Invalid("You can only specify up to 50 metadata keys.", "metadata");
    }

    public JsonObject AsJson() => ToJson() as JsonObject ?? [];

    public Form WithoutMetadata()
    {
        var copy = new Form(Path);
        foreach (var (name, part) in _parts.Where(part => part.Key != "metadata")) { copy._parts.Add(name, part); }
        return copy;
    }

    /// <summary>The whole input in one order, to compare two requests.</summary>
    public string Fingerprint()
    {
        var text = new StringBuilder(Value);
        foreach (var (name, part) in _parts.OrderBy(part => part.Key, StringComparer.Ordinal))
        {
            text.Append('[').Append(name.Length).Append(':').Append(name).Append('=').Append(part.Fingerprint()).Append(']');
        }
        return text.ToString();
    }

    [return: NotNull]
    private Form Part(string name)
    {
        if (!_parts.TryGetValue(name, out var part)) { _parts.Add(name, part = new(Inner(name))); }
        return part;
    }

    private string Inner(string name) => Path.Length == 0 ? name : $"{Path}[{name}]";

    private JsonNode? ToJson() => !HasParts ? Value
        : _parts.Keys.All(name => int.TryParse(name, out _))
            ? new JsonArray([.. _parts.Values.Select(part => part.ToJson())])
            : new JsonObject(_parts.Select(part => KeyValuePair.Create(part.Key, part.Value.ToJson())));
}
