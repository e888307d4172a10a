using Wopr.Kernel;

namespace Wopr.Client;

/// <summary>What operators do with tenants' money and with payments that went astray.</summary>
public sealed class CreditAdminClient
{
    private const string Unprocessed = "/api/admin/billing/unprocessed";

    private readonly PlatformWire _wire;

    internal CreditAdminClient(PlatformWire wire) => _wire = wire;

    public Task<Result<TenantCredits>> FindAsync(string tenant, CancellationToken ct) =>
        _wire.GetAsync<TenantCredits>($"/api/admin/credits?tenant={Uri.EscapeDataString(tenant)}", ct);

    public Task<Result<Done>> AdjustAsync(string tenant, long amountCents, string reason, string reference, CancellationToken ct) =>
        _wire.PostAsync("/api/admin/credits/adjust", new { tenant, amountCents, reason, reference }, ct);

    /// <param name="expiresAt">Null for a gift that stays.</param>
    public Task<Result<Done>> GrantAsync(
        string tenant, long amountCents, string reason, DateTimeOffset? expiresAt, string reference, CancellationToken ct) =>
        _wire.PostAsync("/api/admin/credits/grant", new { tenant, amountCents, reason, expiresAt, reference }, ct);

    public Task<Result<Done>> FreezeAsync(string tenant, bool frozen, string reason, CancellationToken ct) =>
        _wire.PostAsync("/api/admin/credits/freeze", new { tenant, frozen, reason }, ct);

    public Task<Result<PlatformAccount[]>> AccountsAsync(CancellationToken ct) =>
        _wire.GetAsync<PlatformAccount[]>("/api/admin/credits/accounts", ct);

    /// <summary>Recomputes every balance from its postings.</summary>
    public Task<Result<ReconciliationReport>> ReconcileAsync(CancellationToken ct) =>
        _wire.GetAsync<ReconciliationReport>("/api/admin/credits/reconciliation", ct);

    public Task<Result<Listing<StrayPayment>>> StraysAsync(string? cursor, CancellationToken ct) =>
        _wire.GetAsync<Listing<StrayPayment>>(
            $"{Unprocessed}?limit=50{(string.IsNullOrEmpty(cursor) ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}", ct);

    public Task<Result<Done>> RetryAsync(string id, CancellationToken ct) => _wire.PostAsync($"{Path(id)}/retry", new { }, ct);

    public Task<Result<Done>> AssignAsync(string id, string tenant, CancellationToken ct) =>
        _wire.PostAsync($"{Path(id)}/assign", new { tenant }, ct);

    public Task<Result<Done>> DismissAsync(string id, string reason, CancellationToken ct) =>
        _wire.PostAsync($"{Path(id)}/dismiss", new { reason }, ct);

    /// <param name="amountCents">Null for all that is left of the payment.</param>
    public Task<Result<Refund>> RefundAsync(string tenant, string reference, string reason, long? amountCents, CancellationToken ct) =>
        _wire.PostAsync<Refund>("/api/admin/billing/refund", new { tenant, reference, reason, amountCents }, ct);

    private static string Path(string id) => $"{Unprocessed}/{Uri.EscapeDataString(id)}";
}

public sealed record TenantCredits(string Tenant, long BalanceNanos, long FreeNanos, long OwedNanos, bool IsFrozen);

public sealed record PlatformAccount(string Account, long Nanos);

public sealed record ReconciliationReport(DateTimeOffset At, long Accounts, long Entries, Difference[] Differences);

public sealed record Difference(string What, string Tenant, long ExpectedNanos, long FoundNanos);

/// <param name="Reason">Why it could not be applied, by name.</param>
public sealed record StrayPayment(
    string Id, string Type, string Reason, DateTimeOffset At, string? ObjectId = null, string? Tenant = null, long? Cents = null,
    string? Currency = null);

public sealed record Refund(string Id, string? Status, long AmountCents);
