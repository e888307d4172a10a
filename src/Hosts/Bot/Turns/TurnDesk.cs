using Wopr.Bot.Sessions;
using Wopr.Protocol;

namespace Wopr.Bot.Turns;

/// <summary>Runs a turn to its outcome; says what it says through the turn. Stops when its token says so.</summary>
internal delegate Task<TurnOutcome> RunTurn(Turn turn, CancellationToken ct);

/// <summary>
/// Takes turns and sees each to its one outcome, whatever happens meanwhile. A turn is taken when its message is on the
/// disk and over when its outcome is; in between it runs, under a lease, as often as it must. Turns of a session run one
/// after another, sessions beside each other.
/// </summary>
internal sealed class TurnDesk : IAsyncDisposable
{
    public const int TextMax = 32_000;
    private const int AtOnceMax = 8;
    private const int WaitingMax = 200;
    private const int LineMax = 20;
    private const int RecentMax = 100;

    public static readonly TimeSpan TurnMax = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_leasePatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_roomAgain = TimeSpan.FromSeconds(2);

    private readonly SessionStore _store;
    private readonly Lease _lease;
    private readonly RunTurn _run;
    private readonly TimeProvider _time;
    private readonly Log _log;
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Turn> _turns = [];
    private readonly Dictionary<string, TurnLine> _lines = new(StringComparer.Ordinal);
    private readonly Queue<Turn> _recent = new();
    private readonly HashSet<Task> _workers = [];
    private readonly SemaphoreSlim _places = new(AtOnceMax);
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _ending = new();
    private int _running;

    public TurnDesk(SessionStore store, Lease lease, RunTurn run, TimeProvider time, Log log) =>
        (_store, _lease, _run, _time, _log) = (store, lease, run, time, log);

    /// <summary>Called with every turn that is over, after its outcome is on the disk.</summary>
    public Action<TurnRecord> Ended { get; set; } = _ => { };

    /// <summary>Fires when a turn is taken or over.</summary>
    public Pulse News { get; } = new();

    public int Running => Volatile.Read(ref _running);

    public int Waiting { get { lock (_gate) { return Math.Max(_lines.Values.Sum(line => line.Waiting.Count) - _running, 0); } } }

    /// <summary>Takes up again what an earlier process took and did not end.</summary>
    public void Resume()
    {
        foreach (var record in _store.NotOver())
        {
            if (record.Log.Find(record.Message) is not { } entry) { continue; }
            TurnAsk ask = new(record.Id, record.Log.Name, entry.Text, entry.Sender, entry.Replaces);
            Turn turn = new(ask, record.Log, entry.At, isResumed: true) { Origin = entry.Origin };
            // The earlier process counted up from 1, slower than a clock that counts millionths of a second does.
            turn.Tape.StartAbove((long)Math.Max((_time.GetUtcNow() - entry.At).TotalMicroseconds, 0));
            turn.Tape.Message(ask.Text);
            turn.Kept.SetResult();
            lock (_gate)
            {
                _turns[turn.Id] = turn;
                LineOf(record.Log.Name).Waiting.AddLast(turn);
            }
        }
        lock (_gate)
        {
            foreach (var line in _lines.Values) { Work(line); }
        }
    }

    /// <summary>Answers when the message is on the disk. The same id again is the same turn.</summary>
    public Task<TurnTaken> TakeAsync(TurnAsk ask, CancellationToken ct) => TakeAsync(ask, null, ct);

    public async Task<TurnTaken> TakeAsync(TurnAsk ask, TurnOrigin? origin, CancellationToken ct)
    {
        if (!SessionName.IsValid(ask.Session)) { throw Refusals.SessionName(); }
        await LeaseAsync(ct);
        Turn turn;
        TurnRecord? known;
        lock (_gate)
        {
            known = _store.FindTurn(ask.TurnId);
            if (known is null && !_turns.TryGetValue(ask.TurnId, out turn!)) { turn = Accept(ask, origin); }
            else { turn = _turns.GetValueOrDefault(ask.TurnId)!; }
        }
        if ((known?.Log.Name ?? turn.Ask.Session) != ask.Session) { throw Refusals.OtherSession(); }
        try
        {
            if (known is null) { await turn.Kept.Task.WaitAsync(ct); }
            return new(ask.TurnId, _store.FindTurn(ask.TurnId) is { IsOver: true } over ? over.ReadOutcome() : null);
        }
        catch (StorageException fault) { throw Refusals.NotKept(fault); }
    }

