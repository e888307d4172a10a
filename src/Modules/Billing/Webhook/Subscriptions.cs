using Wopr.Auth;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <param name="EventAt">When Stripe said so, in whole seconds.</param>
internal sealed record SubscriptionState(
    string Id, string TenantId, string? Customer, string Status, string? PriceId, DateTimeOffset? PeriodEnd, bool EndsAtPeriodEnd,
    DateTimeOffset EventAt)
{
    /// <summary>
    /// Stripe's events come in no order. The later one counts; within one second the one that is further along counts: a
    /// longer paid period, then a subscription that began over one that is about to, and one that ended over all.
    /// </summary>
    public bool Supersedes(SubscriptionState known)
    {
        if (Stage(known.Status) == 2) { return false; }
        if (EventAt != known.EventAt) { return EventAt > known.EventAt; }
        if (Stage(Status) == 2) { return true; }
        if (PeriodEnd != known.PeriodEnd) { return PeriodEnd > known.PeriodEnd || known.PeriodEnd is null; }
        return Stage(Status) >= Stage(known.Status);
    }

    private static int Stage(string status) => status switch
    {
        "incomplete" => 0,
        "canceled" or "incomplete_expired" => 2,
        _ => 1,
    };
}

/// <summary>What Stripe last said of each subscription.</summary>
internal sealed class Subscriptions(TenantDirectory tenants)
{
    public async Task<Outcome> SaveAsync(Db tx, StripeEvent said, string? byOperator, CancellationToken ct)
    {
        var thing = said.Object;
        if (thing.Word("id") is not { } id || thing.Word("status") is not { } status)
        {
            return Outcome.Waits(Unprocessed.NoId, byOperator, thing, "amount");
        }
        var tenant = byOperator ?? thing.Metadata("wopr_tenant") ?? await TenantOfAsync(tx, id, thing.Id("customer"), ct);
        if (tenant is null) { return Outcome.Waits(Unprocessed.NoReference, null, thing, "amount"); }
        if (await tenants.FindAsync(tx, tenant, ct) is null) { return Outcome.Waits(Unprocessed.UnknownTenant, tenant, thing, "amount"); }

        var item = thing.Object("items")?.First("data");
        var state = new SubscriptionState(id, tenant, thing.Id("customer"), status, item?.Object("price")?.Word("id"),
            // Newer versions of Stripe's API tell the period with the item.
            thing.Time("current_period_end") ?? item?.Time("current_period_end"), thing.Flag("cancel_at_period_end") ?? false,
            said.CreatedAt);
        if (await InsertAsync(tx, state, ct)) { return new(IsHandled: true, tenant); }
        var known = await FindAsync(tx, id, ct);
        if (state.Supersedes(known!)) { await UpdateAsync(tx, state, ct); }
        return new(IsHandled: true, tenant);
    }

    /// <summary>Whose subscription this is, as far as we were told.</summary>
    public static async Task<string?> TenantOfAsync(Db tx, string? id, string? customer, CancellationToken ct) =>
        (id is null ? null : await tx.ValueAsync<string>($"select tenant_id from billing.subscription where id = {id}", ct))
        ?? (customer is null ? null : await TenantCustomers.TenantOfAsync(tx, customer, ct));

    private static async Task<bool> InsertAsync(Db tx, SubscriptionState state, CancellationToken ct) => await tx.ExecuteAsync($"""
        insert into billing.subscription
            (id, tenant_id, customer_id, status, price_id, period_end, ends_at_period_end, event_at)
        values ({state.Id}, {state.TenantId}, {state.Customer}::text, {state.Status}, {state.PriceId}::text,
                {state.PeriodEnd}::timestamptz, {state.EndsAtPeriodEnd}, {state.EventAt})
        on conflict do nothing
        """, ct) == 1;

    private static Task<SubscriptionState?> FindAsync(Db tx, string id, CancellationToken ct) => tx.FirstAsync($"""
        select id, tenant_id, customer_id, status, price_id, period_end, ends_at_period_end, event_at
        from billing.subscription where id = {id} for update
        """, row => new SubscriptionState(row.GetString(0), row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2), row.GetString(3),
            row.IsDBNull(4) ? null : row.GetString(4), row.IsDBNull(5) ? null : row.GetFieldValue<DateTimeOffset>(5),
            row.GetBoolean(6), row.GetFieldValue<DateTimeOffset>(7)), ct);

    private static Task UpdateAsync(Db tx, SubscriptionState state, CancellationToken ct) => tx.ExecuteAsync($"""
        update billing.subscription
        set status = {state.Status}, price_id = {state.PriceId}::text, period_end = {state.PeriodEnd}::timestamptz,
            ends_at_period_end = {state.EndsAtPeriodEnd}, customer_id = coalesce({state.Customer}::text, customer_id),
            event_at = {state.EventAt}, updated_at = now()
        where id = {state.Id}
        """, ct);
}
