using System.Globalization;
using Wopr.Client;
using Wopr.Dashboard.Http;
using Wopr.Dashboard.Parts;

namespace Wopr.Dashboard.Pages.Gateway;

/// <summary>The fields of a key.</summary>
internal static class KeyForm
{
    private static readonly char[] s_between = [',', ';', ' ', '\t', '\r', '\n'];

    public static Form Of(ModelKey key) => Form.Of(
        ("name", key.Name), ("models", string.Join(", ", key.Models)), ("requests", Text(key.RequestsPerMinute)),
        ("tokens", Text(key.TokensPerMinute)), ("daily", Dollars.Field(key.DailyBudget)), ("monthly", Dollars.Field(key.MonthlyBudget)));

    /// <summary>What was typed; the form is refused when something in it cannot be read.</summary>
    public static ModelKeySettings Read(Form form)
    {
        form.Required("name", "Say what the key is for.");
        var models = form["models"].Split(s_between, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new(form.Trimmed("name"), models, (int?)Count(form, "requests", 1_000_000), Count(form, "tokens", 1_000_000_000),
            Amount(form, "daily"), Amount(form, "monthly"));
    }

    /// <summary>Null when it is empty or no number.</summary>
    public static long? Number(Form form, string field) =>
        long.TryParse(form.Trimmed(field), NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static long? Count(Form form, string field, long max)
    {
        if (form.Trimmed(field).Length == 0) { return null; }
        if (Number(form, field) is { } count && count > 0 && count <= max) { return count; }
        form.Refuse(field, "Give a whole number above zero, or leave it empty.");
        return null;
    }

    private static decimal? Amount(Form form, string field)
    {
        if (form.Trimmed(field).Length == 0) { return null; }
        if (Dollars.Parse(form[field]) is { } dollars and >= 0 and <= 1_000_000) { return dollars; }
        form.Refuse(field, "Give dollars such as 5 or 0.50.");
        return null;
    }

    private static string Text(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";
}