    /// <summary>Answers when the turn is over.</summary>
    public async Task CancelAsync(Guid id, CancellationToken ct)
    {
        Turn? turn;
        var isMine = false;
        lock (_gate) { turn = _turns.GetValueOrDefault(id); }
        if (turn is null)
        {
            if (_store.FindTurn(id) is null) { throw Refusals.UnknownTurn(); }
            return;
        }
        try { await turn.Kept.Task.WaitAsync(ct); }
        catch (StorageException) { throw Refusals.UnknownTurn(); }
        lock (_gate)
        {
            if (turn.State == TurnState.Over) { return; }
            if (turn.State == TurnState.Waiting) { (isMine, turn.State) = (true, TurnState.Ending); }
        }
        await turn.Cancel.CancelAsync();
        if (isMine) { await EndAsync(turn, Cancelled(turn, 0)); }
        await turn.Over.Task.WaitAsync(ct);
    }

    /// <summary>Ends what runs and waits in a session; nothing of it comes later.</summary>
    public async Task ClearAsync(string session, CancellationToken ct)
    {
        List<Guid> open;
        lock (_gate)
        {
            open = [.. from turn in _turns.Values where turn.Ask.Session == session && turn.State != TurnState.Over select turn.Id];
        }
        foreach (var id in open) { await CancelAsync(id, ct); }
    }

    /// <summary>A session that was deleted: its turns are not known any more.</summary>
    public void Forget(string session)
    {
        lock (_gate)
        {
            foreach (var turn in _turns.Values.Where(turn => turn.Ask.Session == session && turn.State == TurnState.Over).ToList())
            {
                _turns.Remove(turn.Id);
            }
        }
    }

    public TurnTape? TapeOf(Guid id)
    {
        lock (_gate) { return _turns.GetValueOrDefault(id)?.Tape; }
    }

