using System.Text.Json.Serialization;
using Wopr.Credits;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <param name="GraceUntil">Until when bots go on without money.</param>
/// <param name="DestroyAfter">When the data of suspended bots is deleted.</param>
public sealed record TenantStanding(
    string Tenant,
    [property: JsonConverter(typeof(SnakeCase<StandingState>))] StandingState State,
    DateTimeOffset Since,
    DateTimeOffset? GraceUntil,
    DateTimeOffset? DestroyAfter)
{
    /// <summary>Bots may be on.</summary>
    [JsonIgnore]
    public bool IsServed => State is StandingState.Funded or StandingState.Warned or StandingState.Grace;
}

/// <summary>How tenants stand with their money, for those who start things that cost.</summary>
public sealed class BillingStanding(Ledger ledger, BillingLinks links, TimeProvider time)
{
    public async Task<TenantStanding> OfAsync(Db db, string tenant, CancellationToken ct)
    {
        var standing = await StandingSql.FindAsync(db, tenant, ct) ?? new(StandingState.Funded, time.Now());
        return new(tenant, standing.State, standing.Since, standing.GraceUntil, standing.DestroyAfter);
    }

    /// <summary>What was run up and is charged later: on days that are over, and by bots that are gone.</summary>
#pragma warning disable CA1822 // An instance like its neighbours.
    public Task<Money> UnchargedAsync(Db db, string tenant, CancellationToken ct) => BotSql.UnchargedAsync(db, tenant, ct);
#pragma warning restore CA1822

    /// <summary>Why nothing that costs this much may start; null when it may. Whoever cannot ask, starts nothing.</summary>
    /// <param name="required">For a bot: the price of a day.</param>
    public async Task<Problem?> RefuseAsync(Db db, string tenant, Money required, CancellationToken ct)
    {
        var balance = await ledger.BalanceAsync(db, tenant, ct);
        if (balance.IsFrozen) { return RuntimeProblems.Frozen; }
        if (balance.Owed > Money.Zero) { return RuntimeProblems.Owing(balance.Owed, links.Buy); }
        // Empty is empty, also for what is free of charge.
        if (balance.Total <= Money.Zero || balance.Total < required)
        {
            return RuntimeProblems.Insufficient(balance.Total, required, links.Buy);
        }
        return (await OfAsync(db, tenant, ct)).IsServed ? null : RuntimeProblems.Resuming;
    }
}
