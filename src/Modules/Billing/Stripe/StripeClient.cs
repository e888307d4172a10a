using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>What we use of Stripe's API. Every write takes the key that makes repeating it harmless.</summary>
internal sealed class StripeClient(StripeHttp http)
{
    private const int PageSize = 100;
    private static readonly StripeForm s_nothing = new();

    public Task<Result<StripeCustomer>> CreateCustomerAsync(string tenant, string? email, string key, CancellationToken ct) =>
        http.PostAsync<StripeCustomer>("v1/customers", new StripeForm().Add("email", email).Add("metadata[wopr_tenant]", tenant), key, ct);

    public Task<Result<StripeCustomer>> CustomerAsync(string id, CancellationToken ct) =>
        http.GetAsync<StripeCustomer>($"v1/customers/{Safe(id)}", s_nothing, ct);

    public Task<Result<CheckoutSession>> CreateSessionAsync(StripeForm form, string key, CancellationToken ct) =>
        http.PostAsync<CheckoutSession>("v1/checkout/sessions", form, key, ct);

    public Task<Result<CheckoutSession>> SessionAsync(string id, CancellationToken ct) => http.GetAsync<CheckoutSession>(
        $"v1/checkout/sessions/{Safe(id)}", new StripeForm().Add("expand[]", "line_items"), ct);

    public Task<Result<StripePrice>> PriceAsync(string id, CancellationToken ct) =>
        http.GetAsync<StripePrice>($"v1/prices/{Safe(id)}", s_nothing, ct);

    public Task<Result<StripeSubscription>> SubscriptionAsync(string id, CancellationToken ct) =>
        http.GetAsync<StripeSubscription>($"v1/subscriptions/{Safe(id)}", s_nothing, ct);

    public Task<Result<StripeSubscription>> CancelAtPeriodEndAsync(string id, bool ends, string key, CancellationToken ct) =>
        http.PostAsync<StripeSubscription>(
            $"v1/subscriptions/{Safe(id)}", new StripeForm().Add("cancel_at_period_end", ends), key, ct);

    public Task<Result<PortalSession>> CreatePortalAsync(string customer, string returnUrl, string key, CancellationToken ct) =>
        http.PostAsync<PortalSession>("v1/billing_portal/sessions",
            new StripeForm().Add("customer", customer).Add("return_url", returnUrl), key, ct);

    /// <summary>Charges a saved card while its owner is away; a card that needs its owner is declined.</summary>
    public Task<Result<PaymentIntent>> ChargeSavedCardAsync(
        string customer, string paymentMethod, long cents, IReadOnlyDictionary<string, string> metadata, string key, CancellationToken ct) =>
        http.PostAsync<PaymentIntent>("v1/payment_intents", new StripeForm()
            .Add("amount", cents).Add("currency", "usd").Add("customer", customer).Add("payment_method", paymentMethod)
            .Add("off_session", value: true).Add("confirm", value: true).Metadata("", metadata), key, ct);

    public Task<Result<PaymentIntent>> PaymentIntentAsync(string id, CancellationToken ct) =>
        http.GetAsync<PaymentIntent>($"v1/payment_intents/{Safe(id)}", s_nothing, ct);

    public Task<Result<StripeRefund>> RefundAsync(
        string paymentIntent, long cents, IReadOnlyDictionary<string, string> metadata, string key, CancellationToken ct) =>
        http.PostAsync<StripeRefund>("v1/refunds", new StripeForm()
            .Add("payment_intent", paymentIntent).Add("amount", cents).Add("reason", "requested_by_customer")
            .Metadata("", metadata), key, ct);

    public Task<Result<StripeInvoice>> InvoiceAsync(string id, CancellationToken ct) =>
        http.GetAsync<StripeInvoice>($"v1/invoices/{Safe(id)}", s_nothing, ct);

    public Task<Result<StripeList<StripeInvoice>>> InvoicesAsync(string customer, int limit, CancellationToken ct) =>
        http.GetAsync<StripeList<StripeInvoice>>("v1/invoices", new StripeForm().Add("customer", customer).Add("limit", limit), ct);

    public Task<Result<StripeList<PaymentMethod>>> CardsAsync(string customer, CancellationToken ct) =>
        http.GetAsync<StripeList<PaymentMethod>>("v1/payment_methods",
            new StripeForm().Add("customer", customer).Add("type", "card").Add("limit", PageSize), ct);

    public Task<Result<StripeCharge>> ChargeAsync(string id, CancellationToken ct) =>
        http.GetAsync<StripeCharge>($"v1/charges/{Safe(id)}", s_nothing, ct);

    public Task<Result<MeterEvent>> MeterAsync(string eventName, string customer, long value, string identifier, DateTimeOffset at,
        CancellationToken ct) => http.PostAsync<MeterEvent>("v1/billing/meter_events", new StripeForm()
            .Add("event_name", eventName).Add("identifier", identifier).Add("timestamp", at)
            .Add("payload[stripe_customer_id]", customer).Add("payload[value]", value), identifier, ct);

    public Task<Result<List<CheckoutSession>>> SessionsAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken ct) =>
        AllAsync<CheckoutSession>("v1/checkout/sessions", from, to, session => session.Id, ct);

    public Task<Result<List<StripeInvoice>>> InvoicesAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken ct) =>
        AllAsync<StripeInvoice>("v1/invoices", from, to, invoice => invoice.Id, ct);

    public Task<Result<List<PaymentIntent>>> PaymentIntentsAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken ct) =>
        AllAsync<PaymentIntent>("v1/payment_intents", from, to, intent => intent.Id, ct);

    public Task<Result<List<StripeRefund>>> RefundsAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken ct) =>
        AllAsync<StripeRefund>("v1/refunds", from, to, refund => refund.Id, ct);

    public Task<Result<List<StripeCharge>>> ChargesAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken ct) =>
        AllAsync<StripeCharge>("v1/charges", from, to, charge => charge.Id, ct);

    public Task<Result<List<BalanceEntry>>> BalanceAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken ct) =>
        AllAsync<BalanceEntry>("v1/balance_transactions", from, to, entry => entry.Id, ct);

    public Task<Result<List<StripeEventRecord>>> EventsAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken ct) =>
        AllAsync<StripeEventRecord>("v1/events", from, to, entry => entry.Id, ct);

    /// <summary>Everything of a window, page after page.</summary>
    private async Task<Result<List<T>>> AllAsync<T>(
        string path, DateTimeOffset from, DateTimeOffset to, Func<T, string> id, CancellationToken ct)
    {
        List<T> all = [];
        while (true)
        {
            var query = new StripeForm().Add("limit", PageSize).Add("created[gte]", from).Add("created[lt]", to)
                .Add("starting_after", all.Count == 0 ? null : id(all[^1]));
            var page = await http.GetAsync<StripeList<T>>(path, query, ct);
            if (!page.Succeeded(out var list, out var problem)) { return problem; }
            all.AddRange(list.Data);
            if (!list.HasMore || list.Data.Count == 0) { return all; }
        }
    }

    private static string Safe(string id) => Uri.EscapeDataString(id);
}
