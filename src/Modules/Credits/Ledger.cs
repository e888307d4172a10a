using System.Globalization;
using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Credits;

/// <summary>
/// The verbs that move money one entry at a time. Each joins the caller's transaction, so that a fact and its money
/// are written together; each takes the tenant's account first, so that two of them never look at the same balance.
/// </summary>
#pragma warning disable CA1822 // An instance, so that whoever moves money says so in its constructor.
public sealed class Ledger(Outbox outbox, AuditLog audit)
{
    /// <summary>The tenant whose allowances are to be given back, because its money is wanted elsewhere.</summary>
    internal const string RecallChannel = "credits_recall";

    /// <summary>Money or a gift comes in. A debt is repaid from it first.</summary>
    public Task<Posted> CreditAsync(Db tx, LedgerPost post, CancellationToken ct) => PostAsync(tx, post, async (db, account) =>
    {
        var entry = await LedgerSql.InsertAsync(db, post, Accounts.Income(post.Kind), Accounts.Tenant, post.Amount, Money.Zero, ct);
        if (post.ExpiresAt is { } ends) { await LedgerSql.InsertExpiringAsync(db, post, entry, ends, ct); }
        await LedgerSql.MoveFreeAsync(db, post.TenantId, post.Amount, ct);
        await LedgerSql.RepayAsync(db, post.TenantId, post.Reference, ct);
        await outbox.SendAsync(db, new BalanceRaised(post.TenantId), ct);
        return (post.Amount, Money.Zero);
    }, ct);

    /// <summary>Takes what is free, up to the amount.</summary>
    public Task<Posted> ChargeAsync(Db tx, LedgerPost post, CancellationToken ct) => PostAsync(tx, post, async (db, account) =>
    {
        var taken = Smaller(post.Amount, account.Free);
        await LedgerSql.InsertAsync(db, post, Accounts.Tenant, Accounts.Revenue(post.Kind), taken, post.Amount - taken, ct);
        await LedgerSql.MoveFreeAsync(db, post.TenantId, -taken, ct);
        return (taken, post.Amount - taken);
    }, ct);

    /// <summary>Takes back what was paid or given: what is there now, the rest from later payments.</summary>
    public Task<Posted> ClawbackAsync(Db tx, LedgerPost post, CancellationToken ct) => PostAsync(tx, post, async (db, account) =>
    {
        var taken = Smaller(post.Amount, account.Free);
        var owed = post.Amount - taken;
        await LedgerSql.InsertAsync(db, post, Accounts.Tenant, Accounts.Income(post.Kind), taken, owed, ct);
        await LedgerSql.MoveFreeAsync(db, post.TenantId, -taken, ct);
        if (owed > Money.Zero)
        {
            var debt = post with { Reference = $"{post.Reference}:owed" };
            await LedgerSql.InsertAsync(db, debt, Accounts.Receivable, Accounts.Income(post.Kind), owed, Money.Zero, ct);
            await LedgerSql.MoveOwedAsync(db, post.TenantId, owed, ct);
            await RecallAsync(db, post.TenantId, ct);
        }
        return (taken, owed);
    }, ct);

    /// <summary>An operator's correction, up or down; downwards never below what is free.</summary>
    public async Task<Result<Posted>> AdjustAsync(
        Actor actor, Db db, string tenantId, string reference, Money by, string reason, CancellationToken ct)
    {
        if (by == Money.Zero) { return CreditProblems.NothingToAdjust; }
        var size = by < Money.Zero ? -by : by;
        return await db.TransactAsync<Result<Posted>>(async tx =>
        {
            var post = new LedgerPost(tenantId, reference, EntryKind.Adjustment, size, reason);
            if (by < Money.Zero && (await LedgerSql.LockAsync(tx, tenantId, ct)).Free < size
                && await LedgerSql.FirstOutcomeAsync(tx, reference, ct) is null)
            {
                return CreditProblems.NotThatMuch;
            }
            var posted = by > Money.Zero ? await CreditAsync(tx, post, ct) : await ChargeAsync(tx, post, ct);
            if (!posted.IsReplay)
            {
                await audit.WriteAsync(tx, actor, new("credits.adjusted", $"tenant:{tenantId}", TenantId: tenantId, Details: new Dictionary<string, string>
                {
                    ["reference"] = reference,
                    ["nanos"] = by.Nanos.ToString(CultureInfo.InvariantCulture),
                    ["reason"] = reason,
                }), ct);
            }
            return posted;
        }, ct);
    }

    /// <summary>A frozen tenant keeps its money and starts nothing that costs.</summary>
    public Task FreezeAsync(Actor actor, Db db, string tenantId, bool frozen, string reason, CancellationToken ct) =>
        db.TransactAsync(async tx =>
        {
            await LedgerSql.LockAsync(tx, tenantId, ct);
            await tx.ExecuteAsync($"update credits.account set frozen_at = case when {frozen} then now() end where tenant_id = {tenantId}", ct);
            await RecallAsync(tx, tenantId, ct);
            var action = frozen ? "credits.frozen" : "credits.unfrozen";
            await audit.WriteAsync(tx, actor, new(action, $"tenant:{tenantId}", TenantId: tenantId,
                Details: new Dictionary<string, string> { ["reason"] = reason }), ct);
            return Done.Instance;
        }, ct);

    public Task<TenantBalance> BalanceAsync(Db db, string tenantId, CancellationToken ct) => LedgerSql.BalanceAsync(db, tenantId, ct);

    internal static Task RecallAsync(Db tx, string tenantId, CancellationToken ct) =>
        tx.ExecuteAsync($"select pg_notify({RecallChannel}, {tenantId})", ct);

    private static async Task<Posted> PostAsync(
        Db outer, LedgerPost post, Func<Db, Account, Task<(Money Moved, Money Missing)>> move, CancellationToken ct)
    {
        if (post.Amount <= Money.Zero) { throw new ArgumentException("An entry moves an amount above zero.", nameof(post)); }
        return await outer.TransactAsync(async tx =>
        {
            var account = await LedgerSql.LockAsync(tx, post.TenantId, ct);
            var first = await LedgerSql.FirstOutcomeAsync(tx, post.Reference, ct);
            var (moved, missing) = first is null ? await move(tx, account) : (first.Moved, first.Missing);
            var balance = await LedgerSql.BalanceAsync(tx, post.TenantId, ct);
            return new Posted(post.Reference, moved, missing, balance.Total, IsReplay: first is not null);
        }, ct);
    }

    private static Money Smaller(Money left, Money right) => left < right ? left : right;
}

/// <summary>Somebody's balance went up; what waits for money may look again.</summary>
public sealed record BalanceRaised(string Tenant) : IOutboxMessage
{
    public static string Topic => "credits.raised";
}
