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

    /// <summary>What it costs us and what it costs the tenant, each rounded up once.</summary>
    public (Money Wholesale, Money Price) Of(TokenUsage usage)
    {
        // A count below zero is a provider's mistake and nobody's gain.
        var cached = Math.Clamp(usage.CachedInput, 0, Math.Max(0, usage.Input));
        var written = Math.Clamp(usage.CacheWrite, 0, Math.Max(0, usage.Input) - cached);
        var fresh = Math.Max(0, usage.Input) - cached - written;
        var millionths = ((Int128)fresh * InputPerMillion) + ((Int128)cached * CachedInputPerMillion)
            + ((Int128)written * CacheWritePerMillion) + ((Int128)Math.Max(0, usage.Output) * OutputPerMillion)
            + ((Int128)PerRequest * Million);
        if (usage.Cost is { } said && said >= Money.Zero) { millionths = (Int128)said.Nanos * Million; }
        return (Up(millionths, Million), Up(millionths * (Whole + MarginBasisPoints), (Int128)Million * Whole));
    }

    /// <summary>For a tenant that brings a key of its own: the provider bills the tenant, we bill a part of it as our fee.</summary>
    public Money FeeOf(TokenUsage usage, int feeBasisPoints) =>
        Up((Int128)Of(usage).Wholesale.Nanos * feeBasisPoints, Whole);

    private static Money Up(Int128 amount, Int128 unit) => new(checked((long)((amount + unit - 1) / unit)));
}
