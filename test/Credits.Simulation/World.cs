namespace Wopr.Credits.Simulation;

/// <summary>One seed: a few tenants, two replicas at a time, and what befalls them.</summary>
internal sealed class World
{
    private const int Steps = 220;
    private const int RestStepsMax = 6000;

    /// <summary>For how many steps after a loss what is late is likely to arrive: while its sender finds out.</summary>
    private const int HurryMax = 30;
    private const int LateMax = 4;

    private readonly Lane _lane;
    private readonly Random _dice;
    private readonly Scheduler _scheduler;
    private readonly Model _model;
    private readonly Clients _clients;
    private readonly Laws _laws;
    private readonly Acts _acts;
    private readonly List<Replica> _replicas = [];
    private int _hurry;

    internal List<Replica> Up => [.. _replicas.Where(replica => replica.IsUp)];

    private World(int seed, Lane lane, Trace trace)
    {
        (_lane, _dice) = (lane, new(seed));
        _scheduler = new(_dice, trace);
        _model = new(seed) { Tenants = [.. Enumerable.Range(0, 2 + _dice.Next(2)).Select(number => $"s{seed}t{number}")] };
        _clients = new(_scheduler, _model);
        _laws = new(_model, lane.Admin);
        _acts = new(_scheduler, _model, _clients, new(_scheduler, _model));
        Process.Start(_scheduler, "network");
        _scheduler.Swept = _laws.Swept;
    }

    /// <summary>Null when all laws held.</summary>
    public static string? Run(int seed, Lane lane, Trace trace)
    {
        World world = new(seed, lane, trace);
        try
        {
            world.Live();
            world.End();
            world.Leave();
            return null;
        }
        catch (LawBrokenException broken)
        {
            world.Abandon();
            return broken.Message;
        }
    }

    private void Live()
    {
        var isCalm = _dice.Next(5) == 0;
        for (var count = 0; count < 2; count++) { Boot(); }
        _acts.Open(_replicas[0], _lane.Admin);
        for (var step = 0; step < Steps; step++)
        {
            _scheduler.Settle();
            Step(isCalm);
            Sound();
            if (step % 8 == 0) { _laws.AtAnyTime(); }
        }
    }

    private void Sound() =>
        Laws.Must(_replicas.TrueForAll(replica => replica.Process.IsDead || replica.Writer.IsSound), "a replica promises money that it does not hold");

    private void Step(bool isCalm)
    {
        var up = _replicas.Where(replica => replica.IsUp).ToList();
        var roll = _dice.Next(1000);
        if (!isCalm && roll < 25) { Misfortune(up, roll); }
        else if (roll < 300 && up.Count > 0 && _clients.Waiting < 12) { _acts.Random(up); }
        else if (roll < 340 && _scheduler.News.Count > 0) { Deliver(isLost: !isCalm && roll < 310); }
        else if (roll < (_hurry-- > 0 ? 362 : 347) && _scheduler.Late.Count > 0) { RunLate(); }
        // One that holds locks is soon over.
        else if (roll < 375 && _scheduler.Late.Exists(late => late.Session is not null)) { RunLate(withLocks: true); }
        else if (roll < 420) { _scheduler.Advance(roll < 375 ? TimeSpan.FromMilliseconds(_dice.Next(12_000)) : TimeSpan.Zero); }
        else if (!RunOne(isCalm)) { _scheduler.Advance(TimeSpan.Zero); }
    }

    private bool RunOne(bool isCalm)
    {
        if (_scheduler.Runnable() is not { Count: > 0 } steps) { return false; }
        var step = steps[_dice.Next(steps.Count)];
        var roll = isCalm ? 1000 : _dice.Next(1000);
        var fate = step.Kind switch
        {
            StepKind.Answer => roll < 120 ? Fate.Lost : Fate.Run,
            StepKind.Rollback => Fate.Run,
            _ when roll < 12 => Fate.Cut,
            _ when roll < (step.Label.StartsWith("write batch", StringComparison.Ordinal) ? 220 : step.Label.StartsWith("beat", StringComparison.Ordinal) ? 150 : 40)
                && step.Late is not null && _scheduler.Late.Count < LateMax
                && (step.Session is null || _scheduler.Late.Count(late => late.Session is not null) < 2) => Fate.Late,
            StepKind.Statement or StepKind.Commit when roll < 230 => Fate.Slow,
            _ => Fate.Run,
        };
        if (fate is Fate.Late or Fate.Lost) { _hurry = HurryMax; }
        _scheduler.Run(step, fate);
        return true;
    }

    private bool RunLate(bool withLocks = false)
    {
        var ready = _scheduler.Late.Where(late => late.BlockedAt < _scheduler.Epoch && (late.Session is not null || !withLocks)).ToList();
        if (ready.Count == 0) { return false; }
        _scheduler.Run(ready[_dice.Next(ready.Count)]);
        return true;
    }

    private void Deliver(bool isLost)
    {
        var news = _scheduler.News[_dice.Next(_scheduler.News.Count)];
        if (news.To.IsAsleep) { return; }
        _scheduler.News.Remove(news);
        _scheduler.Trace.Add(_scheduler.Now, news.To.Name, $"recall of {news.Tenant}{(isLost ? " is lost" : "")}");
        if (isLost) { return; }
        var replica = _replicas.Single(replica => replica.Process == news.To);
        news.To.Post(_ => replica.Writer.Recall(news.Tenant), null);
        _scheduler.Settle();
    }

