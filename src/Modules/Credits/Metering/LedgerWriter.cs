using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Wopr.Kernel;

namespace Wopr.Credits.Metering;

/// <summary>
/// Writes the metered requests of all tenants, a batch at a time: whatever arrived while one batch was committed is the
/// next one, so that under load many share a commit and alone one does not wait. Everything is decided in memory by
/// <see cref="Desk"/> and made durable by one statement. A batch has a number in the writer's own row, so that a commit
/// whose answer was lost is known to have happened or not.
/// </summary>
internal sealed class LedgerWriter : BackgroundService
{
    private readonly Db _db;
    private readonly WriterCommits _commits;
    private readonly AllowanceMoves _moves;
    private readonly Listener _listener;
    private readonly WriterPace _pace;
    private readonly TimeProvider _time;
    private readonly ILogger<LedgerWriter> _logger;
    private readonly Channel<Op> _queue = Channel.CreateUnbounded<Op>(new() { SingleReader = true });
    private readonly ConcurrentDictionary<string, bool> _recalled = new();
    private readonly ConcurrentQueue<Flight> _noted = new();

    // What is on the desk changes under it: callers take promises from there themselves.
    private readonly Lock _gate = new();
    private Desk _desk = new();
    private long _tickedAt;
    private int _running;
    private volatile bool _closed;

    public LedgerWriter(
        LedgerDb ledger, Listener listener, WriterPace pace, TimeProvider time, ILogger<LedgerWriter> logger)
    {
        (_db, _moves, _listener, _pace, _time, _logger) = (ledger.Db, new(ledger.Db), listener, pace, time, logger);
        _commits = new(ledger.Db, pace, time, logger);
    }

    public Guid Id => _commits.Writer;

    public int Running => _running;

    public bool IsSound => _desk.IsSound;

    /// <summary>False when there are too many already. Where money is at hand it is promised at once.</summary>
    public bool TryEnqueue(StartOp op)
    {
        if (_closed) { return false; }
        if (Interlocked.Increment(ref _running) <= _pace.RunningMax)
        {
            lock (_gate)
            {
                if (_commits.ArePrompt && _desk.Begin(op, Today, _time.GetTimestamp())) { op.Pledge(); }
                if (_queue.Writer.TryWrite(op)) { return true; }
                _desk.Forget(op);
            }
        }
        Interlocked.Decrement(ref _running);
        return false;
    }

    private DateOnly Today => DateOnly.FromDateTime(_time.GetUtcNow().UtcDateTime);

    public void Enqueue(EndOp op)
    {
        if (!_queue.Writer.TryWrite(op)) { op.Tell(null); }
    }

    public void Note(Guid requestId, MeteredUse soFar)
    {
        if (_desk.Flights.TryGetValue(requestId, out var flight) && flight.IsWritten && flight.Note(soFar)) { _noted.Enqueue(flight); }
    }

