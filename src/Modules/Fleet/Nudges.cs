using System.Threading.Channels;

namespace Wopr.Fleet;

/// <summary>
/// What is to be looked at soon, each once, by a few workers. Nobody looks at one while another does; whoever is nudged
/// meanwhile is looked at again. A nudge may be lost when too many wait, so something else must find what it was about.
/// </summary>
/// <param name="look">Gets whether any of the nudges wanted all of it.</param>
/// <param name="failed">Hears of looks that failed; the others go on.</param>
internal sealed class Nudges<TKey>(
    int workers, int waitingMax, Func<TKey, bool, CancellationToken, Task> look, Action<TKey, Exception> failed)
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Nudge> _nudges = [];
    private readonly Channel<TKey> _queue = Channel.CreateBounded<TKey>(waitingMax);

    public void Add(TKey key, bool whole = false)
    {
        lock (_gate)
        {
            if (_nudges.TryGetValue(key, out var known))
            {
                (known.IsWanted, known.IsWhole) = (true, known.IsWhole || whole);
                return;
            }
            if (_queue.Writer.TryWrite(key)) { _nudges.Add(key, new() { IsWanted = true, IsWhole = whole }); }
        }
    }

    /// <summary>Until it is cancelled.</summary>
    public Task RunAsync(CancellationToken stopping) => Task.WhenAll(Enumerable.Range(0, workers).Select(_ => WorkAsync(stopping)));

    private async Task WorkAsync(CancellationToken stopping)
    {
        try
        {
            await foreach (var key in _queue.Reader.ReadAllAsync(stopping))
            {
                try
                {
                    await look(key, Begin(key), stopping);
                }
                catch (Exception error) when (!stopping.IsCancellationRequested)
                {
                    failed(key, error);
                }
                End(key);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
    }

    // Before the look, so that what happens during it has it looked at again.
    private bool Begin(TKey key)
    {
        lock (_gate)
        {
            var nudge = _nudges[key];
            var isWhole = nudge.IsWhole;
            (nudge.IsWanted, nudge.IsWhole) = (false, false);
            return isWhole;
        }
    }

    private void End(TKey key)
    {
        lock (_gate)
        {
            if (!_nudges[key].IsWanted || !_queue.Writer.TryWrite(key)) { _nudges.Remove(key); }
        }
    }

    private sealed class Nudge
    {
        public bool IsWanted { get; set; }
        public bool IsWhole { get; set; }
    }
}
