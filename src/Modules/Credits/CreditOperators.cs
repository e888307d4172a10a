using Wopr.Audit;
using Wopr.Auth;
using Wopr.Kernel;

namespace Wopr.Credits;

/// <summary>What operators may do with tenants' money; each deed needs a reason and is written down.</summary>
internal sealed class CreditOperators(Db db, Ledger ledger, TenantDirectory tenants, AuditLog audit, TimeProvider time)
{
    /// <summary>One slip of the finger is not to cost more than this.</summary>
    private const long CentsMax = 10_000_000;
    private const int ReasonCharsMax = 500;
    private const int ReferenceCharsMax = 100;

    public async Task<Result<TenantCredits>> ShowAsync(string tenant, CancellationToken ct) =>
        await tenants.FindAsync(db, tenant, ct) is null
            ? CreditProblems.NoTenant
            : View(await ledger.BalanceAsync(db, tenant, ct));

    public async Task<Result<PostedView>> AdjustAsync(Actor actor, AdjustCredits body, CancellationToken ct)
    {
        if (await RefuseAsync(body.Tenant, body.AmountCents, body.Reason, body.Reference, ct) is { } problem) { return problem; }
        return (await ledger.AdjustAsync(actor, db, body.Tenant, Reference("adjust", body.Reference),
            Money.FromCents(body.AmountCents), body.Reason, ct)).Map(View);
    }

    public async Task<Result<PostedView>> GrantAsync(Actor actor, GrantCredits body, CancellationToken ct)
    {
        if (await RefuseAsync(body.Tenant, body.AmountCents, body.Reason, body.Reference, ct) is { } problem) { return problem; }
        if (body.AmountCents < 0 || body.ExpiresAt <= time.GetUtcNow()) { return CreditProblems.BadGrant; }
        return View(await db.TransactAsync(async tx =>
        {
            var posted = await ledger.CreditAsync(tx, new(body.Tenant, Reference("grant", body.Reference), EntryKind.Grant,
                Money.FromCents(body.AmountCents), body.Reason)
            { ExpiresAt = body.ExpiresAt }, ct);
            if (!posted.IsReplay)
            {
                await audit.WriteAsync(tx, actor, new("credits.granted", $"tenant:{body.Tenant}", TenantId: body.Tenant,
                    Details: new Dictionary<string, string> { ["reference"] = posted.Reference, ["reason"] = body.Reason }), ct);
            }
            return posted;
        }, ct));
    }

    public async Task<Result<TenantCredits>> FreezeAsync(Actor actor, FreezeCredits body, CancellationToken ct)
    {
        if (await RefuseAsync(body.Tenant, cents: 1, body.Reason, reference: null, ct) is { } problem) { return problem; }
        await ledger.FreezeAsync(actor, db, body.Tenant, body.Frozen, body.Reason, ct);
        return View(await ledger.BalanceAsync(db, body.Tenant, ct));
    }

    /// <summary>The platform's side of the books.</summary>
    public Task<List<PlatformAccount>> AccountsAsync(CancellationToken ct) => db.QueryAsync($"""
        select account, sum(nanos)::bigint from credits.posting group by account order by account
        """, row => new PlatformAccount(row.GetString(0), row.GetInt64(1)), ct);

    private async Task<Problem?> RefuseAsync(string tenant, long cents, string reason, string? reference, CancellationToken ct)
    {
        if (reason.Trim().Length is 0 or > ReasonCharsMax || reference?.Length is 0 or > ReferenceCharsMax) { return CreditProblems.ReasonMissing; }
        if (cents is 0 or > CentsMax or < -CentsMax) { return CreditProblems.BadAmount(CentsMax / 100); }
        return await tenants.FindAsync(db, tenant, ct) is null ? CreditProblems.NoTenant : null;
    }

    private string Reference(string what, string? given) => $"{what}:{given ?? Guid.CreateVersion7(time.GetUtcNow()).ToString("N")}";

    private static TenantCredits View(TenantBalance balance) =>
        new(balance.TenantId, balance.Total.Nanos, balance.Free.Nanos, balance.Owed.Nanos, balance.IsFrozen);

    private static PostedView View(Posted posted) => new(posted.Reference, posted.Amount.Nanos, posted.Balance.Nanos, posted.IsReplay);
}
