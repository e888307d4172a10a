using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wopr.Gateway.Catalogue;
using Wopr.Kernel;

namespace Wopr.Gateway.Routing;

/// <summary>Whom to ask for a model, and in which order.</summary>
internal sealed class Router : BackgroundService
{
    private static readonly TimeSpan s_claimPatience = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<OfferKey, Circuit> _circuits = new();
    private readonly Conversations _conversations = new();
    private readonly Db _db;
    private readonly TimeProvider _time;
    private readonly BreakerPace _pace;
    private readonly BreakerSync _sync;
    private readonly long _began;

    public Router(Db db, Listener listener, TimeProvider time, BreakerPace pace, ILogger<Router> logger)
    {
        (_db, _time, _pace, _began) = (db, time, pace, time.GetTimestamp());
        _sync = new(db, listener, time, pace, _circuits, Circuit, () => Age, logger);
    }

    /// <summary>Of the offers somebody asked for lately, and of all whose circuit is not closed.</summary>
    public IReadOnlyList<OfferHealth> Health
    {
        get
        {
            var age = Age;
            return [.. _circuits.Values.Select(circuit => circuit.Health(age))
                .OrderBy(offer => offer.Provider, StringComparer.Ordinal).ThenBy(offer => offer.UpstreamModel, StringComparer.Ordinal)];
        }
    }

    private TimeSpan Age => _time.GetElapsedTime(_began);

    /// <summary>
    /// In the order to try; empty while nobody can be asked. Healthy servers of our own come first, then the cheapest,
    /// among equals those that need no translation, and of these the one that served the conversation last. One whose
    /// circuit is open is not among them.
    /// </summary>
    /// <param name="spoken">What the caller speaks.</param>
    /// <param name="conversation">The same for all requests of a conversation; 0 when it is not known.</param>
    /// <param name="byok">Only providers that tenants may bring keys for.</param>
    public IReadOnlyList<Offer> Order(ModelEntry model, Dialect spoken, ulong conversation, bool byok)
    {
        var age = Age;
        if (model.Offers.Count == 1) { return MayAsk(model.Offers[0], byok, age, out _) ? model.Offers : []; }
        var places = new Place[model.Offers.Count];
        var count = 0;
        for (var at = 0; at < places.Length; at++)
        {
            var offer = model.Offers[at];
            if (!MayAsk(offer, byok, age, out var circuit)) { continue; }
            var provider = offer.Provider;
            var rank = circuit.IsShaky(age) ? 2 : provider.IsOwn ? 0 : 1;
            places[count++] = new(offer, rank, offer.Price.Blended, provider.Dialect != spoken, _conversations.Served(conversation, provider.Id),
                Conversations.Preference(conversation, provider.Id), at);
        }
        Array.Sort(places, 0, count);
        var order = new Offer[count];
        for (var at = 0; at < count; at++) { order[at] = places[at].Offer; }
        return order;
    }

    /// <summary>When somebody may be asked again, for whom the order was empty; null when time alone will not help.</summary>
    public TimeSpan? RetryAfter(ModelEntry model, bool byok)
    {
        var age = Age;
        TimeSpan? soonest = null;
        foreach (var offer in model.Offers)
        {
            if (!IsFor(offer.Provider, byok)) { continue; }
            var wait = Circuit(offer).Wait(age);
            if (soonest is null || wait < soonest) { soonest = wait; }
        }
        return soonest;
    }

    /// <summary>
    /// False while its circuit is open; half open lets one probe of all replicas through. Whoever entered says how it
    /// ended, once: succeeded, failed or abandoned.
    /// </summary>
    public ValueTask<bool> EnterAsync(Offer offer, CancellationToken ct)
    {
        var circuit = Circuit(offer);
        if (circuit.IsClosed) { return new(true); }
        return circuit.Enter(Age) is { } known ? new(known) : ClaimAsync(circuit, ct);
    }

    /// <param name="conversation">Whom to ask first the next time.</param>
    public void Succeeded(Offer offer, TimeSpan firstByte, ulong conversation = 0)
    {
        _conversations.Remember(conversation, offer.Provider.Id);
        var circuit = Circuit(offer);
        Tell(circuit, circuit.Succeeded(Age, firstByte));
    }

    /// <summary>Not for what a tenant's own key brought about: a wrong or exhausted key says nothing of the provider.</summary>
    /// <param name="retryAfter">How long the provider wants to be left alone, when it said so.</param>
    public void Failed(Offer offer, Failure why, TimeSpan? retryAfter = null)
    {
        var circuit = Circuit(offer);
        Tell(circuit, circuit.Failed(Age, why, retryAfter, _time.Now()));
    }

    /// <summary>Entered, but nothing was learnt: the caller left.</summary>
    public void Abandoned(Offer offer)
    {
        var circuit = Circuit(offer);
        Tell(circuit, circuit.Abandoned(Age));
    }

    /// <summary>What the others know counts from the first request on.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await _sync.ReadAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _sync.RunAsync(stoppingToken);

    private async ValueTask<bool> ClaimAsync(Circuit circuit, CancellationToken ct)
    {
        var probe = Guid.CreateVersion7(_time.GetUtcNow());
        Claim? claim = null;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(s_claimPatience);
        try
        {
            claim = await BreakerSql.ClaimAsync(_db, circuit.Key, probe, _pace.ProbeMax, patience.Token);
        }
        catch (Exception error) when (!ct.IsCancellationRequested)
        {
            _sync.Lost(error);
        }
        finally
        {
            circuit.Claimed(Age, claim, probe);
            // It may have been claimed all the same.
            if (claim is null) { Tell(circuit, circuit.Unclaimed(probe)); }
            if (claim == Claim.Taken) { _sync.Nudge(); }
        }
        return claim is Claim.Claimed or Claim.Closed;
    }

    private bool MayAsk(Offer offer, bool byok, TimeSpan age, out Circuit circuit)
    {
        circuit = Circuit(offer);
        return IsFor(offer.Provider, byok) && circuit.MayTry(age);
    }

    private static bool IsFor(Provider provider, bool byok) => byok ? provider.TenantKey is not null : provider.IsReady;

    private Circuit Circuit(Offer offer) => Circuit(new OfferKey(offer.Provider.Id, offer.UpstreamModel));

    private Circuit Circuit(OfferKey key) =>
        _circuits.TryGetValue(key, out var known) ? known : _circuits.GetOrAdd(key, new Circuit(key, _pace));

    private void Tell(Circuit circuit, BreakerWrite? write)
    {
        if (write is not null) { _sync.Write(circuit, write); }
    }

    private readonly record struct Place(Offer Offer, int Rank, Int128 Price, bool IsForeign, bool Served, ulong Preference, int At)
        : IComparable<Place>
    {
        public int CompareTo(Place other) =>
            Rank != other.Rank ? Rank.CompareTo(other.Rank)
            : Price != other.Price ? Price.CompareTo(other.Price)
            : IsForeign != other.IsForeign ? IsForeign.CompareTo(other.IsForeign)
            : Served != other.Served ? other.Served.CompareTo(Served)
            : Preference != other.Preference ? Preference.CompareTo(other.Preference)
            : At.CompareTo(other.At);
    }
}
