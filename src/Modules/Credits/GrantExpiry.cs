using Wopr.Kernel;

namespace Wopr.Credits;

/// <param name="From">The entry that gave it.</param>
/// <param name="To">The last entry it could pay for; null while it lasts.</param>
internal sealed record ExpiringGrant(string Reference, long From, long? To, Money Amount, DateTimeOffset ExpiresAt);

/// <summary>
/// Takes back what is left of gifts that ended. What was used since is counted against the gift that ends first, so that
/// nobody loses one that they could have used; this is worked out once, when a gift ends. Money in an allowance stays.
/// </summary>
internal sealed class GrantExpiry(Db db, TimeProvider time) : IJob
{
    public async Task RunAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var tenants = await db.QueryAsync($"""
            select distinct tenant_id from credits.expiring_grant where expired_at is null and expires_at <= {now} order by 1
            """, row => row.GetString(0), ct);
        foreach (var tenant in tenants) { await ResolveAsync(tenant, now, ct); }
    }

    private Task<Done> ResolveAsync(string tenant, DateTimeOffset now, CancellationToken ct) => db.TransactAsync(async tx =>
    {
        var account = await LedgerSql.LockAsync(tx, tenant, ct);
        var grants = await tx.QueryAsync($"""
            select reference, entry_id, last_entry_id, nanos, expires_at from credits.expiring_grant where tenant_id = {tenant}
            order by expires_at, entry_id
            """, row => new ExpiringGrant(row.GetString(0), row.GetInt64(1), row.IsDBNull(2) ? null : row.GetInt64(2),
                new(row.GetInt64(3)), row.GetFieldValue<DateTimeOffset>(4)), ct);
        // What is used meanwhile is counted against gifts that last.
        var seen = await tx.ValueAsync<long>($"select coalesce(max(id), 0) from credits.entry where tenant_id = {tenant}", ct);
        var spans = await SpentAsync(tx, tenant, grants, seen, ct);
        var left = GrantsLeft.Of(grants, spans);
        var free = account.Free;
        foreach (var grant in grants.Where(grant => grant.To is null && grant.ExpiresAt <= now))
        {
            var lost = left[grant.Reference] < free ? left[grant.Reference] : free;
            if (lost > Money.Zero)
            {
                LedgerPost post = new(tenant, $"{grant.Reference}:expired", EntryKind.Expiry, lost, "A gift that was not used in time");
                await LedgerSql.InsertAsync(tx, post, Accounts.Tenant, Accounts.Expired, lost, left[grant.Reference] - lost, ct);
                await LedgerSql.MoveFreeAsync(tx, tenant, -lost, ct);
                free -= lost;
            }
            await tx.ExecuteAsync($"""
                update credits.expiring_grant
                set expired_at = now(), last_entry_id = {seen}
                where reference = {grant.Reference}
                """, ct);
        }
        return Done.Instance;
    }, ct);

    /// <summary>What was used between one beginning or end of a gift and the next.</summary>
    private static async Task<List<(long After, Money Spent)>> SpentAsync(
        Db tx, string tenant, List<ExpiringGrant> grants, long seen, CancellationToken ct)
    {
        long[] edges = [.. grants.Select(grant => grant.From).Concat(grants.Select(grant => grant.To).OfType<long>()).Distinct().Order()];
        List<(long, Money)> spans = [];
        for (var index = 0; index < edges.Length; index++)
        {
            var (after, upTo) = (edges[index], index + 1 < edges.Length ? edges[index + 1] : seen);
            spans.Add((after, new(await tx.ValueAsync<long>($"""
                select coalesce(sum(nanos), 0)::bigint from credits.entry
                where tenant_id = {tenant} and id > {after} and id <= {upTo} and from_account = 'tenant'
                  and kind in ('usage', 'runtime', 'storage', 'adjustment')
                """, ct))));
        }
        return spans;
    }
}

internal static class GrantsLeft
{
    /// <param name="spans">What was spent after an entry, up to the next span's.</param>
    public static Dictionary<string, Money> Of(IReadOnlyList<ExpiringGrant> grants, IReadOnlyList<(long After, Money Spent)> spans)
    {
        var left = grants.ToDictionary(grant => grant.Reference, grant => grant.Amount);
        foreach (var (after, total) in spans)
        {
            var spent = total;
            foreach (var grant in grants.Where(grant => grant.From <= after && (grant.To is null || grant.To > after))
                .OrderBy(grant => grant.ExpiresAt).ThenBy(grant => grant.From))
            {
                var part = spent < left[grant.Reference] ? spent : left[grant.Reference];
                left[grant.Reference] -= part;
                spent -= part;
            }
        }
        return left;
    }
}
