using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Wopr.GatewayBench;

/// <summary>What is to happen when, in timestamps of <see cref="Stopwatch"/>.</summary>
internal sealed class Schedule<T> where T : class
{
    private readonly PriorityQueue<T, long> _waiting = new();

    public long Next => _waiting.TryPeek(out _, out var due) ? due : long.MaxValue;

    public void Add(T what, long due) => _waiting.Enqueue(what, due);

    public bool TryTake([NotNullWhen(true)] out T? what)
    {
        what = null;
        return Next <= Stopwatch.GetTimestamp() && _waiting.TryDequeue(out what, out _);
    }
}
