using Wopr.Kernel;

namespace Wopr.Gateway;

internal sealed class GatewayOptions : ISettings
{
    public const int BodyBytesMax = 10 * 1024 * 1024;

    [Setting("GATEWAY_BODIES_MB", "Memory for request bodies that are being worked on, in MiB; more wait outside.", Min = 32, Max = 65_536)]
    public int BodiesMegabytes { get; set; } = 256;

    [Setting("GATEWAY_DRAINS_MAX", "Answers that are read to their end although their caller left; more are cut off and estimated.",
        Min = 0, Max = 100_000)]
    public int DrainsMax { get; set; } = 256;

    [Setting("GATEWAY_KEEP_ALIVE_SECONDS", "How long a stream may be silent before the caller gets a comment that keeps it open.",
        Min = 1, Max = 300)]
    public int KeepAliveSeconds { get; set; } = 10;

    [Setting("GATEWAY_BYOK_FEE_BASIS_POINTS", "Our fee when a tenant uses a provider key of its own, in hundredths of a percent of what the provider charges.",
        Min = 0, Max = 10_000)]
    public int OwnKeyFeeBasisPoints { get; set; } = 500;

    [Setting("GATEWAY_SERVER_TIMING", "Tell callers in the Server-Timing header how long an answer in one piece waited for the ledger.")]
    public bool ServerTiming { get; set; }

    public TimeSpan KeepAlive => TimeSpan.FromSeconds(KeepAliveSeconds);

    public IEnumerable<string> Faults(bool production) => [];
}
