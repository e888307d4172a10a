using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Wopr.Protocol;

namespace Wopr.Agent.Running;

/// <summary>Keeps one bot as it should be, one thing after the other.</summary>
#pragma warning disable CA1001 // The semaphore's wait handle is never asked for, so nothing is held.
internal sealed class BotKeeper(
#pragma warning restore CA1001
    string name, BotFolder folder, ProcessNote note, Spawner spawner, TimeProvider time, ILogger logger, Action changed)
{
    private const int FailuresUntilFailed = 5;
    private const int ExitOfBadSetup = 78;

    private static readonly TimeSpan s_stopPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_up = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_recovered = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_pauseMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_afterFault = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Channel<bool> _wakes =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Vitals _vitals = new(folder, time);

    // Whoever uses the data has it: the keeper itself, or somebody who asks what lies there while nothing runs.
    private readonly SemaphoreSlim _turn = new(1, 1);
    private CancellationTokenSource? _yielding;

    private BotSpec? _wanted;
    private Process? _child;
    private int _failures;
    private DateTimeOffset _retryAt;
    private int? _exit;
    private string? _fault;
    private long _logFrom;
    private volatile bool _left;

    public BotFolder Folder => folder;
    public string Name => name;
    public Guid BotId => note.BotId;

    /// <summary>Of the data that count.</summary>
    public int Generation => note.Generation;

    /// <summary>Nothing is left of it, and nobody wants it.</summary>
    public bool IsGone => note.Process is null && !Directory.Exists(folder.Path) && _wanted is null or { Wish: BotWish.Erase };

    /// <summary>An older wish never takes the place of a newer.</summary>
    public void Take(BotSpec spec)
    {
        lock (_gate)
        {
            if (spec.Version < Math.Max(note.Version, _wanted?.Version ?? 0)) { return; }
            _wanted = spec;
            if (spec.Wish != BotWish.Stop) { _yielding?.Cancel(); }
        }
        Wake();
    }

    /// <summary>Until it is disposed nothing of the bot runs, and nobody else uses its data.</summary>
    /// <param name="yields">It ends as soon as the bot is to run.</param>
    /// <exception cref="LinkRefusedException">The bot runs, or its data are of another generation.</exception>
    public async Task<BotRest> RestAsync(int generation, bool yields, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        var ends = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var rest = new BotRest(ends, () =>
        {
            lock (_gate) { _yielding = null; }
            _turn.Release();
        });
        try
        {
            lock (_gate)
            {
                if (_wanted is { Wish: BotWish.Erase }) { throw new LinkRefusedException(new("node.erased", "That bot is erased.")); }
                if (note.Generation != generation)
                {
                    throw new LinkRefusedException(new("node.other_generation", "The bot's data are of another generation.", IsPassing: true));
                }
                if (note.Process is { IsAlive: true } || (yields && _wanted is { Wish: BotWish.Run })) { throw OneShot.Runs(); }
                if (yields) { _yielding = ends; }
            }
            folder.Create();
            return rest with { Uid = spawner.UidOf(name) };
        }
        catch
        {
            rest.Dispose();
            throw;
        }
    }

    public BotSeen Seen()
    {
        lock (_gate)
        {
            var (cpu, memory, data) = _vitals.Look(note.Process, note.Generation);
            return new(note.BotId, note.Generation, note.Version, Stage(), note.StartedAt, note.Restarts, _exit, _fault,
                cpu, memory, data, folder.HasData);
        }
    }

    public async Task RunAsync(CancellationToken ct)
    {
        await Task.Yield();
        while (!ct.IsCancellationRequested && !_left)
        {
            TimeSpan pause;
            try
            {
                await _turn.WaitAsync(CancellationToken.None);
                try { pause = await StepAsync(); }
                finally { _turn.Release(); }
            }
            catch (Exception error)
            {
                Log.BotFailed(logger, name, error);
                Set(() => _fault = error.Message);
                pause = s_afterFault;
            }
            await WakeAsync(pause, ct);
        }
    }

    /// <summary>Ends <see cref="RunAsync"/>, because nothing is left to keep.</summary>
    public void Leave()
    {
        _left = true;
        Wake();
    }

    /// <summary>After <see cref="RunAsync"/>.</summary>
    public Task StopAsync() => StopProcessAsync();

    private async Task<TimeSpan> StepAsync()
    {
        BotSpec? spec;
        lock (_gate) { spec = _wanted; }
        await NoticeEndAsync(spec);
        if (spec is null) { return s_look; }
        switch (spec.Wish)
        {
            case BotWish.Erase:
                await StopProcessAsync();
                Erase(spec);
                break;
            case BotWish.Stop:
                await StopProcessAsync();
                Know(spec);
                break;
            case BotWish.Run:
                return await RunProcessAsync(spec);
        }
        return s_look;
    }

    private async Task<TimeSpan> RunProcessAsync(BotSpec spec)
    {
        var launch = spawner.LaunchOf(spec);
        if (note.Process is not null && note.Launch != launch) { await StopProcessAsync(); }
        if (note.Process is not null)
        {
            Know(spec);
            return s_look;
        }
        var isAgain = note.Launch == launch;
        if (!isAgain) { Set(() => (_failures, _retryAt, _exit, _fault) = (0, default, null, null)); }
        Know(spec);
        if (isAgain && !RestartsAfter(spec.RestartPolicy, _exit)) { return s_look; }
        var pause = _retryAt - time.GetUtcNow();
        if (pause > TimeSpan.Zero) { return pause < s_look ? pause : s_look; }
        await StartAsync(spec, launch, isAgain ? note.Restarts + 1 : 0);
        return s_look;
    }

    private async Task StartAsync(BotSpec spec, string launch, int restarts)
    {
        folder.Create();
        folder.DropUntaken(spec.Generation);
        var uid = spawner.UidOf(name);
        if (folder.EnsureData(spec.BotId, spec.Generation, uid) is { } fault)
        {
            Fail(fault);
            return;
        }
        _logFrom = File.Exists(folder.Log) ? new FileInfo(folder.Log).Length : 0;
        // Written before and after: an agent that dies between finds the process by its folder.
        Note(note with { Version = spec.Version, Generation = spec.Generation, Launch = launch, Restarts = restarts, Process = null });
        _child = await spawner.StartAsync(folder, spec, uid);
        var key = ProcessKey.Of(_child.Id);
        Note(note with { Process = key ?? new(_child.Id, 0, Posix.Boot), StartedAt = time.GetUtcNow() });
        _ = WakeAtEndAsync(_child);
        Log.BotStarted(logger, name, spec.Generation, _child.Id);
    }

    private async Task NoticeEndAsync(BotSpec? spec)
    {
        if (note.Process is not { } process || process.IsAlive) { return; }
        var exit = await ExitCodeAsync();
        var lasted = time.GetUtcNow() - (note.StartedAt ?? default);
        var fault = exit == 0 ? null
            : LogTail.Complaint(folder.Log, _logFrom) ?? $"It ended with exit code {exit?.ToString(null, null) ?? "unknown"}.";
        Set(() =>
        {
            (_exit, _fault) = (exit, fault);
            _failures = exit == ExitOfBadSetup ? FailuresUntilFailed : lasted >= s_recovered ? 1 : _failures + 1;
            _retryAt = time.GetUtcNow() + Pause();
        });
        Note(note with { Process = null });
        if (spec is { Wish: BotWish.Run }) { Log.BotEnded(logger, name, exit, fault ?? ""); }
        if (exit == Spawner.StillRuns && Strays.Of(folder) is [var stray, ..]) { Note(note with { Process = stray, Launch = "" }); }
    }

    private async Task StopProcessAsync()
    {
        if (note.Process is { } process)
        {
            if (await process.EndAsync(s_stopPatience, time)) { Log.BotKilled(logger, name); }
            else { Log.BotStopped(logger, name); }
            var exit = await ExitCodeAsync();
            Set(() => (_exit, _fault, _failures) = (exit, null, 0));
        }
        // What starts next starts fresh.
        if (note.Process is not null || note.Launch.Length > 0) { Note(note with { Process = null, Launch = "" }); }
    }

    private void Erase(BotSpec spec)
    {
        if (Directory.Exists(folder.Path))
        {
            folder.Erase();
            Log.BotErased(logger, name);
        }
        var nothing = note with { Version = spec.Version, Generation = spec.Generation, StartedAt = null, Restarts = 0 };
        Set(() => (note, _exit, _fault, _failures) = (nothing, null, null, 0));
    }

    private void Know(BotSpec spec)
    {
        if ((note.Version, note.Generation) == (spec.Version, spec.Generation)) { return; }
        Note(note with { Version = spec.Version, Generation = spec.Generation });
    }

    private void Fail(string fault) => Set(() =>
    {
        _fault = fault;
        _failures = FailuresUntilFailed;
        _retryAt = time.GetUtcNow() + s_afterFault;
    });

    private void Note(ProcessNote next)
    {
        if (Directory.Exists(folder.Path)) { folder.WriteNote(next); }
        Set(() => note = next);
    }

    private void Set(Action change)
    {
        var before = (Stage(), note, _fault);
        lock (_gate) { change(); }
        if (before != (Stage(), note, _fault)) { changed(); }
    }

    private BotProcess Stage() =>
        note.Process is not null ? time.GetUtcNow() - note.StartedAt < s_up ? BotProcess.Starting : BotProcess.Up
        : _failures >= FailuresUntilFailed ? BotProcess.Failed
        : note.StartedAt is null ? BotProcess.Absent
        : BotProcess.Exited;

    private static bool RestartsAfter(string policy, int? exit) => policy switch
    {
        "no" => false,
        // How one ended that was adopted is not known.
        "on-failure" => exit != 0,
        _ => true,
    };

    private TimeSpan Pause()
    {
        var pause = TimeSpan.FromSeconds(Math.Pow(2, Math.Min(_failures, 10) - 1));
        return pause < s_pauseMax ? pause : s_pauseMax;
    }

    /// <summary>Of a process that is gone; not known of one that was adopted.</summary>
    private async Task<int?> ExitCodeAsync()
    {
        if (_child is not { } child) { return null; }
        _child = null;
        await child.WaitForExitAsync();
        return child.ExitCode;
    }

    private async Task WakeAtEndAsync(Process child)
    {
        await child.WaitForExitAsync();
        Wake();
    }

    private void Wake() => _wakes.Writer.TryWrite(true);

    private async Task WakeAsync(TimeSpan pause, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(pause, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try { await _wakes.Reader.ReadAsync(either.Token); }
        catch (OperationCanceledException) { }
    }
}