    /// <summary>Takes nothing more; gives what runs some time, then stops it to be run again at the next start.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        await _stopping.CancelAsync();
        Task all;
        lock (_gate) { all = Task.WhenAll(_workers); }
        try { await all.WaitAsync(patience, _time); }
        catch (TimeoutException)
        {
            await _ending.CancelAsync();
            await all;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero);
        _stopping.Dispose();
        _ending.Dispose();
        _places.Dispose();
    }

    // Over a new link the first messages come a moment before the lease.
    private async Task LeaseAsync(CancellationToken ct)
    {
        if (_lease.IsHeld) { return; }
        using CancellationTokenSource patience = new(s_leasePatience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        await _lease.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private Turn Accept(TurnAsk ask, TurnOrigin? origin)
    {
        if (_stopping.IsCancellationRequested) { throw Refusals.Stopping(); }
        if (!_lease.IsHeld) { throw Refusals.NoLease(); }
        if (string.IsNullOrWhiteSpace(ask.Text)) { throw Refusals.NoText(); }
        if (ask.Text.Length > TextMax) { throw Refusals.TooLong(TextMax); }
        if (_lines.Values.Sum(waiting => waiting.Waiting.Count) >= WaitingMax) { throw Refusals.Busy(); }
        if (_lines.TryGetValue(ask.Session, out var full) && full.Waiting.Count >= LineMax) { throw Refusals.Busy(); }
        var session = _store.Get(ask.Session);
        var line = LineOf(ask.Session);
        Turn turn = new(ask, session.Log, _time.GetUtcNow(), isResumed: false) { Origin = origin };
        _turns.Add(ask.TurnId, turn);
        line.Waiting.AddLast(turn);
        // Asked for inside the lock, so that the file has the order of the line.
        var kept = turn.Log.AppendAsync(new()
        {
            At = turn.At,
            Kind = EntryKind.Message,
            Turn = ask.TurnId,
            Text = ask.Text,
            Sender = ask.Sender,
            Replaces = ask.Replaces,
            Origin = origin,
        });
        Start(KeepAsync(turn, line, kept));
        return turn;
    }

    private async Task KeepAsync(Turn turn, TurnLine line, Task kept)
    {
        try
        {
            await kept;
            turn.Tape.Message(turn.Ask.Text);
            _log.TurnTaken(turn.Id, turn.Ask.Session);
            lock (_gate)
            {
                turn.Kept.SetResult();
                Work(line);
            }
            News.Fire();
        }
        catch (Exception fault)
        {
            lock (_gate)
            {
                _turns.Remove(turn.Id);
                line.Waiting.Remove(turn);
                Work(line);
            }
            turn.Kept.SetException(fault);
            // Whoever asked has the refusal; nobody else waits for it.
            _ = turn.Kept.Task.Exception;
            turn.Over.TrySetResult();
        }
    }

    private TurnLine LineOf(string session)
    {
        if (_lines.TryGetValue(session, out var line)) { return line; }
        return _lines[session] = new(session);
    }

    private void Work(TurnLine line)
    {
        if (line.IsWorking) { return; }
        if (line.Waiting.Count == 0) { _lines.Remove(line.Session); }
        else if (line.Waiting.First!.Value.Kept.Task.IsCompletedSuccessfully)
        {
            line.IsWorking = true;
            Start(Task.Run(() => WorkAsync(line), CancellationToken.None));
        }
    }

    private void Start(Task work)
    {
        lock (_gate) { _workers.Add(work); }
        work.ContinueWith(done => { lock (_gate) { _workers.Remove(done); } },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task WorkAsync(TurnLine line)
    {
        while (true)
        {
            Turn turn;
            lock (_gate)
            {
                if (line.Waiting.First is not { } first || !first.Value.Kept.Task.IsCompletedSuccessfully
                    || _stopping.IsCancellationRequested)
                {
                    line.IsWorking = false;
                    if (line.Waiting.Count == 0) { _lines.Remove(line.Session); }
                    return;
                }
                turn = first.Value;
            }
            try
            {
                // A turn that is cancelled while it waits is ended by who cancels.
                if (turn.Cancel.IsCancellationRequested) { await turn.Over.Task.WaitAsync(_stopping.Token); }
                else { await WaitAndRunAsync(turn); }
            }
            catch (OperationCanceledException) { }
            catch (Exception fault) { _log.TurnBroke(turn.Id, fault); }
            lock (_gate)
            {
                if (turn.State == TurnState.Over) { line.Waiting.Remove(turn); }
            }
        }
    }

    private async Task WaitAndRunAsync(Turn turn)
    {
        using var until = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, turn.Cancel.Token);
        await _lease.WaitAsync(until.Token);
        await _places.WaitAsync(until.Token);
        Interlocked.Increment(ref _running);
        try
        {
            lock (_gate)
            {
                if (turn.State != TurnState.Waiting) { return; }
                turn.State = TurnState.Running;
            }
            await RunAsync(turn);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
            _places.Release();
        }
    }

    private async Task RunAsync(Turn turn)
    {
        var began = _time.GetTimestamp();
        using CancellationTokenSource limit = new(TurnMax, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(
            _lease.Held, turn.Cancel.Token, _ending.Token, limit.Token);
        TurnOutcome outcome;
        turn.Begin();
        try
        {
            outcome = await _run(turn, stop.Token);
        }
        catch (OperationCanceledException) when (turn.Cancel.IsCancellationRequested)
        {
            outcome = Cancelled(turn, Elapsed(began));
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            outcome = new(TurnEnd.Failed, turn.Answer, "This took longer than ten minutes and was stopped. Try again.",
                CanRetry: true, null, 0, 0, Elapsed(began));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            _log.TurnPutBack(turn.Id);
            lock (_gate) { turn.State = TurnState.Waiting; }
            return;
        }
        catch (StorageException fault)
        {
            outcome = new(TurnEnd.Failed, turn.Answer, fault.Message, CanRetry: true, null, 0, 0, Elapsed(began));
        }
        catch (Exception fault)
        {
            _log.TurnBroke(turn.Id, fault);
            outcome = new(TurnEnd.Failed, turn.Answer, "Something in the bot broke on this message. Try again.",
                CanRetry: true, null, 0, 0, Elapsed(began));
        }
        lock (_gate) { turn.State = TurnState.Ending; }
        await EndAsync(turn, outcome);
    }

    // Until its outcome is on the disk a turn is not over: without room it waits, and runs again if it must.
    private async Task EndAsync(Turn turn, TurnOutcome outcome)
    {
        while (!turn.Log.IsDeleted)
        {
            try
            {
                await turn.Log.AppendAsync(new()
                {
                    At = _time.GetUtcNow(),
                    Kind = EntryKind.Answer,
                    Turn = turn.Id,
                    Text = outcome.Text,
                    Outcome = TurnOutcomeNote.Of(outcome),
                    LastEvent = turn.Tape.LastOnceEnded(outcome.Problem),
                });
                break;
            }
            catch (StorageException) when (turn.Log.IsDeleted) { break; }
            catch (StorageException fault)
            {
                _log.AnswerNotKept(turn.Id, fault.Message);
                await Task.Delay(s_roomAgain, _time, _stopping.Token);
            }
        }
        turn.Tape.End(outcome.Problem);
        lock (_gate)
        {
            turn.State = TurnState.Over;
            if (_lines.TryGetValue(turn.Ask.Session, out var line) && line.Waiting.Remove(turn)) { Work(line); }
            _recent.Enqueue(turn);
            if (_recent.Count > RecentMax) { _turns.Remove(_recent.Dequeue().Id); }
        }
        _log.TurnOver(turn.Id, outcome.End.ToString(), outcome.Milliseconds);
        turn.Over.TrySetResult();
        News.Fire();
        if (_store.FindTurn(turn.Id) is { } record) { Ended(record); }
    }

    private static TurnOutcome Cancelled(Turn turn, long milliseconds) =>
        new(TurnEnd.Cancelled, turn.Answer, null, CanRetry: true, null, 0, 0, milliseconds);

    private long Elapsed(long began) => (long)_time.GetElapsedTime(began).TotalMilliseconds;
}
