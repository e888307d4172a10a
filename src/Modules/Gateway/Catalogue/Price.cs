using Wopr.Kernel;

namespace Wopr.Gateway.Catalogue;

/// <summary>What a model costs: nano-dollars for a million tokens, so that nothing is rounded before the request ends.</summary>
/// <param name="PerRequest">Nano-dollars, whatever was used.</param>
/// <param name="MarginBasisPoints">What is added to the cost: 3000 makes a dollar 1.30.</param>
internal sealed record Price(
    long InputPerMillion, long CachedInputPerMillion, long CacheWritePerMillion, long OutputPerMillion,
    long PerRequest, int MarginBasisPoints)
{
    private const long Million = 1_000_000;
    private const int Whole = 10_000;

    /// <summary>What stands for the price where offers are compared: a token read and a token written.</summary>
    public Int128 Blended => (Int128)InputPerMillion + OutputPerMillion;

    /// <summary>What it costs us and what it costs the tenant, each rounded up once.</summary>
    public (Money Wholesale, Money Price) Of(TokenUsage usage)
    {
        var millionths = Millionths(usage);
        return (Up(millionths, Million), Part(millionths, Whole + MarginBasisPoints));
    }

    /// <summary>For a tenant that brings a key of its own: the provider bills the tenant, we bill a part of it as our fee.</summary>
    public Money FeeOf(TokenUsage usage, int feeBasisPoints) => Part(Millionths(usage), feeBasisPoints);

    private Int128 Millionths(TokenUsage usage)
    {
        checked
        {
            if (usage.Cost is { } said && said >= Money.Zero) { return (Int128)said.Nanos * Million; }
            // A count below zero is a provider's mistake and nobody's gain.
            var input = Math.Max(0, usage.Input);
            var cached = Math.Clamp(usage.CachedInput, 0, input);
            var written = Math.Clamp(usage.CacheWrite, 0, input - cached);
            return ((Int128)(input - cached - written) * InputPerMillion) + ((Int128)cached * CachedInputPerMillion)
                + ((Int128)written * CacheWritePerMillion) + ((Int128)Math.Max(0, usage.Output) * OutputPerMillion)
                + ((Int128)PerRequest * Million);
        }
    }

    private static Money Part(Int128 millionths, int basisPoints) =>
        Up(checked(millionths * basisPoints), (Int128)Million * Whole);

    private static Money Up(Int128 amount, Int128 unit) => checked(new((long)((amount + unit - 1) / unit)));
}
