using System.Text.Json.Serialization;

namespace Wopr.Quotas;

/// <summary>How much of a machine a bot gets, and what that adds to its day.</summary>
/// <param name="CpuQuota">Microseconds of processor time in each tenth of a second.</param>
/// <param name="DailyCost">Cents a day on top of the bot's own price.</param>
public sealed record ResourceTier(
    string Key, string Label, int MemoryLimitMb, int CpuQuota, int PidsLimit, int DailyCost, string Description)
{
    public static ResourceTier Standard { get; } =
        new("standard", "Standard", 2048, 200_000, 512, 0, "2 GB of memory and 2 processors; enough for most bots.");

    public static IReadOnlyList<ResourceTier> All { get; } =
    [
        Standard,
        new("pro", "Pro", 4096, 400_000, 1024, 10, "4 GB of memory and 4 processors, for bots with many tools."),
        new("power", "Power", 8192, 600_000, 2048, 27, "8 GB of memory and 6 processors, for heavy work."),
        new("beast", "Beast", 16_384, 800_000, 4096, 50, "16 GB of memory and 8 processors, as much as there is."),
    ];

    public static ResourceTier? Find(string key) => All.FirstOrDefault(tier => tier.Key == key);

    [JsonIgnore]
    public long MemoryBytes => MemoryLimitMb * 1024L * 1024;
}

/// <summary>How much a bot may keep, and what that adds to its day.</summary>
/// <param name="DailyCost">Cents a day.</param>
public sealed record StorageTier(string Key, string Label, int LimitGb, int DailyCost)
{
    public static StorageTier Standard { get; } = new("standard", "Standard", 5, 0);

    public static IReadOnlyList<StorageTier> All { get; } =
        [Standard, new("plus", "Plus", 20, 3), new("pro", "Pro", 50, 8), new("max", "Max", 100, 15)];

    public static StorageTier? Find(string key) => All.FirstOrDefault(tier => tier.Key == key);

    [JsonIgnore]
    public long LimitBytes => LimitGb * 1024L * 1024 * 1024;
}
