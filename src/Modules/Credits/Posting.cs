using Wopr.Kernel;

namespace Wopr.Credits;

/// <summary>What an entry is; the name is stored and shown.</summary>
public enum EntryKind
{
    /// <summary>Money came in through a payment: a pack, a subscription's month, an automatic top-up.</summary>
    Purchase, Subscription, TopUp,

    /// <summary>Given by us: with a pack, at sign-up, by an operator.</summary>
    Bonus, Grant,

    /// <summary>Used: metered requests, a bot's day, its storage.</summary>
    Usage, Runtime, Storage,

    /// <summary>Money went back or is contested, and what of it came back again.</summary>
    Refund, Dispute, Reinstatement,

    /// <summary>Debt of a clawback, paid from what came in.</summary>
    Repayment,

    Adjustment, Expiry, Shortfall,
}

/// <param name="Reference">Unique for ever: the same again changes nothing and returns the first outcome.</param>
/// <param name="Amount">Above zero.</param>
public sealed record LedgerPost(string TenantId, string Reference, EntryKind Kind, Money Amount, string Description)
{
    /// <summary>Where the money came from, as the history shows it.</summary>
    public string? Source { get; init; }

    /// <summary>When what is left of it is lost; for what we give, never for what was paid.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <param name="Amount">What moved on the tenant's balance, without sign.</param>
/// <param name="Missing">What could not be taken: a clawback makes it a debt, a charge leaves it unpaid.</param>
/// <param name="Balance">Afterwards; at a replay, now.</param>
/// <param name="IsReplay">The reference was posted before; the amounts are those of the first time.</param>
public sealed record Posted(string Reference, Money Amount, Money Missing, Money Balance, bool IsReplay);

/// <param name="Total">With what is set aside for requests that run.</param>
/// <param name="Owed">From clawbacks; while it is above zero, nothing paid starts.</param>
public sealed record TenantBalance(string TenantId, Money Total, Money Free, Money Owed, bool IsFrozen);
