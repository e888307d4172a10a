using Wopr.Kernel;

namespace Wopr.Credits.Metering;

internal sealed record LockedAccount(string TenantId, Money Free, Money Owed, bool IsFrozen, bool HasCaps)
{
    public Money Free { get; set; } = Free;
    public Money Owed { get; set; } = Owed;
}

internal static class MeteringSql
{
    public static Task<int> RegisterAsync(Db db, Guid writer, CancellationToken ct) =>
        db.ExecuteAsync($"insert into credits.writer (id) values ({writer}) on conflict do nothing", ct);

    /// <summary>
    /// Proves that the writer lives and takes its row, so that nobody ends it meanwhile; false when somebody did, or when
    /// the number was used before.
    /// </summary>
    public static async Task<bool> BeatAsync(Db tx, Guid writer, long batch, CancellationToken ct) => await tx.ExecuteAsync($"""
        update credits.writer set batch = {batch}, beat_at = clock_timestamp() where id = {writer} and ended_at is null and batch < {batch}
        """, ct) == 1;

    /// <summary>The last batch that was committed; waits for one that is still on its way. Null when the writer was ended.</summary>
    public static async Task<long?> LastBatchAsync(Db db, Guid writer, CancellationToken ct) => await db.ValueAsync<long?>(
        $"select batch from credits.writer where id = {writer} and ended_at is null for update", ct);

    /// <summary>In one order everywhere, so that nobody waits in a circle.</summary>
    public static async Task<Dictionary<string, LockedAccount>> LockAccountsAsync(Db tx, string[] tenants, CancellationToken ct) =>
        (await tx.QueryAsync($"""
            select tenant_id, free_nanos, owed_nanos, frozen_at is not null,
                   exists (select from credits.cap c where c.tenant_id = a.tenant_id)
            from credits.account a
            where tenant_id = any({tenants})
            order by tenant_id
            for update
            """, row => new LockedAccount(row.GetString(0), new(row.GetInt64(1)), new(row.GetInt64(2)), row.GetBoolean(3), row.GetBoolean(4)), ct))
        .ToDictionary(account => account.TenantId);

    public static async Task TakeAsync(Db tx, Guid writer, List<Grant> grants, CancellationToken ct)
    {
        var bySource = grants.GroupBy(grant => grant.Ask.TenantId)
            .Select(tenant => (Tenant: tenant.Key, Nanos: tenant.Sum(grant => grant.Amount.Nanos))).ToList();
        var byPurse = grants.GroupBy(grant => (grant.Ask.TenantId, grant.Purse, grant.Day))
            .Select(purse => (purse.Key.TenantId, purse.Key.Purse, purse.Key.Day, Nanos: purse.Sum(grant => grant.Amount.Nanos))).ToList();
        await tx.ExecuteAsync($"""
            update credits.account a set free_nanos = a.free_nanos - g.nanos
            from (select g.nanos, (select l.ctid from credits.account l where l.tenant_id = g.tenant) as place
                  from unnest({bySource.Select(source => source.Tenant).ToArray()}, {bySource.Select(source => source.Nanos).ToArray()}) g (tenant, nanos)) g
            where a.ctid = g.place
            """, ct);
        await tx.ExecuteAsync($"""
            insert into credits.allowance as l (tenant_id, writer_id, purse, day, remaining_nanos)
            select g.tenant, {writer}, g.purse, g.day, g.nanos
            from unnest({byPurse.Select(purse => purse.TenantId).ToArray()}, {byPurse.Select(purse => purse.Purse).ToArray()},
                        {byPurse.Select(purse => purse.Day).ToArray()}, {byPurse.Select(purse => purse.Nanos).ToArray()}) g (tenant, purse, day, nanos)
            on conflict (tenant_id, writer_id, purse, day)
            do update set remaining_nanos = l.remaining_nanos + excluded.remaining_nanos
            """, ct);
    }

    public static async Task GiveBackAsync(Db tx, Guid writer, GiveBack back, CancellationToken ct)
    {
        var purse = back.Purse;
        if (back.Amount > Money.Zero)
        {
            await tx.ExecuteAsync($"""
                update credits.allowance set remaining_nanos = remaining_nanos - {back.Amount}
                where tenant_id = {purse.TenantId} and writer_id = {writer} and purse = {purse.Name} and day = {purse.Day}
                """, ct);
            await LedgerSql.MoveFreeAsync(tx, purse.TenantId, back.Amount, ct);
        }
        if (!back.Closes) { return; }
        await tx.ExecuteAsync($"""
            delete from credits.allowance
            where tenant_id = {purse.TenantId} and writer_id = {writer} and purse = {purse.Name} and day = {purse.Day}
              and remaining_nanos = 0
            """, ct);
    }

    public static async Task<Money> HeldElsewhereAsync(Db tx, string tenantId, Guid writer, CancellationToken ct) =>
        new(await tx.ValueAsync<long>($"""
            select coalesce(sum(remaining_nanos), 0)::bigint from credits.allowance where tenant_id = {tenantId} and writer_id <> {writer}
            """, ct));

    public static Task<Settled?> OutcomeAsync(Db db, string tenantId, Guid requestId, CancellationToken ct) => db.FirstAsync($"""
        select price_nanos, charged_nanos, estimated from credits.usage
        where tenant_id = {tenantId} and request_id = {requestId} and day = {RequestDay.Of(requestId)}
        """, row => new Settled(new(row.GetInt64(0)), new(row.GetInt64(1)), row.GetBoolean(2), IsReplay: true), ct);
}

/// <summary>The UTC day a request's id was made on; it decides where its row lies.</summary>
internal static class RequestDay
{
    public static DateOnly Of(Guid requestId)
    {
        Span<byte> bytes = stackalloc byte[16];
        requestId.TryWriteBytes(bytes, bigEndian: true, out _);
        var milliseconds = ((long)bytes[0] << 40) | ((long)bytes[1] << 32) | ((long)bytes[2] << 24)
            | ((long)bytes[3] << 16) | ((long)bytes[4] << 8) | bytes[5];
        // Any 48 bits are a time before the year 10,900; days beyond the calendar belong to its last one.
        return DateOnly.FromDateTime(milliseconds < MillisecondsMax ? DateTime.UnixEpoch.AddMilliseconds(milliseconds) : DateTime.MaxValue);
    }

    private static readonly long MillisecondsMax = (long)(DateTime.MaxValue - DateTime.UnixEpoch).TotalMilliseconds;
}
