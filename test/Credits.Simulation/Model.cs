using Wopr.Kernel;

namespace Wopr.Credits.Simulation;

internal enum VerbKind { Pay, Bonus, Reinstate, Charge, Refund, Dispute, Adjust, Gift }

/// <summary>A movement that was asked for, perhaps several times, and what was told of it.</summary>
internal sealed class Verb(VerbKind kind, string tenant, string reference, Money amount)
{
    public VerbKind Kind => kind;
    public string Tenant => tenant;
    public string Reference => reference;

    /// <summary>Below zero only for an adjustment.</summary>
    public Money Amount => amount;
    public List<Posted> Told { get; } = [];

    /// <summary>Of a gift that ends.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>A metered request as its callers know it.</summary>
internal sealed class Metered(MeteredRequest request, Replica owner)
{
    public MeteredRequest Request => request;
    public Replica Owner { get; set; } = owner;
    public bool Accepted { get; set; }
    public bool StartEnded { get; set; }
    public bool Cancelled { get; set; }

    /// <summary>Started a second time, elsewhere or after its end.</summary>
    public bool Restarted { get; set; }

    /// <summary>Where it was accepted and not ended since.</summary>
    public HashSet<Replica> RunsAt { get; } = [];
    public bool VoidAsked { get; set; }
    public bool VoidTold { get; set; }
    public bool SettleAsked => Prices.Count > 0;
    public bool EndAsked => VoidAsked || SettleAsked;

    /// <summary>Those it was asked to be settled at.</summary>
    public List<Money> Prices { get; } = [];
    public List<(Money Price, DateTimeOffset At)> Notes { get; } = [];
    public List<Settled> Told { get; } = [];

    /// <summary>What sweeps found in its row.</summary>
    public List<Money> Swept { get; } = [];
}

/// <summary>What callers asked and were told, which the database must agree with.</summary>
internal sealed class Model(int seed)
{
    public int Seed => seed;

    /// <summary>The first never runs out of money and is never taken from.</summary>
    public required string[] Tenants { get; init; }
    public string Rich => Tenants[0];
    public List<Verb> Verbs { get; } = [];
    public List<Metered> Requests { get; } = [];
    public List<StripePayment> Payments { get; } = [];
    public List<StripeDelivery> Deliveries { get; } = [];

    /// <summary>When gifts were taken back for the last time.</summary>
    public DateTimeOffset ExpiredAt { get; set; } = DateTimeOffset.MinValue;
    public Dictionary<Guid, Metered> ById { get; } = [];

    /// <summary>Those that were taken for dead.</summary>
    public HashSet<Replica> SweptReplicas { get; } = [];
}
