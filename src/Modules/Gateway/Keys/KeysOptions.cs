using Wopr.Kernel;

namespace Wopr.Gateway.Keys;

internal sealed class KeysOptions : ISettings
{
    [Setting("GATEWAY_RATE_LIMIT_LLM", "How many requests a minute a gateway key may make that has no limit of its own; 0 for no limit.",
        Min = 0, Max = 1_000_000)]
    public int RequestsPerMinute { get; set; } = 600;

    public IEnumerable<string> Faults(bool production) => [];
}
