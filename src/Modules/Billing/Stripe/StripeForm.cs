using System.Globalization;

namespace Wopr.Billing;

/// <summary>The fields of a request as Stripe wants them: nested names are <c>metadata[wopr_tenant]</c>. Null is left out.</summary>
internal sealed class StripeForm
{
    private readonly List<KeyValuePair<string, string>> _fields = [];

    public IReadOnlyList<KeyValuePair<string, string>> Fields => _fields;

    public StripeForm Add(string name, string? value)
    {
        if (value is not null) { _fields.Add(new(name, value)); }
        return this;
    }

    public StripeForm Add(string name, long? value) => Add(name, value?.ToString(CultureInfo.InvariantCulture));

    public StripeForm Add(string name, bool value) => Add(name, value ? "true" : "false");

    public StripeForm Add(string name, DateTimeOffset? value) => Add(name, value?.ToUnixTimeSeconds());

    public StripeForm Metadata(string of, IReadOnlyDictionary<string, string> values)
    {
        foreach (var (name, value) in values) { Add(of.Length == 0 ? $"metadata[{name}]" : $"{of}[metadata][{name}]", value); }
        return this;
    }

    public async Task<string> QueryAsync(CancellationToken ct)
    {
        using var encoded = new FormUrlEncodedContent(_fields);
        return await encoded.ReadAsStringAsync(ct);
    }
}
