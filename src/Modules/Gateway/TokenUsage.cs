using Wopr.Kernel;

namespace Wopr.Gateway;

/// <summary>What a provider says an answer took.</summary>
/// <param name="Input">All tokens read, with those below.</param>
/// <param name="CachedInput">Of them, read from the provider's cache.</param>
/// <param name="CacheWrite">Of them, written to the provider's cache.</param>
/// <param name="Output">All tokens written, thinking included.</param>
/// <param name="Cost">What the provider says it costs us, when it says so.</param>
internal readonly record struct TokenUsage(long Input, long CachedInput, long CacheWrite, long Output, Money? Cost = null);
