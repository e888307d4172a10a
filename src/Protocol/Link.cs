using System.Runtime.CompilerServices;

namespace Wopr.Protocol;

/// <summary>
/// One end of a connection over which both ends ask and answer. When anything is odd it ends, and what was asked ends
/// with <see cref="LinkLostException"/>: asking again on the next link is always safe.
/// </summary>
public sealed class Link : IAsyncDisposable
{
    /// <summary>The version of what is spoken, as a WebSocket subprotocol.</summary>
    public const string Version = "wopr.link.1";

    /// <summary>Why a link ends whose end stops in order; the other end comes back at once.</summary>
    public const string GoingAway = "going away";

    // More than this at once is not asked but answered with "lost", so that a flood costs a bounded amount of memory.
    private const int AtOnceMax = 512;
    private const int WaitingMax = 4 * AtOnceMax;

    private readonly IFrames _frames;
    private readonly LinkAnswers _answers;
    private readonly TimeProvider _time;
    private readonly LinkPace _pace;

    private readonly Lock _gate = new();
    private readonly Turnstile _sending = new();
    private readonly FrameWriter _writer = new();
    private readonly Dictionary<long, PendingAsk> _asks = [];
    private readonly Dictionary<long, Answering> _answering = [];
    private readonly TaskCompletionSource _deaf = new();
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private long _lastAsk;
    private long _sent;
    private long _heard;
    private long _heardAt;
    private long _sendingSince;
    private string? _why;

    public Link(System.Net.WebSockets.WebSocket socket, LinkAnswers answers, TimeProvider time)
        : this(new SocketFrames(socket), answers, time, LinkPace.Usual)
    {
    }

    internal Link(IFrames frames, LinkAnswers answers, TimeProvider time, LinkPace pace)
    {
        (_frames, _answers, _time, _pace) = (frames, answers, time, pace);
        _heardAt = time.GetTimestamp();
    }

    /// <summary>Why it ended; null while it has not.</summary>
    public string? Why => Volatile.Read(ref _why);

    /// <summary>What it holds for both ends at this moment.</summary>
    internal (int Asks, int Answering, int Waiting) Load
    {
        get { lock (_gate) { return (_asks.Count, _answering.Count, _sending.Waiting); } }
    }

