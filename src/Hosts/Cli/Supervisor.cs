namespace Wopr.Cli;

internal sealed record UpOptions(Ports Ports, bool Wipe, bool AcceptSessionLoss, string AdminEmail);

/// <summary>
/// Brings a stack up, keeps it up, and takes it down in order. It holds the lock of its home for as long as it lives; what it
/// knows stands in the state file, and the other verbs talk to it by signals.
/// </summary>
internal sealed class Supervisor(Home home, Screen screen, UpOptions options, TimeProvider time)
{
    private static readonly TimeSpan s_readyPatience = TimeSpan.FromSeconds(60);

    private readonly Spawner _spawner = new();
    private readonly Lock _stateGate = new();
    private readonly ProcessKey _self = ProcessKey.Of(Environment.ProcessId)!;
    private List<Child> _children = [];
    private Phase _phase = Phase.Starting;
    private int _round;
    private Fault? _fault;
    private Postgres? _postgres;

    /// <summary>Runs until <paramref name="stop"/>; the caller holds the lock.</summary>
    public async Task<int> RunAsync(Signals signals, Func<StackView, Task> ready, CancellationToken stop)
    {
        try
        {
            await Leftovers.EndAsync(home, screen, stop);
            WriteState();
            var (env, password) = await StartAsync(stop);
            SetPhase(Phase.Ready);
            var view = await StackView.ObserveAsync("ready", home, State(), stop);
            await ready(view with { AdminEmail = password is null ? null : options.AdminEmail, AdminPassword = password });
            screen.ShowsLines = true;
            await WatchAsync(env, signals, stop);
            return Exit.Ok;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return _phase == Phase.Starting ? Exit.Interrupted : Exit.Ok;
        }
        finally
        {
            await StopAsync();
        }
    }

    private async Task<(EnvFile Env, string? Password)> StartAsync(CancellationToken ct)
    {
        home.NeedRoom();
        var (env, created) = EnvFile.Ensure(home, options.Ports);
        if (created) { screen.Say($"Settings and secrets made: {env.Path}"); }
        var postgres = Postgres.IsOurs(env) ? await StartPostgresAsync(env, ct) : null;

        var programs = Stack.Programs(env);
        PortCheck.NeedFree(programs, env.Path);
        await MigrateAsync(env, ct);
        var password = postgres is { HadFirstAdmin: false } ? await FirstAdminAsync(env, postgres, ct) : null;
        await screen.StepAsync($"Starting {string.Join(", ", programs.Select(program => program.Name))}",
            () => StartProgramsAsync(env, programs, ct));
        return (env, password);
    }

    private async Task<string?> FirstAdminAsync(EnvFile env, Postgres postgres, CancellationToken ct)
    {
        const string label = "password: ";
        var said = await PlatformProgram.NeedAsync(env, ["admin", "create", "--email", options.AdminEmail, "--if-none"], ct);
        postgres.HadFirstAdmin = true;
        return said.Split('\n').FirstOrDefault(line => line.StartsWith(label, StringComparison.Ordinal))?[label.Length..];
    }

    private async Task<Postgres> StartPostgresAsync(EnvFile env, CancellationToken ct)
    {
        var postgres = new Postgres(home, env);
        PortCheck.NeedFree([postgres.Spec()], env.Path);
        _postgres = postgres;
        if (options.Wipe) { postgres.Wipe(); }
        await screen.StepAsync(postgres.Exists ? "Starting PostgreSQL" : "Making the database", async () =>
        {
            await postgres.CreateAsync(ct);
            var child = NewChild(postgres.Spec());
            child.Start(Stack.Variables(env).Where(pair => !env.Values.ContainsKey(pair.Key)).ToDictionary());
            await ReadyAsync(child, () => postgres.FaultAsync(ct), ct);
            await postgres.PrepareAsync(ct);
        });
        return postgres;
    }

    private Task MigrateAsync(EnvFile env, CancellationToken ct) => screen.StepAsync("Bringing the schema up to date",
        () => PlatformProgram.NeedAsync(env, options.AcceptSessionLoss ? ["migrate", "--accept-session-loss"] : ["migrate"], ct));

