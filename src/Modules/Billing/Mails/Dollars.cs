using System.Globalization;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>Money as people read it, in whole cents and rounded down.</summary>
internal static class Dollars
{
    public static string Of(Money money) => string.Create(CultureInfo.InvariantCulture, $"${money.Cents / 100m:0.00}");
}
