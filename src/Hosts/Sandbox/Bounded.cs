using System.Diagnostics.CodeAnalysis;

namespace Wopr.Sandbox;

/// <summary>The last thousand things by key (or as many as asked for), oldest first; older ones are forgotten.</summary>
internal sealed class Bounded<T>(int max = 1000) where T : class
{
    private readonly Lock _lock = new();
    private readonly OrderedDictionary<string, T> _things = new(StringComparer.Ordinal);

    /// <summary>The thing under the key: the one that is there, or else the new one.</summary>
    public T GetOrAdd(string key, Func<T> make)
    {
        lock (_lock)
        {
            if (_things.TryGetValue(key, out var known)) { return known; }
            if (_things.Count == max) { _things.RemoveAt(0); }
            var made = make();
            _things.Add(key, made);
            return made;
        }
    }

    public bool TryGet(string key, [NotNullWhen(true)] out T? thing)
    {
        lock (_lock) { return _things.TryGetValue(key, out thing); }
    }

    public bool TryTake(string key, [NotNullWhen(true)] out T? thing)
    {
        lock (_lock) { return _things.Remove(key, out thing); }
    }

    public List<T> List()
    {
        lock (_lock) { return [.. _things.Values]; }
    }

    public void RemoveWhere(Func<T, bool> match)
    {
        lock (_lock)
        {
            foreach (var (key, thing) in _things.ToList())
            {
                if (match(thing)) { _things.Remove(key); }
            }
        }
    }
}