    private async Task StartProgramsAsync(EnvFile env, IReadOnlyList<ChildSpec> programs, CancellationToken ct)
    {
        foreach (var program in programs) { NewChild(program).Start(Stack.Variables(env, program)); }
        foreach (var child in Programs)
        {
            await ReadyAsync(child, async () => child.Spec.Url is { } url ? await Probe.AskAsync(url, ct) : null, ct);
        }
    }

    private async Task ReadyAsync(Child child, Func<Task<string?>> probe, CancellationToken ct)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var fault = child.Process is null ? "has not started" : await probe();
            if (fault is null) { return; }
            if (child.LastExit == Exit.ConfigFaults) { throw new Refusal(Exit.ConfigFaults, child.Tail); }
            if (child.Restarts >= 3)
            {
                throw new Refusal(Exit.Unhealthy, $"{child.Spec.Name} does not stay up. Its last words:\n{child.Tail}");
            }
            if (time.GetElapsedTime(began) > s_readyPatience)
            {
                throw new Refusal(Exit.Unhealthy, $"{child.Spec.Name} is not ready after {s_readyPatience.TotalSeconds:0} s: {fault}. "
                    + $"Look at {home.LogFile(child.Spec.Name)}.");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), time, ct);
        }
    }

    private async Task WatchAsync(EnvFile env, Signals signals, CancellationToken stop)
    {
        while (true)
        {
            await signals.RestartAsync(stop);
            SetPhase(Phase.Restarting);
            screen.Line("wopr", "Restarting with the settings as they are now.");
            try
            {
                env = await RestartAsync(env, stop);
                (_fault, _round) = (null, _round + 1);
                screen.Line("wopr", "Restarted.");
            }
            catch (Refusal refusal)
            {
                (_fault, _round) = (new(refusal.Exit, refusal.Message), _round + 1);
                screen.Line("wopr", refusal.Message);
            }
            SetPhase(Phase.Ready);
        }
    }

    /// <summary>What can be wrong is asked first, so that a bad setting leaves what runs running.</summary>
    private async Task<EnvFile> RestartAsync(EnvFile old, CancellationToken ct)
    {
        var env = EnvFile.Ensure(home, old.Ports).File;
        await PlatformProgram.NeedAsync(env, ["config", "check"], ct);
        await PlatformProgram.NeedAsync(env, ["migrate"], ct);
        var programs = Stack.Programs(env);
        PortCheck.NeedFree(programs.Where(program => Programs.All(child => child.Spec.Port != program.Port)), env.Path);

        await StopProgramsAsync();
        await StartProgramsAsync(env, programs, ct);
        return env;
    }

    private async Task StopProgramsAsync()
    {
        foreach (var child in Programs.Reverse().ToList())
        {
            await child.StopAsync();
            lock (_stateGate) { _children = [.. _children.Where(other => other != child)]; }
            WriteState();
        }
    }

    private async Task StopAsync()
    {
        SetPhase(Phase.Stopping);
        screen.ShowsLines = false;
        foreach (var child in _children.AsEnumerable().Reverse().ToList()) { await child.StopAsync(); }
        _postgres?.RemoveSocketFolder();
        File.Delete(home.StateFile);
    }

    private IEnumerable<Child> Programs => _children.Where(child => !child.Spec.IsDatabase);

    private Child NewChild(ChildSpec spec)
    {
        var child = new Child(spec, _spawner, home, screen, time, WriteState);
        lock (_stateGate) { _children = [.. _children, child]; }
        return child;
    }

    private void SetPhase(Phase phase)
    {
        _phase = phase;
        WriteState();
    }

    private State State() => new(_self, _phase, _round, _fault, [.. _children.Select(child => child.State)]);

    private void WriteState()
    {
        lock (_stateGate)
        {
            try { State().Write(home); }
            catch (IOException) { /* A full disk must not end the supervision; the next change tries again. */ }
        }
    }
}
