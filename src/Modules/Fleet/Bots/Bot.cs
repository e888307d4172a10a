using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>What a bot was seen to be. Which may follow which stands in <see cref="BotStates"/>.</summary>
public enum BotState { Provisioning, Running, Unhealthy, Sleeping, Stopped, Suspended, Updating, Recovering, Failed, Unknown, Deleted }

/// <summary>What money lets a bot be.</summary>
internal enum BillingState { Active, Suspended, Destroyed }

internal sealed record Discovery(bool Enabled = true, IReadOnlyList<string>? Topics = null);

/// <summary>What a bot's owner says of it.</summary>
internal sealed record BotProfile(
    string Name, string Description, string Image, string RestartPolicy, string UpdatePolicy, string ReleaseChannel,
    Discovery? Discovery, string? Model, string TimeZone, string Avatar, string ResourceTier, string StorageTier);

/// <summary>A bot's row.</summary>
/// <param name="Env">Sealed; see <see cref="BotSecrets"/>.</param>
/// <param name="Version">Raised with every change that its agent must hear of.</param>
internal sealed record Bot(
    Guid Id, string TenantId, int Ordinal, BotProfile Profile, byte[] Env, string? CreatedBy, BotWish Wish,
    BillingState Billing, DateTimeOffset? SuspendedAt, DateTimeOffset? DestroyAfter, int Starts, int Generation, string? NodeId,
    long Version, string? GatewayKeyId, byte[]? GatewayKey, BotState State, DateTimeOffset StateAt, string? Fault, int Recoveries,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, DateTimeOffset? DeletedAt, DateTimeOffset? EraseAfter, DateTimeOffset? ErasedAt)
{
    /// <summary>Its process, its data and its backups are called so, by ids and never by what somebody wrote.</summary>
    public string DataName => NameOf(TenantId, Ordinal);

    public string Link => $"bot:{Id}";

    public bool IsDeleted => DeletedAt is not null;

    /// <summary>What its agent is to make of it, all things considered.</summary>
    public BotWish Effective =>
        Wish == BotWish.Erase ? BotWish.Erase
        : IsDeleted || Billing != BillingState.Active ? BotWish.Stop
        : Wish;

    public static string NameOf(string tenant, int ordinal) =>
        ordinal == 1 ? $"tenant_{tenant}" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"tenant_{tenant}_{ordinal}");
}

/// <summary>What its node last said of a bot.</summary>
internal sealed record BotSight(
    int Generation, long Version, BotProcess Process, DateTimeOffset? StartedAt, int Restarts, int? Exit, string? Fault,
    double CpuPercent, long MemoryBytes, long DataBytes, bool HasData, DateTimeOffset SeenAt);

/// <summary>A bot as it is shown.</summary>
internal sealed record BotSeenNow(Bot Bot, BotSight? Sight, DateTimeOffset? LastSaidAt = null)
{
    /// <summary>What was said of another generation is nothing to this one.</summary>
    public BotSight? Own => Sight is { } sight && sight.Generation == Bot.Generation ? sight : null;
}
