using Wopr.Credits;
using Wopr.Gateway.Catalogue;
using Wopr.Kernel;

namespace Wopr.Gateway.Relay;

/// <param name="Starting">What becomes of the start, which is on its way to the disk.</param>
/// <param name="OutputMax">The limit the balance sets; null when it sets none.</param>
internal sealed record Started(Starting Starting, long? OutputMax);

/// <summary>What a request may cost at most, and setting that aside.</summary>
internal sealed class Holds(RequestMeter meter, GatewayOptions options)
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
        var least = exchange.Head.OutputMax is null && exchange.Model.OutputTokensMax > OutputTokensMin ? Of(exchange, offers, OutputTokensMin) : (Money?)null;
        MeteredRequest request = new(exchange.Id, exchange.Key.TenantId, exchange.Key.BotId, exchange.Model.Capability,
            offers[0].Provider.Id, exchange.Model.Id, hold)
        { Least = least };
        if (!(await meter.BeginAsync(request, ct)).Succeeded(out var starting, out var problem)) { return problem; }
        return new Started(starting, starting.Hold < hold ? Affordable(exchange, offers, starting.Hold) : null);
    }

    private long Affordable(Exchange exchange, IReadOnlyList<Offer> offers, Money held)
    {
        var (low, high) = (0L, exchange.Model.OutputTokensMax);
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            if (Of(exchange, offers, middle) <= held) { low = middle; }
            else { high = middle - 1; }
        }
        return low;
    }
}
