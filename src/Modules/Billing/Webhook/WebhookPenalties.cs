using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>How long an address that sent wrong signatures is not heard: 2, 4, 8 … seconds, a quarter of an hour at most.</summary>
internal sealed class WebhookPenalties(Db db)
{
    /// <summary>The wait that is left, or null; <c>IsKnown</c> when there is something to forgive.</summary>
    public async Task<(TimeSpan? Left, bool IsKnown)> FindAsync(string address, CancellationToken ct)
    {
        var left = await db.ValueAsync<TimeSpan?>(
            $"select blocked_until - now() from billing.webhook_penalty where address = {address}", ct);
        return (left > TimeSpan.Zero ? left : null, left is not null);
    }

    // After an hour of silence counting begins anew.
    public Task AddAsync(string address, CancellationToken ct) => db.ExecuteAsync($"""
        insert into billing.webhook_penalty as p (address, failures, blocked_until)
        values ({address}, 1, now() + interval '2 seconds')
        on conflict (address) do update
        set failures = case when p.blocked_until < now() - interval '1 hour' then 1 else least(p.failures + 1, 10) end,
            blocked_until = now() + case when p.blocked_until < now() - interval '1 hour' then interval '2 seconds'
                else least(interval '15 minutes', interval '1 second' * (2 ^ least(p.failures + 1, 10))) end
        """, ct);

    public Task ForgiveAsync(string address, CancellationToken ct) =>
        db.ExecuteAsync($"delete from billing.webhook_penalty where address = {address}", ct);
}

/// <summary>Forgets penalties that ended and events that are too old to come again.</summary>
internal sealed class WebhookCleaning(Db db) : IJob
{
    public async Task RunAsync(CancellationToken ct)
    {
        await db.ExecuteAsync($"delete from billing.webhook_penalty where blocked_until < now() - interval '1 day'", ct);
        // They name customers; the payments they made stay, so that an event that came again would credit nothing.
        await db.ExecuteAsync($"""
            delete from billing.stripe_event e
            where received_at < now() - interval '180 days'
              and not exists (select from billing.unprocessed_event u where u.event_id = e.id and u.state = 'open')
            """, ct);
    }
}
