using Wopr.Kernel;

namespace Wopr.Credits.Metering;

/// <summary>One request's charge, and from which purses it is taken.</summary>
internal sealed record Charge(Purse Purse, Money Amount);

internal sealed record Ended(EndOp Op, Flight Flight, IReadOnlyList<Charge> Charges)
{
    public Money Charged { get; } = Charges.Aggregate(Money.Zero, (sum, charge) => sum + charge.Amount);
}

internal sealed record Begun(StartOp Op, Flight Flight);

/// <summary>What one commit makes durable.</summary>
internal sealed record Batch(IReadOnlyList<Ended> Ends, IReadOnlyList<Begun> Starts, IReadOnlyList<Flight> Notes)
{
    public bool IsEmpty => Ends.Count + Starts.Count + Notes.Count == 0;

    public bool IsLone => Ends.Count + Starts.Count + Notes.Count == 1;
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
            var left = end.Use?.Price ?? Money.Zero;
            free[flight.Purse] = Free(flight.Purse) + flight.Request.Hold;
            foreach (var purse in Reach(flight))
            {
                var part = Smaller(left, Free(purse));
                free[purse] = Free(purse) - part;
                left -= part;
            }
            if (left > Money.Zero) { Miss(flight.Request, left); }
        }
        foreach (var start in starts)
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
        flight.Purse.Running--;
        List<Charge> charges = [];
        var left = op.Use?.Price ?? Money.Zero;
        foreach (var purse in Reach(flight))
        {
            var part = Smaller(left, purse.Free);
            if (part <= Money.Zero) { continue; }
            purse.Remaining -= part;
            left -= part;
            charges.Add(new(purse, part));
        }
        return new(op, flight, charges);
    }

    /// <summary>Null when no purse holds enough.</summary>
    public Begun? Begin(StartOp op, long now)
    {
        var open = Open(op.Request.TenantId, op.Request.Capability);
        return open.FirstOrDefault(purse => purse.Free >= op.Request.Hold) is { } purse ? Begin(op, op.Request, purse, now) : null;
    }

    /// <summary>With all there is, when that is as much as it needs at least.</summary>
    public Begun? BeginWithLess(StartOp op, long now)
    {
        if (op.Request.Least is not { } least) { return null; }
        var purse = Open(op.Request.TenantId, op.Request.Capability).MaxBy(purse => purse.Free);
        return purse is null || purse.Free < least ? null : Begin(op, op.Request with { Hold = purse.Free }, purse, now);
    }

    private static Begun Begin(StartOp op, MeteredRequest request, Purse purse, long now)
    {
        purse.Held += request.Hold;
        purse.Running++;
        purse.UsedAt = now;
        return new(op, new(request, purse));
    }

    public void Keep(Batch batch)
    {
        foreach (var begun in batch.Starts) { Flights[begun.Op.Request.RequestId] = begun.Flight; }
        foreach (var ended in batch.Ends) { Flights.TryRemove(ended.Op.RequestId, out _); }
    }

    public static void TakeBack(Batch batch)
    {
        foreach (var begun in batch.Starts)
        {
            begun.Flight.Purse.Held -= begun.Flight.Request.Hold;
            begun.Flight.Purse.Running--;
        }
        foreach (var ended in batch.Ends)
        {
            ended.Flight.Purse.Held += ended.Flight.Request.Hold;
            ended.Flight.Purse.Running++;
            foreach (var charge in ended.Charges) { charge.Purse.Remaining += charge.Amount; }
        }
    }

    /// <summary>Closes the purses of tenants whose money is wanted elsewhere, and those whose day is over.</summary>
    public void Close(IReadOnlySet<string> recalled, DateOnly today)
    {
        foreach (var (key, purse) in _purses)
        {
            if (!recalled.Contains(purse.TenantId) && (purse.Day == Purse.NoDay || purse.Day == today)) { continue; }
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
