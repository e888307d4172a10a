namespace Wopr.Kernel;

/// <summary>Whole nano-dollars: 1 USD = 1,000,000,000. Arithmetic is checked; there is no floating point.</summary>
public readonly record struct Money(long Nanos) : IComparable<Money>
{
    public const long NanosPerCent = 10_000_000;

    public static Money Zero => default;

    public static Money FromCents(long cents) => new(checked(cents * NanosPerCent));

    /// <summary>Whole cents, rounded down: a balance never shows a cent that is not there.</summary>
    public long Cents => Math.DivRem(Nanos, NanosPerCent) is var (cents, rest) && rest < 0 ? cents - 1 : Nanos / NanosPerCent;

    public int CompareTo(Money other) => Nanos.CompareTo(other.Nanos);

    public static Money operator +(Money left, Money right) => new(checked(left.Nanos + right.Nanos));
    public static Money operator -(Money left, Money right) => new(checked(left.Nanos - right.Nanos));
    public static Money operator -(Money value) => new(checked(-value.Nanos));
    public static bool operator <(Money left, Money right) => left.Nanos < right.Nanos;
    public static bool operator >(Money left, Money right) => left.Nanos > right.Nanos;
    public static bool operator <=(Money left, Money right) => left.Nanos <= right.Nanos;
    public static bool operator >=(Money left, Money right) => left.Nanos >= right.Nanos;
}
