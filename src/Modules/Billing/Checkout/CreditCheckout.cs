using Wopr.Auth;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <param name="Tenant">May name the tenant acted for, and no other.</param>
public sealed record CheckoutRequest(string PriceId, string SuccessUrl, string CancelUrl, string? Tenant = null);

public sealed record CheckoutView(string Url, string SessionId);

/// <param name="Tenant">May name the tenant acted for, and no other.</param>
public sealed record PortalRequest(string ReturnUrl, string? Tenant = null);

public sealed record PortalView(string Url);

/// <summary>Sends a tenant's people to Stripe's own pages, to pay or to look after cards and the subscription.</summary>
internal sealed class CreditCheckout(
    Db db, StripeClient stripe, CreditPrices prices, TenantCustomers customers, TrustedUrls urls, TimeProvider time)
{
    private const int UrlLengthMax = 2048;

    public async Task<Result<CheckoutView>> StartAsync(Actor actor, CheckoutRequest request, CancellationToken ct)
    {
        if (request.Tenant is not null && request.Tenant != actor.TenantId) { return Problems.ForeignTenant; }
        var isSubscription = prices.IsSubscription(request.PriceId);
        if (!isSubscription && prices.Pack(request.PriceId) is null) { return BillingProblems.UnknownPrice; }
        if (Ours(request.SuccessUrl) is not { } success || Ours(request.CancelUrl) is not { } cancel)
        {
            return BillingProblems.ForeignUrl;
        }
        var tenant = actor.TenantId!;
        var customer = await customers.FindAsync(tenant, ct);
        var session = await CreateAsync(customer);
        if (customer is not null && session.Problem?.Code == StripeProblems.NoSuchThing)
        {
            // Somebody deleted the customer in Stripe. The payment makes a new one.
            await TenantCustomers.ForgetAsync(db, customer, ct);
            session = await CreateAsync(null);
        }
        if (!session.Succeeded(out var made, out var problem)) { return problem; }
        return made.Url is { } url ? new CheckoutView(url, made.Id) : StripeProblems.Unreadable;

        Task<Result<CheckoutSession>> CreateAsync(string? known) =>
            stripe.CreateSessionAsync(Form(tenant, request.PriceId, isSubscription, success, cancel, known), Key("checkout"), ct);
    }

    /// <summary>Makes the tenant a customer when it is none yet: the portal is where a card is left before the first payment.</summary>
    public async Task<Result<PortalView>> PortalAsync(Actor actor, PortalRequest request, CancellationToken ct)
    {
        if (request.Tenant is not null && request.Tenant != actor.TenantId) { return Problems.ForeignTenant; }
        if (Ours(request.ReturnUrl) is not { } back) { return BillingProblems.ForeignUrl; }
        if (!(await customers.EnsureAsync(actor.TenantId!, ct)).Succeeded(out var customer, out var problem)) { return problem; }
        return (await stripe.CreatePortalAsync(customer, back, Key("portal"), ct)).Map(session => new PortalView(session.Url));
    }

    private static StripeForm Form(string tenant, string priceId, bool isSubscription, string success, string cancel, string? customer)
    {
        Dictionary<string, string> metadata = new()
        {
            ["wopr_tenant"] = tenant,
            ["wopr_purchase_type"] = isSubscription ? "subscription" : "credits",
        };
        var form = new StripeForm()
            .Add("mode", isSubscription ? "subscription" : "payment")
            .Add("line_items[0][price]", priceId).Add("line_items[0][quantity]", 1L)
            .Add("success_url", success).Add("cancel_url", cancel)
            .Add("client_reference_id", tenant).Add("customer", customer)
            .Metadata("", metadata)
            .Metadata(isSubscription ? "subscription_data" : "payment_intent_data", metadata);
        if (isSubscription) { return form; }
        // Without one the first payment would leave nobody to send an invoice to. Stripe allows it for single payments only.
        if (customer is null) { form.Add("customer_creation", "always"); }
        return form.Add("invoice_creation[enabled]", value: true).Metadata("invoice_creation[invoice_data]", metadata);
    }

    /// <summary>The address when it is one of ours and says so in full, as Stripe needs it.</summary>
    private string? Ours(string url) =>
        url.Length is 0 or > UrlLengthMax || url[0] == '/' ? null : urls.Target(url, otherwise: "/");

    private string Key(string what) => $"{what}-{Guid.CreateVersion7(time.GetUtcNow()):n}";
}
