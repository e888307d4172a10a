using Wopr.Kernel;

namespace Wopr.Billing;

/// <param name="Status">Stripe's: <c>active</c>, <c>past_due</c>, <c>trialing</c> …</param>
/// <param name="EndsAtPeriodEnd">It was cancelled, and runs until the paid month is over.</param>
public sealed record SubscriptionView(string Status, string? PriceId, DateTimeOffset? PeriodEnd, bool EndsAtPeriodEnd);

/// <param name="Subscription">Null when there is none that still counts.</param>
public sealed record OwnSubscription(SubscriptionView? Subscription)
{
    internal static async Task<OwnSubscription> OfAsync(Db db, Actor actor, CancellationToken ct) => new(await db.FirstAsync($"""
        select status, price_id, period_end, ends_at_period_end from billing.subscription
        where tenant_id = {actor.TenantId} and status not in ('canceled', 'incomplete', 'incomplete_expired')
        order by event_at desc limit 1
        """, row => new SubscriptionView(row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1),
            row.IsDBNull(2) ? null : row.GetFieldValue<DateTimeOffset>(2), row.GetBoolean(3)), ct));
}
