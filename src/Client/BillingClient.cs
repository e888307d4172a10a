using System.Text.Json.Serialization;
using Wopr.Kernel;

namespace Wopr.Client;

/// <summary>The money of whoever is acted for: what there is, where it went, and how more is bought.</summary>
public sealed class BillingClient
{
    private readonly PlatformWire _wire;

    internal BillingClient(PlatformWire wire) => _wire = wire;

    public Task<Result<Balance>> BalanceAsync(CancellationToken ct) =>
        _wire.QueryAsync<Balance>("billing.creditsBalance", new { }, ct);

    public Task<Result<Funds>> FundsAsync(CancellationToken ct) => _wire.QueryAsync<Funds>("billing.funds", new { }, ct);

    public Task<Result<MoneyStanding>> StandingAsync(CancellationToken ct) => _wire.GetAsync<MoneyStanding>("/api/billing/standing", ct);

    /// <param name="type">One kind of movement; null for all.</param>
    public Task<Result<Movements>> HistoryAsync(string? type, int limit, int offset, CancellationToken ct) =>
        _wire.QueryAsync<Movements>("billing.creditsHistory", new { type, limit, offset }, ct);

    public Task<Result<SpentDays>> DaysAsync(DateOnly from, DateOnly to, CancellationToken ct) =>
        _wire.QueryAsync<SpentDays>("billing.usageDays", new { from, to }, ct);

    public Task<Result<Pack[]>> PacksAsync(CancellationToken ct) => _wire.GetAsync<Pack[]>("/api/billing/credits/options", ct);

    public Task<Result<Plan[]>> PlansAsync(CancellationToken ct) => _wire.GetAsync<Plan[]>("/api/billing/plans", ct);

    public async Task<Result<Subscription?>> SubscriptionAsync(CancellationToken ct) =>
        (await _wire.QueryAsync<SubscriptionAnswer>("billing.subscription", new { }, ct)).Map(answer => answer.Subscription);

    public Task<Result<HostedPage>> CheckoutAsync(string priceId, string successUrl, string cancelUrl, CancellationToken ct) =>
        _wire.PostAsync<HostedPage>("/api/billing/credits/checkout", new { priceId, successUrl, cancelUrl }, ct);

    /// <summary>Where Stripe lets a customer change cards, the address and the subscription.</summary>
    public Task<Result<HostedPage>> PortalAsync(string returnUrl, CancellationToken ct) =>
        _wire.PostAsync<HostedPage>("/api/billing/portal", new { returnUrl }, ct);

    public async Task<Result<Invoice[]>> InvoicesAsync(CancellationToken ct) =>
        (await _wire.GetAsync<InvoiceAnswer>("/api/billing/invoices", ct)).Map(answer => answer.Invoices);

    public Task<Result<BillingContact>> ContactAsync(CancellationToken ct) =>
        _wire.QueryAsync<BillingContact>("billing.billingInfo", new { }, ct);

    public Task<Result<TopUp>> TopUpAsync(CancellationToken ct) =>
        _wire.QueryAsync<TopUp>("billing.autoTopupSettings", new { }, ct);

    public Task<Result<TopUp>> SetTopUpAsync(TopUpChange change, CancellationToken ct) =>
        _wire.MutateAsync<TopUp>("billing.updateAutoTopupSettings", change, ct);

    public Task<Result<SpendingLimits>> LimitsAsync(CancellationToken ct) =>
        _wire.QueryAsync<SpendingLimits>("billing.spendingLimits", new { }, ct);

    /// <summary>These limits in place of all before.</summary>
    public Task<Result<SpendingLimits>> SetLimitsAsync(SpendingLimits limits, CancellationToken ct) =>
        _wire.MutateAsync<SpendingLimits>("billing.updateSpendingLimits", limits, ct);

    private sealed record InvoiceAnswer(Invoice[] Invoices);

    private sealed record SubscriptionAnswer(Subscription? Subscription = null);
}

/// <param name="RunwayDays">How long the balance lasts at today's burn; null when nothing burns.</param>
public sealed record Balance(
    [property: JsonPropertyName("balance_cents")] long BalanceCents,
    [property: JsonPropertyName("daily_burn_cents")] long DailyBurnCents = 0,
    [property: JsonPropertyName("runway_days")] long? RunwayDays = null);

/// <summary>In nano-dollars.</summary>
/// <param name="OwedNanos">Of payments that were taken back.</param>
/// <param name="RunwayDays">Null while nothing is used.</param>
public sealed record Funds(long BalanceNanos, long OwedNanos, bool IsFrozen, long DailyBurnNanos, long? RunwayDays = null);

/// <param name="State"><c>funded</c>, <c>warned</c>, <c>grace</c>, <c>suspended</c> or <c>expired</c>.</param>
public sealed record MoneyStanding(string State, DateTimeOffset? GraceUntil = null, DateTimeOffset? DestroyAfter = null);

public sealed record Movements(Movement[] Entries, long Total);

/// <param name="Amount">Nano-dollars; below zero when it left the balance.</param>
public sealed record Movement(
    string Id, long Amount, long BalanceAfter, string Type, DateTimeOffset CreatedAt, string? Description = null,
    string? ReferenceId = null);

public sealed record SpentDays(SpentDay[] Days, DayUse[] Uses, bool HasMore = false);

public sealed record SpentDay(DateOnly Day, long Requests, long ChargedNanos);

/// <param name="Estimated">How many of the requests were counted by estimate.</param>
public sealed record DayUse(
    DateOnly Day, string Capability, string Provider, string Model, long Requests, long Estimated, long InputUnits, long OutputUnits,
    long ChargedNanos);

public sealed record Pack(string PriceId, string Label, long AmountCents, long CreditCents, long BonusPercent);

/// <param name="PriceId">Null when there is nothing to buy.</param>
public sealed record Plan(string Id, string Name, string PriceLabel, PlanFeatures Features, string? PriceId = null);

public sealed record PlanFeatures(string[] Extras);

public sealed record Subscription(string Status, string? PriceId = null, DateTimeOffset? PeriodEnd = null, bool EndsAtPeriodEnd = false);

/// <summary>A page of Stripe's to send the browser to.</summary>
public sealed record HostedPage(string Url);

public sealed record Invoice(
    string Id, string? Number, string? Status, long AmountCents, string? Currency, DateTimeOffset CreatedAt, string? Url = null,
    string? PdfUrl = null);

public sealed record BillingContact(string Email, SavedCard[] PaymentMethods);

public sealed record SavedCard(string Id, string Brand, string Last4, int ExpiryMonth, int ExpiryYear, bool IsDefault);