    /// <summary>Until it ends. It never throws for the other end's fault; <see cref="Why"/> tells what it was.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        Volatile.Write(ref _heardAt, _time.GetTimestamp());
        await using var tick = _time.CreateTimer(static link => ((Link)link!).Tick(), this, _pace.Ping, _pace.Ping);
        await using var stop = ct.UnsafeRegister(static link => ((Link)link!).End(GoingAway), this);
        try
        {
            while (await HearAsync()) { }
            End(_frames.Farewell ?? "the other end closed it");
        }
        catch (Exception error)
        {
            End($"the connection broke: {error.Message}");
        }
        _deaf.TrySetResult();
        await _over.Task;
    }

    /// <summary>Ends it, and tells the other end why.</summary>
    public Task CloseAsync(string why)
    {
        End(why);
        return _over.Task;
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync("it is over");
        _frames.Dispose();
    }

    /// <exception cref="LinkLostException">Whether it was done is not known.</exception>
    /// <exception cref="LinkRefusedException">The other end does not do it.</exception>
    public async Task<TAnswer> AskAsync<TAsk, TAnswer>(Verb<TAsk, TAnswer> verb, TAsk ask, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var pending = new PendingVerb<TAnswer>(verb.Answer);
        var id = Begin(pending);
        try
        {
            await SendAsync(FrameKind.Ask, id, verb.Name, ask, verb.Ask).WaitAsync(ct);
            await using var leaving = ct.UnsafeRegister(static (ask, ct) => ((PendingAsk)ask!).Fail(new OperationCanceledException(ct)), pending);
            return await pending.Answered;
        }
        finally
        {
            Leave(id);
        }
    }

    /// <summary>
    /// Items as they come. The other end waits for a reader that is slow, and ends the feed when it is too slow: then,
    /// as when the link ends, this throws after the last item that came, and the reader follows again from there.
    /// </summary>
    public async IAsyncEnumerable<TItem> FollowAsync<TAsk, TItem>(
        Feed<TAsk, TItem> feed, TAsk ask, [EnumeratorCancellation] CancellationToken ct)
    {
        var pending = new PendingFeed<TItem>(feed.Item);
        var id = Begin(pending);
        try
        {
            await SendAsync(FrameKind.Ask, id, feed.Name, ask, feed.Ask).WaitAsync(ct);
            while (await pending.Items.WaitToReadAsync(ct))
            {
                while (pending.Items.TryRead(out var next))
                {
                    yield return next.Item;
                    if (pending.Read(next.Size) is { } bytes) { _ = TrySendAsync(FrameKind.More, id, bytes); }
                }
            }
        }
        finally
        {
            Leave(id);
        }
    }

    /// <summary>The number of bytes the frame took.</summary>
    internal async Task<int> SendAsync<T>(
        FrameKind kind, long id, string? verb, T body, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        await EnterAsync();
        try
        {
            return await WriteAsync(_writer.Write(_sent + 1, kind, id, verb, body, type));
        }
        finally
        {
            _sending.Leave();
        }
    }

    private async Task SendAsync(FrameKind kind, long id, long bytes)
    {
        await EnterAsync();
        try
        {
            await WriteAsync(_writer.Write(_sent + 1, kind, id, bytes));
        }
        finally
        {
            _sending.Leave();
        }
    }

    /// <summary>For what need not arrive: when it cannot, the link is over anyway.</summary>
    internal async Task TrySendAsync(FrameKind kind, long id, long bytes = 0)
    {
        try { await SendAsync(kind, id, bytes); }
        catch (LinkLostException) { }
    }

    private async Task EnterAsync()
    {
        if (_sending.Waiting > WaitingMax) { End("the other end does not take what is sent"); }
        await _sending.EnterAsync();
    }

    internal async Task RefuseAsync(long id, LinkProblem problem)
    {
        try { await SendAsync(FrameKind.Refuse, id, verb: null, problem, WireJson.Default.LinkProblem); }
        catch (LinkLostException) { }
    }

    internal void Answered(long id)
    {
        lock (_gate) { _answering.Remove(id); }
    }

    // Numbers are given here, one at a time, and only to what is sent.
    private async Task<int> WriteAsync(ReadOnlyMemory<byte> frame)
    {
        if (Why is null)
        {
            _sent++;
            await PutAsync(frame);
        }
        return Why is { } why ? throw new LinkLostException($"The link is gone: {why}.") : frame.Length;
    }

    private async Task PutAsync(ReadOnlyMemory<byte> frame)
    {
        Volatile.Write(ref _sendingSince, _time.GetTimestamp());
        try { await _frames.SendAsync(frame); }
        catch (Exception error) { End($"the connection broke: {error.Message}"); }
        finally { Volatile.Write(ref _sendingSince, 0); }
    }

    /// <summary>False when the other end has closed.</summary>
    private async Task<bool> HearAsync()
    {
        try
        {
            if (await _frames.ReceiveAsync() is not { } frame) { return false; }
            // Once it is over, only the other end's farewell is waited for.
            if (Why is null) { Hear(frame.Span); }
        }
        catch (FrameException fault)
        {
            End(fault.Message);
        }
        return true;
    }

    private void Hear(ReadOnlySpan<byte> text)
    {
        Volatile.Write(ref _heardAt, _time.GetTimestamp());
        var frame = Frame.Read(text);
        if (frame.Kind == FrameKind.Ping)
        {
            if (frame.Number > _heard) { End("the last frames were lost"); }
            return;
        }
        if (frame.Number <= _heard) { return; }
        if (frame.Number != _heard + 1)
        {
            End("a frame was lost");
            return;
        }
        _heard = frame.Number;
        if (frame.Kind == FrameKind.Ask) { Answer(frame); }
        else if (frame.Kind is FrameKind.Cancel or FrameKind.More) { Running(frame.Id)?.Hear(frame); }
        else { Pending(frame.Id, ends: frame.Kind != FrameKind.Item)?.Hear(frame, text.Length); }
    }

    private void Answer(Frame frame)
    {
        var id = frame.Id;
        if (_answers.Find(frame.Verb) is not { } answer)
        {
            _ = RefuseAsync(id, LinkProblems.UnknownVerb(frame.Verb));
            return;
        }
        var running = new Answering(this, id, _pace, _time);
        bool takes;
        lock (_gate) { takes = _why is null && _answering.Count < AtOnceMax && _answering.TryAdd(id, running); }
        // The text of the frame is gone when this returns, so it is read here.
        _ = takes ? running.RunAsync(answer, answer.Read(frame.Body), _answers) : TrySendAsync(FrameKind.Lost, id);
    }

    private long Begin(PendingAsk pending)
    {
        lock (_gate)
        {
            if (_why is not null) { throw new LinkLostException($"The link is gone: {_why}."); }
            if (_asks.Count >= AtOnceMax) { throw new LinkLostException("Too much is being asked of the other end at once."); }
            _asks.Add(++_lastAsk, pending);
            return _lastAsk;
        }
    }

    /// <summary>Nobody waits for the answer any more. When it has not come, the other end may stop.</summary>
    private void Leave(long id)
    {
        lock (_gate)
        {
            if (!_asks.Remove(id) || _why is not null) { return; }
        }
        _ = TrySendAsync(FrameKind.Cancel, id);
    }

    private PendingAsk? Pending(long id, bool ends)
    {
        lock (_gate)
        {
            var pending = _asks.GetValueOrDefault(id);
            if (ends) { _asks.Remove(id); }
            return pending;
        }
    }

    private Answering? Running(long id)
    {
        lock (_gate) { return _answering.GetValueOrDefault(id); }
    }

    // Kept cheap: every idle link does this all its life.
    private void Tick()
    {
        var now = _time.GetTimestamp();
        var sending = Volatile.Read(ref _sendingSince);
        if (_time.GetElapsedTime(Volatile.Read(ref _heardAt), now) >= _pace.Silence) { End("the other end fell silent"); }
        else if (sending != 0 && _time.GetElapsedTime(sending, now) >= _pace.Silence) { End("the other end does not take what is sent"); }
        else if (Why is null && _sending.TryEnter()) { _ = PingAsync(); }
    }

    private async Task PingAsync()
    {
        try { await PutAsync(_writer.Write(_sent, FrameKind.Ping, id: 0, bytes: 0)); }
        finally { _sending.Leave(); }
    }

    private void End(string why)
    {
        List<PendingAsk> asks;
        List<Answering> answering;
        lock (_gate)
        {
            if (_why is not null) { return; }
            Volatile.Write(ref _why, why);
            (asks, answering) = ([.. _asks.Values], [.. _answering.Values]);
            _asks.Clear();
        }
        foreach (var ask in asks) { ask.Lose(why); }
        foreach (var one in answering) { one.Cancel(); }
        _ = SayFarewellAsync(why);
    }

    private async Task SayFarewellAsync(string why)
    {
        try
        {
            using var patience = new CancellationTokenSource(_pace.Farewell, _time);
            await _frames.CloseAsync(why, patience.Token);
            // Ending the connection at once could overtake what was just said.
            await _deaf.Task.WaitAsync(patience.Token);
        }
        catch (Exception)
        {
            // It was broken before.
        }
        finally
        {
            _frames.Abort();
            _over.TrySetResult();
        }
    }
}
