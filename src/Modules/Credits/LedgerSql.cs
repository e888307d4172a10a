using Wopr.Kernel;

namespace Wopr.Credits;

internal sealed record Account(Money Free, Money Owed);

internal sealed record FirstOutcome(Money Moved, Money Missing);

internal static class LedgerSql
{
    /// <summary>Takes the account, which is made when it is missing.</summary>
    public static async Task<Account> LockAsync(Db tx, string tenantId, CancellationToken ct)
    {
        if (await SelectForUpdateAsync(tx, tenantId, ct) is { } known) { return known; }
        await tx.ExecuteAsync($"insert into credits.account (tenant_id) values ({tenantId}) on conflict do nothing", ct);
        return (await SelectForUpdateAsync(tx, tenantId, ct))!;
    }

    public static Task<FirstOutcome?> FirstOutcomeAsync(Db tx, string reference, CancellationToken ct) => tx.FirstAsync(
        $"select nanos, missing_nanos from credits.entry where reference = {reference}",
        row => new FirstOutcome(new(row.GetInt64(0)), new(row.GetInt64(1))), ct);

    public static Task<long> InsertAsync(
        Db tx, LedgerPost post, string from, string to, Money amount, Money missing, CancellationToken ct) => tx.ValueAsync<long>($"""
        insert into credits.entry (tenant_id, reference, kind, from_account, to_account, nanos, missing_nanos, description, source)
        values ({post.TenantId}, {post.Reference}, {post.Kind}, {from}, {to}, {amount}, {missing}, {post.Description}, {post.Source}::text)
        returning id
        """, ct);

    public static Task InsertExpiringAsync(Db tx, LedgerPost post, long entry, DateTimeOffset ends, CancellationToken ct) => tx.ExecuteAsync($"""
        insert into credits.expiring_grant (reference, tenant_id, entry_id, nanos, expires_at)
        values ({post.Reference}, {post.TenantId}, {entry}, {post.Amount}, {ends.ToUniversalTime()})
        """, ct);

    public static Task MoveFreeAsync(Db tx, string tenantId, Money by, CancellationToken ct) => tx.ExecuteAsync(
        $"update credits.account set free_nanos = free_nanos + {by} where tenant_id = {tenantId}", ct);

    public static Task MoveOwedAsync(Db tx, string tenantId, Money by, CancellationToken ct) => tx.ExecuteAsync(
        $"update credits.account set owed_nanos = owed_nanos + {by} where tenant_id = {tenantId}", ct);

    /// <summary>Pays as much of the debt as is free. The caller holds the account.</summary>
    public static async Task RepayAsync(Db tx, string tenantId, string because, CancellationToken ct)
    {
        var account = (await SelectForUpdateAsync(tx, tenantId, ct))!;
        var paid = account.Owed < account.Free ? account.Owed : account.Free;
        if (paid == Money.Zero) { return; }
        var post = new LedgerPost(tenantId, $"{because}:repaid", EntryKind.Repayment, paid, "Debt repaid");
        await InsertAsync(tx, post, Accounts.Tenant, Accounts.Receivable, paid, Money.Zero, ct);
        await MoveFreeAsync(tx, tenantId, -paid, ct);
        await MoveOwedAsync(tx, tenantId, -paid, ct);
    }

    public static async Task<TenantBalance> BalanceAsync(Db db, string tenantId, CancellationToken ct) => await db.FirstAsync($"""
        select free_nanos, owed_nanos, frozen_at is not null,
               coalesce((select sum(remaining_nanos) from credits.allowance l where l.tenant_id = a.tenant_id), 0)::bigint
        from credits.account a
        where tenant_id = {tenantId}
        """, row => new TenantBalance(tenantId, new(row.GetInt64(0) + row.GetInt64(3)), new(row.GetInt64(0)), new(row.GetInt64(1)),
            row.GetBoolean(2)), ct) ?? new(tenantId, Money.Zero, Money.Zero, Money.Zero, IsFrozen: false);

    private static Task<Account?> SelectForUpdateAsync(Db tx, string tenantId, CancellationToken ct) => tx.FirstAsync(
        $"select free_nanos, owed_nanos from credits.account where tenant_id = {tenantId} for update",
        row => new Account(new(row.GetInt64(0)), new(row.GetInt64(1))), ct);
}
