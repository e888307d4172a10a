using Wopr.Kernel;

namespace Wopr.Billing;

internal sealed record TopUpCard(string Customer, string PaymentMethod, string? Last4);

/// <summary>The card to charge while its owner is away: the customer's default, else its newest.</summary>
internal sealed class TopUpCards(TenantCustomers customers, StripeClient stripe)
{
    /// <summary>A result without a card is <see cref="TopUpProblems.NoCard"/>.</summary>
    public async Task<Result<TopUpCard>> FindAsync(string tenant, CancellationToken ct)
    {
        if (await customers.FindAsync(tenant, ct) is not { } customer) { return TopUpProblems.NoCard; }
        if (!(await stripe.CardsAsync(customer, ct)).Succeeded(out var cards, out var problem)) { return NoneOr(problem); }
        if (cards.Data.Count == 0) { return TopUpProblems.NoCard; }
        if (!(await stripe.CustomerAsync(customer, ct)).Succeeded(out var known, out problem)) { return NoneOr(problem); }
        var card = cards.Data.FirstOrDefault(card => card.Id == known.InvoiceSettings?.DefaultPaymentMethod) ?? cards.Data[0];
        return new TopUpCard(customer, card.Id, card.Card?.Last4);
    }

    private static Problem NoneOr(Problem problem) => problem.Code == StripeProblems.NoSuchThing ? TopUpProblems.NoCard : problem;
}
