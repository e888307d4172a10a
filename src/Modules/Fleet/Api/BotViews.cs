using System.Text.Json.Serialization;
using Wopr.Kernel;
using Wopr.Protocol;
using Wopr.Quotas;

namespace Wopr.Fleet;

internal sealed record BotStats(double CpuPercent, long MemoryUsageMb, long MemoryLimitMb, double MemoryPercent)
{
    private const long Megabyte = 1024 * 1024;

    public static BotStats? From(BotSeenNow seen)
    {
        if (seen.Own is not { Process: BotProcess.Up } sight) { return null; }
        var limit = (ResourceTier.Find(seen.Bot.Profile.ResourceTier) ?? ResourceTier.Standard).MemoryBytes;
        return new(Math.Round(sight.CpuPercent, 2), (long)Math.Round((double)sight.MemoryBytes / Megabyte), limit / Megabyte,
            Math.Round(100.0 * sight.MemoryBytes / limit, 2));
    }
}

/// <summary>A bot as people see it: what they said of it, and what it was seen to be.</summary>
/// <param name="Env">The names of its variables. Values go in and never come out.</param>
/// <param name="Status">The same as <paramref name="State"/>.</param>
/// <param name="Wish">What it is to be: run or stop.</param>
/// <param name="ContainerId">The name of its process, its data and its backups; null while it has no place.</param>
internal sealed record BotView(
    Guid Id, string TenantId, string Name, string Description, string Image, IReadOnlyDictionary<string, string> Env,
    string RestartPolicy, string VolumeName, string ReleaseChannel, string UpdatePolicy,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Discovery? Discovery,
    string? Model, string TimeZone, string Avatar, string ResourceTier, string StorageTier, string? CreatedBy,
    string State, string Status, DateTimeOffset StateAt, string? Fault, string Wish, string BillingState, DateTimeOffset? DestroyAfter,
    string? NodeId, int Generation, int Restarts, string? ContainerId, string? Health, DateTimeOffset? Uptime, DateTimeOffset? StartedAt,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, DateTimeOffset? DeletedAt, DateTimeOffset? EraseAfter, BotStats? Stats)
{
    /// <summary>When somebody last said something to it.</summary>
    public DateTimeOffset? LastSaidAt { get; init; }

    /// <summary>What a day costs on which it runs.</summary>
    public long DailyCents { get; init; }

    public static BotView From(BotSeenNow seen, IEnumerable<string> env)
    {
        var (bot, profile) = (seen.Bot, seen.Bot.Profile);
        var startedAt = seen.Own is { Process: BotProcess.Up } sight ? sight.StartedAt : null;
        return new(
            bot.Id, bot.TenantId, profile.Name, profile.Description, profile.Image,
            env.ToDictionary(name => name, _ => BotRules.Hidden), profile.RestartPolicy, bot.DataName, profile.ReleaseChannel,
            profile.UpdatePolicy, profile.Discovery, profile.Model, profile.TimeZone, profile.Avatar, profile.ResourceTier,
            profile.StorageTier, bot.CreatedBy,
            Sql.Name(bot.State), Sql.Name(bot.State), bot.StateAt, bot.Fault, Sql.Name(bot.Effective), Sql.Name(bot.Billing),
            bot.DestroyAfter, bot.NodeId, bot.Generation, seen.Own?.Restarts ?? 0, bot.NodeId is null ? null : bot.DataName,
            HealthOf(bot.State), startedAt, startedAt, bot.CreatedAt, bot.UpdatedAt, bot.DeletedAt, bot.EraseAfter, BotStats.From(seen));
    }

    public static string? HealthOf(BotState state) => state switch
    {
        BotState.Running => "healthy",
        BotState.Unhealthy => "unhealthy",
        BotState.Provisioning or BotState.Updating or BotState.Recovering => "starting",
        _ => null,
    };
}

internal sealed record BotList(IReadOnlyList<BotView> Bots);

internal sealed record BotHealth(Guid Id, string State, string Status, string? Health, DateTimeOffset? Uptime, string? Fault, BotStats? Stats)
{
    public static BotHealth From(BotView bot) => new(bot.Id, bot.State, bot.Status, bot.Health, bot.Uptime, bot.Fault, bot.Stats);
}