    public void Recall(string? tenantId)
    {
        if (tenantId is null) { return; }
        _recalled[tenantId] = true;
        _queue.Writer.TryWrite(WakeOp.Instance);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var recalls = _listener.On(Ledger.RecallChannel, Recall);
        using var limit = new CancellationTokenSource();
        using var stop = stoppingToken.Register(() => limit.CancelAfter(_pace.LeaveMax));
        await using var tick = _time.CreateTimer(_ => _queue.Writer.TryWrite(WakeOp.Instance), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        List<Op> ops = new(_pace.BatchMax);
        while (!stoppingToken.IsCancellationRequested)
        {
            await WaitAsync(tick, stoppingToken);
            Drain(ops);
            await TurnAsync(ops, limit.Token);
        }
        // Nothing new starts. What runs may end, and what is set aside goes back.
        _closed = true;
        while (!limit.IsCancellationRequested && (!_desk.Flights.IsEmpty || _queue.Reader.TryPeek(out _)))
        {
            await WaitAsync(tick, limit.Token);
            Drain(ops);
            await TurnAsync(ops, limit.Token);
        }
        _queue.Writer.TryComplete();
        while (Drain(ops) > 0) { BeginAnew([.. ops.OfType<EndOp>()], [.. ops.OfType<StartOp>()]); }
        using var last = new CancellationTokenSource(_pace.LeaveMax);
        await LeaveAsync(last.Token);
    }

    private async Task WaitAsync(ITimer tick, CancellationToken stopping)
    {
        if (_queue.Reader.TryPeek(out _)) { return; }
        tick.Change(_pace.Tick, Timeout.InfiniteTimeSpan);
        try { await _queue.Reader.WaitToReadAsync(stopping); }
        catch (OperationCanceledException) { }
    }

    private int Drain(List<Op> ops)
    {
        ops.Clear();
        while (ops.Count < _pace.BatchMax && _queue.Reader.TryRead(out var op)) { ops.Add(op); }
        return ops.Count;
    }

    private async Task TurnAsync(List<Op> ops, CancellationToken ct)
    {
        var starts = ops.OfType<StartOp>().Where(IsNew).ToList();
        var ends = ops.OfType<EndOp>().Where(IsRunning).ToList();
        try
        {
            await _commits.RegisterAsync(ct);
            if (!await WriteAsync(ends, starts, ct))
            {
                Log.WriterEnded(_logger, Id);
                BeginAnew(ends, starts);
            }
        }
        catch (Exception) when (ct.IsCancellationRequested)
        {
            BeginAnew(ends, starts);
        }
        catch (PostgresException error) when (ends.Count + starts.Count == 1)
        {
            Alone(ends, starts, error);
        }
        catch (PostgresException)
        {
            // One of them cannot be written. Each by itself, so that the others can; none ends before it began.
            foreach (var start in starts) { await TurnAsync([start], ct); }
            foreach (var end in ends) { await TurnAsync([end], ct); }
        }
    }

    private bool IsNew(StartOp op)
    {
        if (op.Flight is null && !_desk.Flights.ContainsKey(op.Request.RequestId)) { return true; }
        if (_desk.Knows(op)) { return true; }
        // What the writer before this one promised is void.
        Refuse(op, op.Flight is null ? CreditProblems.Known : CreditProblems.TryAgain);
        return false;
    }

    private bool IsRunning(EndOp op)
    {
        if (!_desk.Flights.TryGetValue(op.RequestId, out var flight))
        {
            op.Tell(null);
            return false;
        }
        if (flight.Ending is { } first && first != op)
        {
            _ = FollowAsync(first, op);
            return false;
        }
        flight.Ending = op;
        return true;
    }

    private static async Task FollowAsync(EndOp first, EndOp op)
    {
        var outcome = await first.Answer;
        // Of a request that was voided there is nothing to tell.
        op.Tell(first.Use is null ? null : outcome is null ? null : outcome with { IsReplay = true });
    }

    /// <summary>False when this writer was ended by another.</summary>
    private async Task<bool> WriteAsync(List<EndOp> ends, List<StartOp> starts, CancellationToken ct)
    {
        var today = Today;
        var isTick = _time.GetElapsedTime(_tickedAt) >= _pace.Tick;
        if (isTick) { _tickedAt = _time.GetTimestamp(); }

        List<GiveBack> backs;
        List<Ask> asks;
        List<Grant> grants = [];
        lock (_gate)
        {
            _desk.Close(Recalled(), today);
            backs = _desk.Idle(isTick ? _time.GetTimestamp() - (long)(_pace.IdleMax.TotalSeconds * _time.TimestampFrequency) : long.MinValue);
            asks = _desk.Shortages(ends, starts);
        }
        var moves = asks.Count + backs.Count > 0;
        if (moves && !await _commits.RunAsync(number => _moves.RunAsync(Id, number, today, asks, backs, grants, ct), ct)) { return false; }

        Batch batch;
        lock (_gate)
        {
            _desk.GaveBack(backs);
            _desk.Receive(grants, _time.GetTimestamp());
            batch = Decide(ends, starts, grants, today);
        }
        if (batch.IsEmpty) { return !isTick || await _commits.RunAsync(number => MeteringSql.BeatAsync(_db, Id, number, ct), ct); }
        try
        {
            if (!await _commits.RunAsync(number => BatchSql.WriteAsync(_db, Id, number, batch, ct), ct)) { return false; }
        }
        catch
        {
            lock (_gate) { Desk.TakeBack(batch); }
            throw;
        }
        Answer(batch);
        return true;
    }

    private HashSet<string> Recalled()
    {
        if (_recalled.IsEmpty) { return []; }
        HashSet<string> tenants = [.. _recalled.Keys];
        foreach (var tenant in tenants) { _recalled.TryRemove(tenant, out _); }
        return tenants;
    }

    private Batch Decide(List<EndOp> ends, List<StartOp> starts, List<Grant> grants, DateOnly today)
    {
        List<Ended> ended = [.. ends.Select(_desk.End)];
        // What stays in the list is what this batch carries: only that may be told anything more when it fails.
        starts.RemoveAll(start =>
        {
            if (_desk.Knows(start)) { return false; }
            if (_desk.Begin(start, today, _time.GetTimestamp()))
            {
                start.Pledge();
                return false;
            }
            var grant = grants.FirstOrDefault(grant => grant.Ask.TenantId == start.Request.TenantId && grant.Ask.Capability == start.Request.Capability);
            // There was enough, and somebody was quicker; or there may be.
            if (grant is null or { MayComeBack: true } or { Refusal: null } && start.Recalls++ < _pace.RecallsMax) { _ = AgainAsync(start); }
            else if (grant is { IsJustShort: true } && _desk.BeginWithLess(start, _time.GetTimestamp()))
            {
                start.Pledge();
                return false;
            }
            else { Refuse(start, grant?.Refusal ?? CreditProblems.TryAgain); }
            return true;
        });
        return new(ended, [.. starts], Notes());
    }

    /// <summary>A few at a time: the notes of hundreds would keep waiting whoever begins or ends meanwhile.</summary>
    private List<Flight> Notes()
    {
        List<Flight> notes = [];
        while (notes.Count < _pace.NotesMax && _noted.TryDequeue(out var flight))
        {
            if (flight.TakeNote() is not { } noted || flight.Ending is not null) { continue; }
            flight.Written = noted;
            notes.Add(flight);
        }
        if (!_noted.IsEmpty) { _queue.Writer.TryWrite(WakeOp.Instance); }
        return notes;
    }

    private void Answer(Batch batch)
    {
        lock (_gate) { _desk.Keep(batch); }
        foreach (var start in batch.Starts) { start.Accept(); }
        foreach (var ended in batch.Ends)
        {
            Interlocked.Decrement(ref _running);
            var use = ended.Op.Use;
            var price = use?.Price ?? Money.Zero;
            if (ended.Charged < price) { TellLoss(ended.Flight.Request.TenantId, ended.Op.RequestId, price - ended.Charged); }
            ended.Op.Tell(new(price, ended.Charged, use?.IsEstimated ?? false, IsReplay: false));
        }
    }

    /// <summary>An answer was served and is not paid in full.</summary>
    public void TellLoss(string tenantId, Guid requestId, Money missing)
    {
        CreditsMeter.Short(missing);
        Log.DebitFailed(_logger, requestId, tenantId, missing.Nanos);
    }

    private async Task AgainAsync(StartOp op)
    {
        await Task.Delay(_pace.RecallWait * Math.Pow(2, op.Recalls - 1), _time, CancellationToken.None);
        if (!_queue.Writer.TryWrite(op)) { Refuse(op, CreditProblems.TryAgain); }
    }

    private void Refuse(StartOp op, Problem why)
    {
        lock (_gate) { _desk.Forget(op); }
        Interlocked.Decrement(ref _running);
        op.Refuse(why);
    }

    /// <summary>One that cannot be written even alone: its id was used before, or the database refuses its values.</summary>
    private void Alone(List<EndOp> ends, List<StartOp> starts, PostgresException error)
    {
        foreach (var start in starts)
        {
            Refuse(start, error.SqlState == PostgresErrorCodes.UniqueViolation ? CreditProblems.Known : CreditProblems.TryAgain);
        }
        foreach (var end in ends)
        {
            if (end.Use is null || !_desk.Flights.TryGetValue(end.RequestId, out var flight))
            {
                Log.WriterFailed(_logger, error);
                end.Tell(null);
                continue;
            }
            // Its start goes without a charge; the caller looks up what became of the id before.
            var discard = new EndOp(end.RequestId, use: null);
            flight.Ending = discard;
            _queue.Writer.TryWrite(discard);
            _ = TellNothingAsync(discard, end);
        }
    }

    private static async Task TellNothingAsync(EndOp discard, EndOp end)
    {
        await discard.Answer;
        end.Tell(null);
    }

    /// <summary>
    /// With nothing in hand. When another replica took this one for dead, it settled all that ran at its last notes.
    /// </summary>
    private void BeginAnew(List<EndOp> ends, List<StartOp> starts)
    {
        foreach (var start in starts) { Refuse(start, CreditProblems.TryAgain); }
        foreach (var end in ends) { end.Tell(null); }
        lock (_gate)
        {
            // Those that are not written are still in the queue.
            Interlocked.Add(ref _running, -_desk.Flights.Values.Count(flight => flight.IsWritten));
            _desk = new();
        }
        _noted.Clear();
        _commits.BeginAnew();
    }

    private async Task LeaveAsync(CancellationToken ct)
    {
        if (!_commits.IsRegistered) { return; }
        try
        {
            _desk.CloseAll();
            var backs = _desk.Idle(long.MinValue);
            await _commits.RunAsync(number => _moves.RunAsync(Id, number, default, [], backs, [], ct), ct);
        }
        catch (Exception error)
        {
            // Then another replica brings it back when this one is silent.
            Log.WriterWaits(_logger, error.Message.Split('\n')[0]);
        }
    }
}
