namespace Wopr.Sandbox.Stripe;

/// <summary>The words behind <c>--add</c> and <c>--override</c>: <c>checkout_session:metadata[wopr_tenant]=t1</c>.</summary>
internal sealed class Fixtures
{
    private readonly List<(string Resource, string Field, string Value)> _given;

    public Fixtures(IEnumerable<string> words) => _given = [.. words.Select(Split)];

    private Fixtures(List<(string, string, string)> given, List<string> used) => (_given, Used) = (given, used);

    public List<string> Used { get; } = [];

    /// <summary>What makes the resource: the usual fields, and over them what was given.</summary>
    public Form Of(string resource, params ReadOnlySpan<(string Field, string Value)> usual)
    {
        var form = new Form("");
        foreach (var (field, value) in usual) { form.Set(field, value); }
        foreach (var (_, field, value) in _given.Where(each => each.Resource == resource)) { form.Set(field, value); }
        if (!Used.Contains(resource)) { Used.Add(resource); }
        return form;
    }

    /// <summary>A field that says which thing it is about, instead of being part of one.</summary>
    public string? Take(string resource, params ReadOnlySpan<string> fields)
    {
        string? value = null;
        foreach (var field in fields)
        {
            value ??= _given.LastOrDefault(each => each.Field == field && (each.Resource == resource || field == resource)).Value;
            var name = field;
            _given.RemoveAll(each => each.Field == name && (each.Resource == resource || name == resource));
        }
        if (value is not null && !Used.Contains(resource)) { Used.Add(resource); }
        return value;
    }

    /// <summary>The same words with one resource called as another.</summary>
    public Fixtures Renamed(string from, string to) =>
        new([.. _given.Select(each => each.Resource == from ? (to, each.Field, each.Value) : each)], Used);

    /// <summary>A word that changed nothing was mistyped.</summary>
    public void CheckAllUsed()
    {
        if (_given.Find(each => !Used.Contains(each.Resource) && each.Resource != "charge") is { Resource: { } unused })
        {
            throw StripeRefusal.Invalid($"There is no resource {unused} in this event. It has: {string.Join(", ", Used)}.");
        }
    }

    private static (string, string, string) Split(string word)
    {
        var at = word.IndexOf('=', StringComparison.Ordinal);
        var colon = word.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && at > colon + 1
            ? (word[..colon], word[(colon + 1)..at], word[(at + 1)..])
            : throw StripeRefusal.Invalid($"{word} is not resource:field=value, such as checkout_session:customer=cus_123.");
    }
}