/// <param name="Stats">Of its process; null while there is none.</param>
/// <param name="Day">What it did in the last 24 hours.</param>
internal sealed record BotMetrics(Guid Id, BotStats? Stats, DayMeasures Day);

internal sealed record BotOk([property: JsonPropertyName("ok")] bool IsOk = true);

internal sealed record LogView(string Id, DateTimeOffset Timestamp, string Level, string Source, string Message)
{
    public static LogView From(LogLine line, int at) => new(
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"log-{at}"), line.At,
        line.Level is "debug" or "info" or "warn" or "error" ? line.Level : "info", "container", line.Message);
}

internal sealed record LogText(IReadOnlyList<string> Logs);

internal sealed record IdentityView(string Name, string Avatar, string Personality);

internal sealed record BrainView(string Provider, string Model, string Mode, string CostPerMessage, string Description);

internal sealed record UsageView(long TotalSpend, long CreditBalance, IReadOnlyList<string> Capabilities, IReadOnlyList<long> Trend);

/// <summary>The contract's settings page. Lists of what does not exist are empty.</summary>
internal sealed record SettingsView(
    Guid Id, IdentityView Identity, BrainView Brain, IReadOnlyList<string> Channels, IReadOnlyList<string> AvailableChannels,
    IReadOnlyList<string> ActiveSuperpowers, IReadOnlyList<string> AvailableSuperpowers, IReadOnlyList<string> InstalledPlugins,
    IReadOnlyList<string> DiscoverPlugins, UsageView Usage, string Status)
{
    public static SettingsView From(Bot bot, string defaultModel) => new(
        bot.Id, new(bot.Profile.Name, bot.Profile.Avatar, bot.Profile.Description),
        new("wopr", bot.Profile.Model ?? defaultModel, "hosted", "~$0.001", "Asks the platform's models with a key of its own."),
        [], [], [], [], [], [], new(0, 0, [], []), BotStates.IsAtRest(bot.State) ? "stopped" : "running");
}

internal sealed record ResourceTierView(string Tier, long DailyCost)
{
    public static ResourceTierView From(Bot bot) => new(
        bot.Profile.ResourceTier, (ResourceTier.Find(bot.Profile.ResourceTier) ?? ResourceTier.Standard).DailyCost);
}

internal sealed record StorageTierView(string Tier, int LimitGb, long DailyCost)
{
    public static StorageTierView From(Bot bot)
    {
        var tier = StorageTier.Find(bot.Profile.StorageTier) ?? StorageTier.Standard;
        return new(tier.Key, tier.LimitGb, tier.DailyCost);
    }
}

internal sealed record StorageUsageView(string Tier, int LimitGb, long UsedBytes, double UsedGb, double PercentUsed, long DailyCost)
{
    public static StorageUsageView From(BotSeenNow seen)
    {
        var tier = StorageTier.Find(seen.Bot.Profile.StorageTier) ?? StorageTier.Standard;
        var used = seen.Own?.DataBytes ?? 0;
        return new(tier.Key, tier.LimitGb, used, BotRegistry.Gigabytes(used),
            Math.Min(100, Math.Round(100.0 * used / tier.LimitBytes, 2)), tier.DailyCost);
    }
}

internal sealed record TemplateView(string Name, string Description, string Image, string Release);

internal sealed record TemplateList(IReadOnlyList<TemplateView> Templates);

internal sealed record EventList(IReadOnlyList<BotEvent> Events, long? NextBefore);

/// <summary>What the tenant's running bots use together.</summary>
internal sealed record ResourcesView(double TotalCpuPercent, long TotalMemoryMb, long MemoryCapacityMb)
{
    public static ResourcesView From(IEnumerable<BotSeenNow> bots)
    {
        BotStats[] running = [.. bots.Select(BotStats.From).OfType<BotStats>()];
        return new(Math.Round(running.Sum(bot => bot.CpuPercent), 2), running.Sum(bot => bot.MemoryUsageMb), running.Sum(bot => bot.MemoryLimitMb));
    }
}
