using Wopr.Credits;
using Wopr.Gateway.Catalogue;
using Wopr.Kernel;

namespace Wopr.Gateway.Relay;

/// <param name="OutputMax">The limit the balance sets; null when it sets none.</param>
internal sealed record Started(long? OutputMax);

/// <summary>What a request may cost at most, and setting that aside.</summary>
internal sealed class Holds(RequestMeter meter, Ledger ledger, Db db, GatewayOptions options)
{
    // Fewer are no answer.
    private const long OutputTokensMin = 16;

    public Money Of(Exchange exchange, IReadOnlyList<Offer> offers, long outputMax)
    {
        var usage = new TokenUsage(TokenEstimate.InputAtMost(exchange.Head), 0, 0, outputMax * exchange.Head.Choices);
        var most = Money.Zero;
        foreach (var offer in offers)
        {
            var price = exchange.IsOwnKey ? offer.Price.FeeOf(usage, options.OwnKeyFeeBasisPoints) : offer.Price.Of(usage).Price;
            if (price > most) { most = price; }
        }
        return most;
    }

    /// <summary>A request that sets no limit of its own gets as much as the balance affords, instead of a refusal.</summary>
    public async Task<Result<Started>> StartAsync(Exchange exchange, IReadOnlyList<Offer> offers, Money hold, CancellationToken ct)
    {
        var problem = await TryAsync(exchange, offers, hold, ct);
        if (problem is null) { return new Started(null); }
        if (problem.Code != "insufficient_credits" || exchange.Head.OutputMax is not null) { return problem; }

        var free = (await ledger.BalanceAsync(db, exchange.Key.TenantId, ct)).Free;
        var affordable = Affordable(exchange, offers, free);
        if (affordable < OutputTokensMin) { return problem; }
        problem = await TryAsync(exchange, offers, Of(exchange, offers, affordable), ct);
        return problem is null ? new Started(affordable) : problem;
    }

    private async Task<Problem?> TryAsync(Exchange exchange, IReadOnlyList<Offer> offers, Money hold, CancellationToken ct)
    {
        var provider = offers.Count > 0 ? offers[0].Provider.Id : "";
        return (await meter.StartAsync(
            new(exchange.Id, exchange.Key.TenantId, exchange.Key.BotId, exchange.Model.Capability, provider, exchange.Model.Id, hold), ct)).Problem;
    }

    private long Affordable(Exchange exchange, IReadOnlyList<Offer> offers, Money free)
    {
        var (low, high) = (0L, exchange.Model.OutputTokensMax);
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            if (Of(exchange, offers, middle) <= free) { low = middle; }
            else { high = middle - 1; }
        }
        return low;
    }
}
