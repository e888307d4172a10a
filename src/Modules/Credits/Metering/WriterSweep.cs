using Microsoft.Extensions.Logging;
using Wopr.Kernel;

namespace Wopr.Credits.Metering;

/// <summary>
/// Ends writers that fell silent: their requests are settled at their last note, marked as estimated, and what they had
/// set aside goes back. All of it in one transaction that holds the writer's row, so that one that only slept can write
/// nothing afterwards.
/// </summary>
internal sealed class WriterSweep(Db db, TimeProvider time, ILogger<WriterSweep> logger) : IJob
{
    /// <summary>By the database's clock, and only while the database itself has been up that long.</summary>
    private static readonly TimeSpan s_silenceMax = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_kept = TimeSpan.FromDays(30);

    public async Task RunAsync(CancellationToken ct)
    {
        foreach (var writer in await SilentAsync(ct)) { await EndAsync(writer, ct); }
        var old = time.GetUtcNow() - s_kept;
        await db.ExecuteAsync($"""
            delete from credits.writer w
            where ended_at < {old} and not exists (select from credits.allowance l where l.writer_id = w.id)
              and exists (select from credits.usage_summed s where s.writer_id = w.id and s.batch >= w.batch)
            """, ct);
    }

    /// <summary>Ends one writer now; true when it was this call that did.</summary>
    internal async Task<bool> EndAsync(Guid writer, CancellationToken ct)
    {
        var (settled, back) = await db.TransactAsync(async tx =>
        {
            var last = await tx.ValueAsync<long?>($"select batch from credits.writer where id = {writer} and ended_at is null for update", ct);
            if (last is null) { return (-1, Money.Zero); }
            var settled = await SettleAsync(tx, writer, last.Value + 1, ct);
            var back = await GiveBackAsync(tx, writer, last.Value + 1, ct);
            await tx.ExecuteAsync($"update credits.writer set ended_at = clock_timestamp() where id = {writer}", ct);
            return (settled, back);
        }, ct);
        if (settled > 0 || back > Money.Zero) { Log.WriterSwept(logger, writer, settled, back.Nanos); }
        return settled >= 0;
    }

    private Task<List<Guid>> SilentAsync(CancellationToken ct) => db.QueryAsync($"""
        select id from credits.writer
        where ended_at is null and beat_at < clock_timestamp() - {s_silenceMax}
          and pg_postmaster_start_time() < clock_timestamp() - {s_silenceMax * 2}
        """, row => row.GetGuid(0), ct);

    private static async Task<int> SettleAsync(Db tx, Guid writer, long batch, CancellationToken ct)
    {
        // An id that was charged before and came again would spoil the settling of all others.
        await tx.ExecuteAsync($"""
            delete from credits.start s
            where writer_id = {writer}
              and exists (select from credits.usage u where u.tenant_id = s.tenant_id and u.request_id = s.request_id)
            """, ct);
        var starts = await tx.QueryAsync($"""
            select request_id, tenant_id, purse, bot_id, capability, provider, model,
                   coalesce(wholesale_nanos, 0), coalesce(price_nanos, 0), coalesce(input_units, 0), coalesce(output_units, 0)
            from credits.start
            where writer_id = {writer}
            order by request_id
            """, row => new Orphan(row.GetGuid(0), row.GetString(1), row.GetString(2), row.IsDBNull(3) ? null : row.GetGuid(3),
                row.GetString(4), new(row.GetString(5), row.GetString(6), row.GetInt64(9), row.GetInt64(10),
                    new(row.GetInt64(7)), new(row.GetInt64(8)), IsEstimated: true)), ct);
        var purses = (await PursesAsync(tx, writer, ct)).ToLookup(purse => purse.TenantId);
        List<Ended> ends = [];
        foreach (var orphan in starts)
        {
            var left = orphan.Use.Price;
            List<Charge> charges = [];
            foreach (var purse in purses[orphan.TenantId].OrderBy(purse => purse.Name != orphan.Purse))
            {
                var part = left < purse.Remaining ? left : purse.Remaining;
                if (part <= Money.Zero) { continue; }
                purse.Remaining -= part;
                left -= part;
                charges.Add(new(purse, part));
            }
            var request = new MeteredRequest(orphan.RequestId, orphan.TenantId, orphan.BotId, orphan.Capability,
                orphan.Use.Provider, orphan.Use.Model, Money.Zero);
            ends.Add(new(new EndOp(orphan.RequestId, orphan.Use), new(request, new(orphan.TenantId, orphan.Purse, default)) { IsWritten = true }, charges));
        }
        await BatchSql.WriteAsync(tx, writer, batch, new(ends, [], []), ct);
        return ends.Count;
    }

    private static async Task<Money> GiveBackAsync(Db tx, Guid writer, long batch, CancellationToken ct)
    {
        var rows = await PursesAsync(tx, writer, ct);
        var accounts = await MeteringSql.LockAccountsAsync(tx, [.. rows.Select(row => row.TenantId).Distinct()], ct);
        List<GiveBack> backs = [.. rows.Select(purse => new GiveBack(purse, purse.Remaining, Closes: true))];
        await AllowanceMoves.GiveBackAsync(tx, writer, batch, backs, accounts, ct);
        return backs.Aggregate(Money.Zero, (sum, back) => sum + back.Amount);
    }

    private static Task<List<Purse>> PursesAsync(Db tx, Guid writer, CancellationToken ct) => tx.QueryAsync($"""
        select tenant_id, purse, day, remaining_nanos from credits.allowance where writer_id = {writer} order by tenant_id, purse, day
        """, row => new Purse(row.GetString(0), row.GetString(1), row.GetFieldValue<DateOnly>(2)) { Remaining = new(row.GetInt64(3)) }, ct);

    private sealed record Orphan(Guid RequestId, string TenantId, string Purse, Guid? BotId, string Capability, MeteredUse Use);
}
