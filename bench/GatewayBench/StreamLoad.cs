using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Wopr.GatewayBench;

/// <summary>
/// So many streams at once, each followed by the next. They begin evenly spread over the length of one, as callers do that
/// know nothing of each other. Every piece is looked at: whether it is the next one, and whether it came in time.
/// </summary>
internal sealed class StreamLoad(Target target)
{
    // Not all streams run yet, and this program is still being compiled.
    private const int RoundsNotCounted = 2;

    private static readonly TimeSpan s_stall = ConstantUpstream.Pace * 10;

    private readonly Lock _lock = new();
    private readonly List<double> _first = [];
    private long _answers, _lost, _stalls;
    private double _longest;
    private string? _error;

    public async Task<int> RunAsync(int streams, int rounds)
    {
        var length = ConstantUpstream.Pace * ConstantUpstream.Deltas;
        await Task.WhenAll(Enumerable.Range(0, streams).Select(number => OneAsync(length * number / streams, rounds)));
        _first.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"answers={_answers} lost={_lost} stalls={_stalls} longest={_longest:0} first50={_first.At(0.5):0.000} first99={_first.At(0.99):0.000}"));
        if (_error is not null) { Console.Error.WriteLine(_error); }
        return 0;
    }

    private async Task OneAsync(TimeSpan delay, int rounds)
    {
        await Task.Delay(delay);
        for (var round = 0; round < rounds; round++)
        {
            try { await FollowAsync(counts: round >= Math.Min(RoundsNotCounted, rounds - 1)); }
            catch (Exception error) when (error is HttpRequestException or IOException)
            {
                Interlocked.Add(ref _lost, ConstantUpstream.Deltas);
                _error = error.Message;
            }
        }
    }

    /// <param name="counts">Its first piece does; that it is whole always does.</param>
    private async Task FollowAsync(bool counts)
    {
        using var request = target.Request(streams: true);
        var last = Stopwatch.GetTimestamp();
        using var answer = await target.Invoker.SendAsync(request, CancellationToken.None);
        answer.EnsureSuccessStatusCode();
        await using var stream = await answer.Content.ReadAsStreamAsync();
        var buffer = new byte[16 * 1024];
        var (held, next, isWhole, longest) = (0, 0, false, 0.0);
        while (await stream.ReadAsync(buffer.AsMemory(held)) is var count and > 0)
        {
            var now = Stopwatch.GetTimestamp();
            held += count;
            var rest = buffer.AsMemory(0, held);
            while (rest.Span.IndexOf("\n\n"u8) is var end and >= 0)
            {
                var frame = Encoding.UTF8.GetString(rest.Span[..end]);
                rest = rest[(end + 2)..];
                isWhole |= frame == "data: [DONE]";
                if (!frame.Contains($"\"word{next} \"", StringComparison.Ordinal)) { continue; }
                var wait = Stopwatch.GetElapsedTime(last, now);
                if (next == 0 && counts) { lock (_lock) { _first.Add(wait.TotalMilliseconds); } }
                if (wait > s_stall) { Interlocked.Increment(ref _stalls); }
                longest = Math.Max(longest, wait.TotalMilliseconds);
                (next, last) = (next + 1, now);
            }
            rest.CopyTo(buffer);
            held = rest.Length;
        }
        if (isWhole && next == ConstantUpstream.Deltas) { Interlocked.Increment(ref _answers); }
        else { Interlocked.Add(ref _lost, Math.Max(1, ConstantUpstream.Deltas - next)); }
        lock (_lock) { _longest = Math.Max(_longest, longest); }
    }
}