    private void Misfortune(List<Replica> up, int roll)
    {
        var asleep = _replicas.Where(replica => replica.Process is { IsAsleep: true, IsDead: false }).ToList();
        if (roll < 4 && up.Count > 0) { Kill(up[_dice.Next(up.Count)]); }
        else if (roll < 9 && up.Count > 1)
        {
            var sleeper = up[_dice.Next(up.Count)];
            sleeper.Process.IsAsleep = true;
            _scheduler.Trace.Add(_scheduler.Now, sleeper.Process.Name, "falls asleep");
        }
        else if (roll < 14 && asleep.Count > 0) { Wake(asleep[_dice.Next(asleep.Count)]); }
        else if (roll < 19 && up.Count > 0)
        {
            var gone = _replicas.Where(replica => !replica.HasStopped).ToList();
            _clients.Sweep(up[_dice.Next(up.Count)], gone[_dice.Next(gone.Count)]);
        }
        else if (roll < 21 && up.Count > 1) { Stop(up[_dice.Next(up.Count)]); }
        if (_replicas.Count(replica => replica.IsUp) < 2 && _replicas.Count < 7 && _dice.Next(2) == 0) { Boot(); }
    }

    private Replica Boot()
    {
        Replica replica = new(_scheduler, _lane, $"p{_replicas.Count + 1}");
        _replicas.Add(replica);
        _scheduler.Trace.Add(_scheduler.Now, replica.Process.Name, "starts");
        return replica;
    }

    private void Kill(Replica replica)
    {
        _scheduler.Trace.Add(_scheduler.Now, replica.Process.Name, "is killed");
        _scheduler.Kill(replica.Process);
    }

    private void Wake(Replica replica)
    {
        replica.Process.IsAsleep = false;
        _scheduler.Trace.Add(_scheduler.Now, replica.Process.Name, "wakes up");
    }

    private void Stop(Replica replica)
    {
        _scheduler.Trace.Add(_scheduler.Now, replica.Process.Name, "is told to stop");
        replica.Stop();
    }

    /// <summary>Nothing breaks any more: what is open is ended, the dead are swept, and the living stop in order.</summary>
    private void End()
    {
        foreach (var replica in _replicas.Where(replica => replica.Process is { IsAsleep: true, IsDead: false })) { Wake(replica); }
        Rest(keepLate: true);
        if (!_replicas.Any(replica => replica.IsUp)) { Boot(); }
        foreach (var metered in _model.Requests)
        {
            foreach (var replica in metered.RunsAt.Where(replica => replica.IsUp).ToList()) { _clients.Settle(replica, metered, metered.Request.Hold); }
        }
        // What began the requests may arrive once more when they have ended.
        Rest(keepLate: true);
        Rest();
        _acts.DeliverTheRest(_replicas.Where(replica => replica.IsUp).ToList(), () => Rest());
        _clients.Expire(_replicas.First(replica => replica.IsUp));
        Rest();
        var by = _replicas.First(replica => replica.IsUp);
        foreach (var replica in _replicas.Where(replica => !replica.IsUp))
        {
            _clients.Sweep(by, replica);
            Rest();
        }
        // Those that were taken for dead while they lived have new names; what they lost is settled, what they have now is theirs.
        new Probes(this, _scheduler, _model, _clients, _lane.Admin).Run();
        foreach (var replica in _replicas.Where(replica => replica.IsUp)) { Stop(replica); }
        Rest();
        foreach (var replica in _replicas.Where(replica => !replica.Process.IsDead && !replica.HasStopped))
        {
            throw new LawBrokenException($"{replica.Process.Name} does not stop");
        }
        _laws.AtAnyTime();
        _laws.AtTheEnd();
    }

    /// <summary>Until nothing is left that could happen but the passing of time.</summary>
    internal void Rest(bool keepLate = false)
    {
        var until = _scheduler.Now + TimeSpan.FromSeconds(2);
        for (var steps = 0; ; steps++)
        {
            if (steps > RestStepsMax) { throw new LawBrokenException("it does not come to rest"); }
            _scheduler.Settle();
            Sound();
            if (RunOne(isCalm: true) || RunLate(withLocks: keepLate)) { continue; }
            if (_scheduler.Pending.Count > 0) { throw new LawBrokenException($"a circle of locks: {_scheduler.Pending[0].Label}"); }
            if (_scheduler.News.Count > 0) { Deliver(isLost: false); continue; }
            if (_clients.Waiting == 0 && _scheduler.Now >= until) { return; }
            if (_clients.Waiting == 0 && _replicas.All(replica => replica.Process.IsDead || replica.HasStopped)) { return; }
            if (!_scheduler.Advance(TimeSpan.Zero))
            {
                if (_clients.Waiting > 0) { throw new LawBrokenException("a caller waits for ever"); }
                return;
            }
        }
    }

    /// <summary>Does the next thing, as if nothing ever broke.</summary>
    internal void GoOn()
    {
        if (!RunOne(isCalm: true) && !_scheduler.Advance(TimeSpan.Zero)) { throw new LawBrokenException("a caller waits for ever"); }
    }

    private void Leave()
    {
        // The next world's clock begins anew, and the job asks for the gifts of all.
        _lane.Admin.Execute("update credits.expiring_grant set expired_at = now() where tenant_id = any($1) and expired_at is null", [_model.Tenants]);
        foreach (var replica in _replicas)
        {
            _scheduler.Kill(replica.Process);
            _lane.Return(replica.Line);
        }
    }

    /// <summary>Of a world that failed, the connections are not used again.</summary>
    private void Abandon()
    {
        foreach (var replica in _replicas)
        {
            try { _scheduler.Kill(replica.Process); }
            catch (Npgsql.NpgsqlException) { }
        }
        _lane.Admin.Execute("delete from credits.expiring_grant where tenant_id = any($1)", [_model.Tenants]);
    }
}
