using Wopr.Kernel;

namespace Wopr.Credits.Metering;

/// <summary>One request's charge, and from which purses it is taken.</summary>
internal sealed record Charge(Purse Purse, Money Amount);

internal sealed record Ended(EndOp Op, Flight Flight, IReadOnlyList<Charge> Charges)
{
    /// <summary>What is left of its hold, kept until the charge is durable: others may only be promised what is really free.</summary>
    public Money Left { get; init; }

    public Money Charged { get; } = Charges.Aggregate(Money.Zero, (sum, charge) => sum + charge.Amount);
}

/// <summary>What one commit makes durable: of a request that begins and ends in it only the end.</summary>
internal sealed record Batch(IReadOnlyList<Ended> Ends, IReadOnlyList<StartOp> Starts, IReadOnlyList<Flight> Notes)
{
    /// <summary>Those that run on.</summary>
    public IReadOnlyList<StartOp> Running { get; } = [.. Starts.Where(start => start.Flight!.Ending is null)];

    public bool IsEmpty => Ends.Count + Starts.Count + Notes.Count == 0;

    public bool IsLone => Ends.Count + Running.Count + Notes.Count == 1;
}

/// <summary>
/// What the writer knows of purses and running requests, and every decision about them. It does no input or output:
/// the writer makes durable what is decided here, or takes it back.
/// </summary>
internal sealed class Desk
{
    // A block is for so many requests; each time it did not last, the next is for twice as many.
    private const long BlockRequests = 16;
    private const int BlockDoublingsMax = 6;
    private static readonly Money s_blockMax = Money.FromCents(500);

    private readonly Dictionary<(string Tenant, string Name), Purse> _purses = [];
    private readonly List<Purse> _closing = [];

    /// <summary>By request; also read by callers that note what a request has cost so far.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<Guid, Flight> Flights { get; } = new();

    /// <summary>No purse promises more than it holds.</summary>
    public bool IsSound => _purses.Values.Concat(_closing).All(purse => purse.Held >= Money.Zero && purse.Free >= Money.Zero);

    /// <summary>Which money is missing for these operations; ends come first, because the answer was already given.</summary>
    public List<Ask> Shortages(IReadOnlyList<EndOp> ends, IReadOnlyList<StartOp> starts)
    {
        Dictionary<(string Tenant, string Capability), Money> missing = [];
        Dictionary<Purse, Money> free = [];
        Money Free(Purse purse) => free.TryGetValue(purse, out var known) ? known : purse.Free;

        foreach (var end in ends)
        {
            var flight = Flights[end.RequestId];
            var price = end.Use?.Price ?? Money.Zero;
            var beyond = price > flight.Request.Hold ? price - flight.Request.Hold : Money.Zero;
            foreach (var purse in Reach(flight))
            {
                var part = Smaller(beyond, Free(purse));
                free[purse] = Free(purse) - part;
                beyond -= part;
            }
            if (beyond > Money.Zero) { Miss(flight.Request, beyond); }
        }
        foreach (var start in starts.Where(start => !Knows(start)))
        {
            var purse = Open(start.Request.TenantId, start.Request.Capability).FirstOrDefault(purse => Free(purse) >= start.Request.Hold);
            if (purse is null) { Miss(start.Request, start.Request.Hold); }
            else { free[purse] = Free(purse) - start.Request.Hold; }
        }
        return [.. missing.Select(pair => new Ask(pair.Key.Tenant, pair.Key.Capability, pair.Value, Want(pair.Key, pair.Value)))];

        void Miss(MeteredRequest request, Money amount)
        {
            var key = (request.TenantId, request.Capability);
            missing[key] = missing.GetValueOrDefault(key) + amount;
        }
    }

    public void Receive(IEnumerable<Grant> grants, long now)
    {
        foreach (var grant in grants.Where(grant => grant.Amount > Money.Zero))
        {
            var key = (grant.Ask.TenantId, grant.Purse);
            if (!_purses.TryGetValue(key, out var purse)) { _purses[key] = purse = new(grant.Ask.TenantId, grant.Purse, grant.Day); }
            purse.Remaining += grant.Amount;
            purse.Blocks++;
            purse.UsedAt = now;
        }
    }

    public Ended End(EndOp op)
    {
        var flight = Flights[op.RequestId];
        flight.Purse.Held -= flight.Request.Hold;
        List<Charge> charges = [];
        var price = op.Use?.Price ?? Money.Zero;
        foreach (var purse in Reach(flight))
        {
            var part = Smaller(price, purse.Free);
            if (part <= Money.Zero) { continue; }
            purse.Remaining -= part;
            price -= part;
            charges.Add(new(purse, part));
        }
        var own = charges.Where(charge => charge.Purse == flight.Purse).Aggregate(Money.Zero, (sum, charge) => sum + charge.Amount);
        var left = own < flight.Request.Hold ? flight.Request.Hold - own : Money.Zero;
        flight.Purse.Held += left;
        return new(op, flight, charges) { Left = left };
    }

