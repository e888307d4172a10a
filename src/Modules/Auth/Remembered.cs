using System.Collections.Concurrent;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>
/// Answers about who somebody is, remembered for under a second: a busy dashboard does not ask the database each
/// time, and what was revoked is dead on every replica within that second.
/// </summary>
internal sealed class Remembered<T>(TimeProvider time) where T : class
{
    private static readonly TimeSpan s_span = TimeSpan.FromMilliseconds(800);
    private const int CountMax = 50_000;

    private readonly ConcurrentDictionary<string, (T Answer, DateTimeOffset Until)> _answers = new(StringComparer.Ordinal);

    /// <summary>Only what was found is remembered: a guess costs the guesser a question each time.</summary>
    public async ValueTask<T?> GetAsync(string key, Func<DateTimeOffset, Task<T?>> find)
    {
        var now = time.Now();
        if (_answers.TryGetValue(key, out var known) && known.Until > now) { return known.Answer; }

        var answer = await find(now);
        if (_answers.Count >= CountMax) { _answers.Clear(); }
        if (answer is null) { _answers.TryRemove(key, out _); }
        else { _answers[key] = (answer, now + s_span); }
        return answer;
    }

    /// <summary>This replica forgets at once; the others within the span.</summary>
    public void Clear() => _answers.Clear();
}
