using System.Globalization;
using Wopr.Credits;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>What a mail was written about, in rising order.</summary>
[Flags]
internal enum SpendingMarks { None = 0, Alert = 1, Most = 2, All = 4 }

/// <param name="Capability">Null for all together.</param>
internal sealed record SpendingLimit(
    string TenantId, string? Capability, CapPeriod Period, Money? AlertAt, Money? HardCap, DateOnly? ToldSince = null,
    SpendingMarks Told = SpendingMarks.None)
{
    /// <summary>The first day of the UTC period.</summary>
    public DateOnly Since(DateTimeOffset now) => Period == CapPeriod.Day
        ? DateOnly.FromDateTime(now.UtcDateTime)
        : new(now.Year, now.Month, 1);

    public SpendingMarks Reached(Money spent) =>
        (AlertAt is { } alert && alert > Money.Zero && spent >= alert ? SpendingMarks.Alert : 0)
        // Whoever allows nothing need not be told that nothing was spent.
        | (HardCap is { Nanos: > 0 } most && spent.Nanos >= most.Nanos - (most.Nanos / 5) ? SpendingMarks.Most : 0)
        | (HardCap is { Nanos: > 0 } all && spent >= all ? SpendingMarks.All : 0);

    /// <summary>The marks that this spending newly reaches in the period.</summary>
    public SpendingMarks NewlyReached(Money spent, DateTimeOffset now) =>
        Reached(spent) & ~(ToldSince == Since(now) ? Told : SpendingMarks.None);

    public string Scope => $"{(Period == CapPeriod.Day ? "Today" : "This month")}{(Capability is null ? "" : $", for {Capability},")}";

    /// <summary>The highest of the marks, in words.</summary>
    public string Words(SpendingMarks marks) =>
        marks.HasFlag(SpendingMarks.All) ? $"your limit of {Dollars.Of(HardCap!.Value)}"
        : marks.HasFlag(SpendingMarks.Most) ? string.Create(CultureInfo.InvariantCulture, $"80 % of your limit of {Dollars.Of(HardCap!.Value)}")
        : $"your alert at {Dollars.Of(AlertAt!.Value)}";
}
