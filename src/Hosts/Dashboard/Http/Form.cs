using Wopr.Kernel;

namespace Wopr.Dashboard.Http;

/// <summary>What somebody typed, and what is wrong with it. Secrets are read but never shown again.</summary>
public sealed class Form
{
    private readonly Dictionary<string, string> _values;
    private readonly Dictionary<string, string> _errors = new(StringComparer.Ordinal);

    private Form(Dictionary<string, string> values) => _values = values;

    public static Form Empty { get; } = new([]);

    /// <summary>What is wrong with the form as a whole.</summary>
    public string? Summary { get; private set; }

    public bool IsRefused => Summary is not null || _errors.Count > 0;

    public string this[string name] => _values.GetValueOrDefault(name, "");

    public static Form Of(params (string Name, string? Value)[] values) =>
        new(values.ToDictionary(pair => pair.Name, pair => pair.Value ?? "", StringComparer.Ordinal));

    public static async Task<Form> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        if (!request.HasFormContentType) { return Of(); }
        var form = await request.ReadFormAsync(ct);
        return new(form.ToDictionary(pair => pair.Key, pair => pair.Value.ToString(), StringComparer.Ordinal));
    }

    /// <summary>The same in everything but one value.</summary>
    public Form With(string name, string value)
    {
        _values[name] = value;
        return this;
    }

    public bool Has(string name) => _values.ContainsKey(name);

    public string Trimmed(string name) => this[name].Trim();

    public bool Checked(string name) => this[name].Length > 0;

    public string? Error(string name) => _errors.GetValueOrDefault(name);

    public void Refuse(string field, string sentence) => _errors.TryAdd(field, sentence);

    public void Refuse(Problem problem)
    {
        var (fields, sentence) = Sentences.Of(problem);
        if (fields.FirstOrDefault(Has) is { } field) { Refuse(field, sentence); }
        else { Summary = sentence; }
    }

    /// <summary>The field is needed; says so with the given sentence.</summary>
    public string Required(string name, string sentence)
    {
        var text = this[name];
        if (string.IsNullOrWhiteSpace(text)) { Refuse(name, sentence); }
        return text;
    }
}