    /// <summary>False when no purse of today holds enough, or the request runs already.</summary>
    public bool Begin(StartOp op, DateOnly today, long now)
    {
        var open = Open(op.Request.TenantId, op.Request.Capability);
        return open.FirstOrDefault(purse => purse.IsOf(today) && purse.Free >= op.Request.Hold) is { } purse && Begin(op, op.Request, purse, now);
    }

    /// <summary>With all there is, when that is as much as it needs at least.</summary>
    public bool BeginWithLess(StartOp op, long now)
    {
        if (op.Request.Least is not { } least) { return false; }
        var purse = Open(op.Request.TenantId, op.Request.Capability).MaxBy(purse => purse.Free);
        return purse is not null && purse.Free >= least && Begin(op, op.Request with { Hold = purse.Free }, purse, now);
    }

    private bool Begin(StartOp op, MeteredRequest request, Purse purse, long now)
    {
        Flight flight = new(request, purse);
        if (!Flights.TryAdd(request.RequestId, flight)) { return false; }
        purse.Held += request.Hold;
        purse.Running++;
        purse.UsedAt = now;
        op.Flight = flight;
        return true;
    }

    /// <summary>What it was promised it was promised here, and that still stands.</summary>
    public bool Knows(StartOp op) => op.Flight is { } flight && Flights.TryGetValue(op.Request.RequestId, out var known) && known == flight;

    public void Forget(StartOp op)
    {
        if (!Knows(op)) { return; }
        op.Flight!.Purse.Held -= op.Flight.Request.Hold;
        op.Flight.Purse.Running--;
        op.Flight = null;
        Flights.TryRemove(op.Request.RequestId, out _);
    }

    public void Keep(Batch batch)
    {
        foreach (var start in batch.Starts) { start.Flight!.IsWritten = true; }
        foreach (var ended in batch.Ends)
        {
            ended.Flight.Purse.Held -= ended.Left;
            ended.Flight.Purse.Running--;
            Flights.TryRemove(ended.Op.RequestId, out _);
        }
    }

    /// <summary>As if it had not been tried. What was promised stays promised.</summary>
    public static void TakeBack(Batch batch)
    {
        foreach (var ended in batch.Ends)
        {
            ended.Flight.Ending = null;
            ended.Flight.Purse.Held += ended.Flight.Request.Hold - ended.Left;
            foreach (var charge in ended.Charges) { charge.Purse.Remaining += charge.Amount; }
        }
    }

    /// <summary>Closes the purses of tenants whose money is wanted elsewhere, and those whose day is over.</summary>
    public void Close(IReadOnlySet<string> recalled, DateOnly today)
    {
        foreach (var (key, purse) in _purses)
        {
            if (!recalled.Contains(purse.TenantId) && purse.IsOf(today)) { continue; }
            _closing.Add(purse);
            _purses.Remove(key);
        }
    }

    /// <summary>What nobody needs here: all that is free in closing purses, and in those unused since.</summary>
    public List<GiveBack> Idle(long unusedSince)
    {
        foreach (var (key, purse) in _purses)
        {
            if (purse.Running > 0 || purse.UsedAt > unusedSince) { continue; }
            _closing.Add(purse);
            _purses.Remove(key);
        }
        return [.. _closing.Where(purse => purse.Free > Money.Zero || purse.Running == 0)
            .Select(purse => new GiveBack(purse, purse.Free, Closes: purse.Running == 0))];
    }

    public void GaveBack(IReadOnlyList<GiveBack> backs)
    {
        foreach (var back in backs)
        {
            back.Purse.Remaining -= back.Amount;
            if (back.Closes) { _closing.Remove(back.Purse); }
        }
    }

    public void CloseAll() => Close(_purses.Values.Select(purse => purse.TenantId).ToHashSet(), default);

    private Money Want((string Tenant, string Capability) whose, Money need)
    {
        var doublings = Math.Min(Open(whose.Tenant, whose.Capability).Sum(purse => purse.Blocks), BlockDoublingsMax);
        return need > s_blockMax ? need : Smaller(new(need.Nanos * (BlockRequests << doublings)), s_blockMax);
    }

    private IEnumerable<Purse> Open(string tenant, string capability)
    {
        if (_purses.TryGetValue((tenant, capability), out var capped)) { yield return capped; }
        if (_purses.TryGetValue((tenant, ""), out var plain)) { yield return plain; }
    }

    /// <summary>Where a request's charge may be taken from: its own purse, then the tenant's open ones.</summary>
    private IEnumerable<Purse> Reach(Flight flight) => Open(flight.Request.TenantId, flight.Request.Capability).Prepend(flight.Purse).Distinct();

    private static Money Smaller(Money left, Money right) => left < right ? left : right;
}
