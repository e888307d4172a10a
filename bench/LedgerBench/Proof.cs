using Wopr.Kernel;

namespace Wopr.LedgerBench;

/// <summary>What the books say, so that a fast wrong answer does not count.</summary>
internal static class Proof
{
    public static async Task<long> ReadAsync(Db db) => await db.ValueAsync<long>(
        $"select coalesce(sum(nanos), 0)::bigint from credits.entry where kind = 'usage'", CancellationToken.None);

    public static Task<long> CommitsAsync(Db db) => db.ValueAsync<long>(
        $"select pg_stat_get_db_xact_commit(oid) from pg_database where datname = current_database()", CancellationToken.None);

    public static async Task<string?> CheckAsync(Db db, long before, long pairs)
    {
        var charged = await ReadAsync(db) - before;
        if (charged != pairs * Cost.Price.Nanos) { return $"charged {charged}, expected {pairs * Cost.Price.Nanos}"; }
        var open = await db.ValueAsync<long>($"select count(*) from credits.start", CancellationToken.None);
        if (open != 0) { return $"{open} requests are still open"; }
        var off = await db.ValueAsync<long>($"""
            select count(*) from credits.account a
            where free_nanos + coalesce((select sum(remaining_nanos) from credits.allowance l where l.tenant_id = a.tenant_id), 0)
               <> (select sum(case when to_account = 'tenant' then nanos when from_account = 'tenant' then -nanos else 0 end)
                   from credits.entry e where e.tenant_id = a.tenant_id)
            """, CancellationToken.None);
        return off == 0 ? null : $"{off} balances do not recompute";
    }
}
