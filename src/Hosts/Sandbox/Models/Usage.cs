namespace Wopr.Sandbox.Models;

/// <summary>What an answer took.</summary>
/// <param name="Input">All tokens read, with those below.</param>
/// <param name="Output">All tokens written, with those that were only thought.</param>
/// <param name="CostNanos">Nano-dollars, when the provider names its price.</param>
internal readonly record struct Usage(
    long Input, long CachedInput, long CacheWrite, long Output, long Reasoning = 0, long? CostNanos = null)
{
    /// <summary>What a provider that names its prices takes: a dollar a million read, two a million written.</summary>
    public long PriceNanos => (Input * 1000) + (Output * 2000);
}
