using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Wopr.GatewayBench;

/// <summary>
/// So many streams at once, each followed by the next. They begin evenly spread over the length of one, as callers do that
/// know nothing of each other. Every piece is looked at: whether it is the next one, and whether it came in time.
/// </summary>
internal sealed class StreamLoad(Target target)
{
    // Not all streams run yet, and the programs are still being compiled.
    private const int RoundsNotCounted = 2;

    private static readonly double s_stall = ConstantUpstream.Pace.TotalMilliseconds * 10;

    private readonly byte[] _request = target.Request(streams: true);
    private readonly byte[] _body = new byte[64 * 1024];
    private readonly byte[][] _words = [.. Enumerable.Range(0, ConstantUpstream.Deltas).Select(number => Encoding.ASCII.GetBytes($"\"word{number} \""))];
    private readonly List<double> _first = [];
    private readonly Readiness _readiness = new();
    private int _notCounted;
    private long _answers, _lost, _stalls;
    private double _longest;
    private string? _error;

    public int Run(int streams, int rounds)
    {
        Schedule<Caller> waiting = new();
        var length = ConstantUpstream.Pace * ConstantUpstream.Deltas;
        var began = Stopwatch.GetTimestamp();
        var callers = Enumerable.Range(0, streams).Select(number => new Caller(number, rounds)).ToArray();
        _notCounted = Math.Min(RoundsNotCounted, rounds - 1);
        for (var number = 0; number < streams; number++)
        {
            waiting.Add(callers[number], began + (long)((length * number / streams).TotalSeconds * Stopwatch.Frequency));
        }
        Span<int> ready = stackalloc int[256];
        for (var left = streams; left > 0;)
        {
            while (waiting.TryTake(out var caller)) { Connect(caller); }
            foreach (var number in ready[.._readiness.Wait(waiting.Next, ready)])
            {
                if (!Read(callers[number])) { left--; }
            }
        }
        _first.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"answers={_answers} lost={_lost} stalls={_stalls} longest={_longest:0} first50={_first.At(0.5):0.000} first99={_first.At(0.99):0.000}"));
        if (_error is not null) { Console.Error.WriteLine(_error); }
        return 0;
    }

    private void Connect(Caller caller)
    {
        caller.Socket = target.Connect();
        caller.Socket.Blocking = false;
        _readiness.Watch(caller.Socket, caller.Number);
        Ask(caller);
    }

    private void Ask(Caller caller)
    {
        caller.Answer.Begin();
        (caller.Next, caller.Held, caller.HasEnd, caller.Last) = (0, 0, false, Stopwatch.GetTimestamp());
        caller.Socket!.Send(_request);
    }

    /// <summary>False when it was the caller's last.</summary>
    private bool Read(Caller caller)
    {
        var count = caller.Socket!.Receive(caller.Answer.Free, SocketFlags.None, out var failure);
        if (failure == SocketError.WouldBlock) { return true; }
        if (count > 0)
        {
            var now = Stopwatch.GetTimestamp();
            caller.Text.AsSpan(0, caller.Held).CopyTo(_body);
            var length = caller.Held + caller.Answer.Take(count, _body.AsSpan(caller.Held));
            caller.Held = Look(caller, _body.AsSpan(0, length), now);
            if (!caller.Answer.IsWhole) { return true; }
        }
        var isWhole = caller.Answer is { IsWhole: true, Status: 200 } && caller.Next == ConstantUpstream.Deltas && caller.HasEnd;
        if (isWhole) { _answers++; }
        else
        {
            _lost += Math.Max(1, ConstantUpstream.Deltas - caller.Next);
            _error = count > 0 ? $"Answered {caller.Answer.Status}, with {caller.Next} pieces." : $"The connection was closed after {caller.Next} pieces.";
        }
        if (count == 0 || ++caller.Round == caller.Rounds) { caller.Socket.Dispose(); }
        if (count == 0 && ++caller.Round < caller.Rounds) { Connect(caller); }
        else if (caller.Round < caller.Rounds) { Ask(caller); }
        return caller.Round < caller.Rounds;
    }

    /// <summary>Finds the pieces that are next, and keeps what is not yet a whole event.</summary>
    private int Look(Caller caller, ReadOnlySpan<byte> text, long now)
    {
        while (text.IndexOf("\n\n"u8) is var end and >= 0)
        {
            var piece = text[..end];
            text = text[(end + 2)..];
            caller.HasEnd |= piece.SequenceEqual("data: [DONE]"u8);
            if (caller.Next == _words.Length || piece.IndexOf(_words[caller.Next]) < 0) { continue; }
            var wait = Stopwatch.GetElapsedTime(caller.Last, now).TotalMilliseconds;
            if (caller.Next == 0 && caller.Round >= _notCounted) { _first.Add(wait); }
            if (wait > s_stall) { _stalls++; }
            _longest = Math.Max(_longest, wait);
            (caller.Next, caller.Last) = (caller.Next + 1, now);
        }
        text.CopyTo(caller.Text);
        return text.Length;
    }

    private sealed class Caller(int number, int rounds)
    {
        public int Number => number;
        public int Rounds => rounds;
        public Socket? Socket { get; set; }
        public Answer Answer { get; } = new();
        public byte[] Text { get; } = new byte[16 * 1024];
        public int Held { get; set; }
        public int Next { get; set; }
        public long Last { get; set; }
        public bool HasEnd { get; set; }
        public int Round { get; set; }
    }
}
