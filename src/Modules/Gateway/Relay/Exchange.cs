using Wopr.Credits;
using Wopr.Gateway.Catalogue;
using Wopr.Gateway.Keys;
using Wopr.Gateway.Protocols;
using Wopr.Kernel;

namespace Wopr.Gateway.Relay;

internal enum Phase { Waiting, Answering, Draining }

/// <summary>
/// One request on its way. The pipeline moves it along; a clock shared by all of them looks whether it took too long, says
/// how it stands to the ledger, and keeps its caller company.
/// </summary>
internal sealed class Exchange(
    Guid id, WireFormat format, GatewayKey key, ModelEntry model, RequestHead head, long startedAt, DateTimeOffset since)
{
    // A count beyond so many times the model's context is no count.
    private const int TokensBelieved = 4;

    private long _movedAt = startedAt;
    private CancellationTokenSource? _attempt;

    public Guid Id => id;
    public WireFormat Format => format;
    public GatewayKey Key => key;
    public ModelEntry Model => model;
    public RequestHead Head => head;
    public DateTimeOffset Since => since;
    public long StartedAt { get; } = startedAt;

    /// <summary>How long the ledger took to set the money aside.</summary>
    public TimeSpan StartTook { get; set; }

    public Phase Phase { get; set; }
    public Offer? Offer { get; private set; }
    public UsageReader Usage { get; private set; } = new(format);

    /// <summary>Whose key pays the provider: the tenant's own, or ours.</summary>
    public bool IsOwnKey { get; init; }

    public int OwnKeyFeeBasisPoints { get; init; }

    /// <summary>When the provider last said something.</summary>
    public long MovedAt => Volatile.Read(ref _movedAt);

    /// <summary>The provider was given up because it took too long.</summary>
    public bool IsLate { get; private set; }

    /// <summary>When its caller was last told that somebody is still there.</summary>
    public long ToldAt { get; set; }

    /// <summary>Sends what keeps a silent stream open; null for answers in one piece.</summary>
    public Action? KeepAlive { get; set; }

    public void Begin(Offer offer, WireFormat upstream, CancellationTokenSource attempt, long now)
    {
        (Offer, Usage, IsLate, Phase) = (offer, new(upstream), false, Phase.Waiting);
        Volatile.Write(ref _movedAt, now);
        Volatile.Write(ref _attempt, attempt);
    }

    public void Moved(long now) => Volatile.Write(ref _movedAt, now);

    public void GiveUp()
    {
        IsLate = true;
        Cut();
    }

    public void Cut()
    {
        try { Volatile.Read(ref _attempt)?.Cancel(); }
        catch (ObjectDisposedException) { }
    }

    /// <summary>What it costs as it stands; estimated when the provider did not say, or was not heard to the end.</summary>
    public MeteredUse Use(bool isWhole)
    {
        var said = Usage.Usage(model.ContextTokens * TokensBelieved);
        var isEstimated = !isWhole || said is null;
        var usage = isEstimated ? Estimate(said) : said!.Value;
        var offer = Offer ?? model.Offers[0];
        var (wholesale, price) = offer.Price.Of(usage);
        if (IsOwnKey) { (wholesale, price) = (Money.Zero, offer.Price.FeeOf(usage, OwnKeyFeeBasisPoints)); }
        var provider = IsOwnKey ? $"{offer.Provider.Id}:own-key" : offer.Provider.Id;
        return new(provider, model.Id, usage.Input, usage.Output, wholesale, price, isEstimated);
    }

    // What was said of the input stands; the output counts as far as it was seen.
    private TokenUsage Estimate(TokenUsage? said)
    {
        var seen = TokenEstimate.Output(Usage.TextBytes);
        return said is { } known
            ? known with { Output = Math.Max(known.Output, seen), Cost = null }
            : new(TokenEstimate.Input(head), 0, 0, seen);
    }
}

/// <summary>Tokens, when nobody counted them: four bytes each, as the usual tokenizers make of English text.</summary>
internal static class TokenEstimate
{
    private const int BytesEach = 4;
    private const int BytesEachAtLeast = 3;
    private const long Binary = 1_000;
    private const long BinaryAtMost = 2_000;

    public static long Output(long bytes) => (bytes + BytesEach - 1) / BytesEach;

    public static long Input(RequestHead head) => (head.TextBytes / BytesEach) + (head.Binaries * Binary);

    /// <summary>From above, for what is set aside.</summary>
    public static long InputAtMost(RequestHead head) => (head.TextBytes / BytesEachAtLeast) + 16 + (head.Binaries * BinaryAtMost);
}
