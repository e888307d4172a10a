using System.Text;
using System.Text.RegularExpressions;
using Wopr.Kernel;

namespace Wopr.Gateway.Keys;

/// <summary>What may be set on a key.</summary>
internal static partial class KeyRules
{
    public const int NameLengthMax = 100;
    public const int ModelsMax = 50;
    public const int KeysMax = 100;
    public const int DaysMax = 3650;

    private const int RequestsMax = 1_000_000;
    private const long TokensMax = 1_000_000_000;
    private const decimal DollarsMax = 1_000_000;
    private const decimal NanosPerDollar = 1_000_000_000;

    /// <summary>The key with these settings in place of its own.</summary>
    public static Result<GatewayKey> Apply(GatewayKey key, KeySettings settings)
    {
        var name = settings.Name.Trim();
        if (!IsName(name)) { return KeyProblems.BadName; }
        var models = (settings.Models ?? []).Distinct(StringComparer.Ordinal).ToArray();
        if (models.Length > ModelsMax || models.Any(model => model is null || !Model().IsMatch(model))) { return KeyProblems.BadModels; }
        if (settings.RequestsPerMinute is < 1 or > RequestsMax || settings.TokensPerMinute is < 1 or > TokensMax) { return KeyProblems.BadRate; }
        if (settings.DailyBudget is < 0 or > DollarsMax || settings.MonthlyBudget is < 0 or > DollarsMax) { return KeyProblems.BadBudget; }
        return key with
        {
            Name = name,
            Models = models,
            RequestsPerMinute = settings.RequestsPerMinute,
            TokensPerMinute = settings.TokensPerMinute,
            DailyBudget = Nanos(settings.DailyBudget),
            MonthlyBudget = Nanos(settings.MonthlyBudget),
        };
    }

    public static decimal? Dollars(Money? money) => money is { } known ? known.Nanos / NanosPerDollar : null;

    private static Money? Nanos(decimal? dollars) => dollars is { } known ? new Money((long)decimal.Floor(known * NanosPerDollar)) : null;

    // Signs that turn the direction of the text would make a name look like another one.
    private static bool IsName(string name)
    {
        var signs = 0;
        foreach (var rune in name.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar || Rune.IsControl(rune)) { return false; }
            if (rune.Value is 0x2028 or 0x2029 or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069)) { return false; }
            signs++;
        }
        return signs is > 0 and <= NameLengthMax;
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._:/@+\-]{0,199}\z")]
    private static partial Regex Model();
}
