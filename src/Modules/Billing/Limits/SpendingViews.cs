using System.Text.RegularExpressions;
using Wopr.Credits;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>US dollars; null for none.</summary>
internal sealed record LimitView(decimal? AlertAt = null, decimal? HardCap = null);

internal sealed record LimitSet(LimitView? Global = null, IReadOnlyDictionary<string, LimitView>? PerCapability = null);

/// <param name="Global">Of a UTC month, as is <paramref name="PerCapability"/>.</param>
/// <param name="Daily">The same of a UTC day.</param>
internal sealed record SpendingView(
    LimitView? Global = null, IReadOnlyDictionary<string, LimitView>? PerCapability = null, LimitSet? Daily = null)
{
    private const decimal DollarsMax = 1_000_000;
    private const decimal NanosPerDollar = 1_000_000_000;
    private const int CapabilitiesMax = 50;

    public static SpendingView From(IReadOnlyList<SpendingLimit> limits)
    {
        var (month, day) = (Set(limits, CapPeriod.Month), Set(limits, CapPeriod.Day));
        return new(month.Global, month.PerCapability, day);
    }

    public Result<IReadOnlyList<SpendingLimit>> Read(string tenant)
    {
        var all = Rows(tenant, CapPeriod.Month, new(Global, PerCapability)).Concat(Rows(tenant, CapPeriod.Day, Daily ?? new())).ToList();
        if (all.Count > 2 * CapabilitiesMax || all.Any(row => row.Capability is { } name && !Spending.Capability().IsMatch(name)))
        {
            return SpendingProblems.BadCapability;
        }
        List<SpendingLimit> limits = [];
        foreach (var (period, capability, view) in all)
        {
            if (view.AlertAt is < 0 or > DollarsMax || view.HardCap is < 0 or > DollarsMax) { return SpendingProblems.BadAmount; }
            if (view is { AlertAt: null, HardCap: null }) { continue; }
            limits.Add(new(tenant, capability, period, Nanos(view.AlertAt), Nanos(view.HardCap)));
        }
        return limits;
    }

    private static IEnumerable<(CapPeriod Period, string? Capability, LimitView View)> Rows(string tenant, CapPeriod period, LimitSet set) =>
        (set.PerCapability ?? new Dictionary<string, LimitView>())
            .Select(entry => (period, (string?)entry.Key, entry.Value))
            .Prepend((period, null, set.Global ?? new()));

    private static LimitSet Set(IReadOnlyList<SpendingLimit> limits, CapPeriod period)
    {
        var own = limits.Where(limit => limit.Period == period).ToList();
        return new(View(own.FirstOrDefault(limit => limit.Capability is null)),
            own.Where(limit => limit.Capability is not null).ToDictionary(limit => limit.Capability!, View));
    }

    private static LimitView View(SpendingLimit? limit) => new(Usd(limit?.AlertAt), Usd(limit?.HardCap));

    private static decimal? Usd(Money? money) => money is { } known ? known.Nanos / NanosPerDollar : null;

    private static Money? Nanos(decimal? dollars) => dollars is { } known ? new Money((long)decimal.Round(known * NanosPerDollar)) : null;
}

internal static partial class Spending
{
    [GeneratedRegex(@"^[a-z0-9][a-z0-9_.\-]{0,63}\z")]
    public static partial Regex Capability();
}

internal static class SpendingProblems
{
    public static Problem BadAmount { get; } = new(ProblemKind.Invalid, "billing.bad_limit",
        "alertAt and hardCap are US dollars from 0 to 1000000, or null for none.");

    public static Problem BadCapability { get; } = new(ProblemKind.Invalid, "billing.bad_capability",
        "Name up to 50 capabilities in small letters, digits and hyphens, such as text-gen.");
}
