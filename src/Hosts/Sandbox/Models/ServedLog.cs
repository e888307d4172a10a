using System.Collections.Concurrent;

namespace Wopr.Sandbox.Models;

/// <summary>
/// Exactly what was served: the last 100,000 requests one by one, and all of them in the totals. An answer is entered
/// before its last byte goes out, so that whoever has the answer finds it here.
/// </summary>
internal sealed class ServedLog(TimeProvider time)
{
    public const int KeptMax = 100_000;

    private const int ModelsMax = 10_000;
    private const string Others = "(others)";

    private readonly Served?[] _kept = new Served?[KeptMax];
    private ConcurrentDictionary<string, Total> _totals = new(StringComparer.Ordinal);
    private long _started;
    private long _forgotten;
    private long _open;

    public long Count => Interlocked.Read(ref _started) - Interlocked.Read(ref _forgotten);

    public long Open => Interlocked.Read(ref _open);

    public IReadOnlyDictionary<string, Total> Totals => _totals;

    public Served Start(string place, string path, string? requestId, string? tenant)
    {
        var number = Interlocked.Increment(ref _started);
        var served = new Served
        {
            Number = number,
            Place = place,
            Path = path,
            RequestId = requestId,
            Tenant = tenant,
            StartedAt = time.GetTimestamp(),
        };
        Interlocked.Increment(ref _open);
        Volatile.Write(ref _kept[(number - 1) % KeptMax], served);
        return served;
    }

    /// <summary>Nothing more happens to it; the first end counts.</summary>
    public void Finish(Served served, string end)
    {
        if (served.EndedAt != 0) { return; }
        served.EndedAt = time.GetTimestamp();
        served.End = end;
        TotalOf(served.Model).Add(served);
        Interlocked.Decrement(ref _open);
    }

    /// <summary>The last byte could not be handed over.</summary>
    public void Left(Served served)
    {
        if (served.IsComplete)
        {
            served.End = "client_left";
            TotalOf(served.Model).Uncomplete();
        }
        else { Finish(served, "client_left"); }
    }

    /// <summary>The last ones of what is still kept, oldest first.</summary>
    public IEnumerable<Served> Kept(int count = KeptMax)
    {
        var last = Interlocked.Read(ref _started);
        var first = Math.Max(Interlocked.Read(ref _forgotten), last - Math.Clamp(count, 0, KeptMax)) + 1;
        for (var number = first; number <= last; number++)
        {
            // A newer one may have taken its place meanwhile.
            if (Volatile.Read(ref _kept[(number - 1) % KeptMax]) is { } served && served.Number == number)
            {
                yield return served;
            }
        }
    }

    public void Forget()
    {
        Interlocked.Exchange(ref _forgotten, Interlocked.Read(ref _started));
        Interlocked.Exchange(ref _totals, new(StringComparer.Ordinal));
    }

    private Total TotalOf(string model)
    {
        var totals = _totals;
        var name = Behaviours.NameOf(model);
        return totals.TryGetValue(name, out var total) ? total
            : totals.GetOrAdd(totals.Count < ModelsMax ? name : Others, _ => new());
    }
}
