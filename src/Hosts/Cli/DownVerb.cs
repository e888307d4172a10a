namespace Wopr.Cli;

internal static class DownVerb
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    public static async Task<int> RunAsync(Home home, Screen screen, CancellationToken ct)
    {
        if (State.Live(home) is not { } state)
        {
            var left = Directory.Exists(home.Root) ? await EndLeftoversAsync(home, screen, ct) : 0;
            screen.Result(new { @event = "down", wasUp = false, ended = left }, () => screen.Say("Nothing is up."));
            return Exit.Ok;
        }
        await screen.StepAsync("Stopping", async () =>
        {
            Posix.Signal(state.Supervisor.Pid, Posix.Terminate);
            if (await Posix.GoneAsync(state.Supervisor, s_patience, ct)) { return; }
            Posix.Signal(state.Supervisor.Pid, Posix.Kill);
            await Posix.GoneAsync(state.Supervisor, TimeSpan.FromSeconds(5), ct);
        });
        var ended = await EndLeftoversAsync(home, screen, ct);
        screen.Result(new { @event = "down", wasUp = true, ended },
            () => screen.Say("WOPR is down. Its data stays; ./wopr up brings it back."));
        return Exit.Ok;
    }

    // A verb that runs the database for itself holds the lock; what it started is no leftover.
    private static async Task<int> EndLeftoversAsync(Home home, Screen screen, CancellationToken ct)
    {
        await using var held = home.TryLock()
            ?? throw new Refusal(Exit.Locked, "Another ./wopr is at work here. Wait for it, then run this again.");
        return await Leftovers.EndAsync(home, screen, ct);
    }
}

internal static class RestartVerb
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(150);

    public static async Task<int> RunAsync(Home home, Screen screen, bool acceptSessionLoss, CancellationToken ct)
    {
        if (State.Live(home) is not { Phase: Phase.Ready } state)
        {
            throw new Refusal(Exit.Unhealthy, "WOPR is not up, so there is nothing to restart. Run ./wopr up.");
        }
        if (acceptSessionLoss && EnvFile.TryRead(home) is { } env)
        {
            await PlatformProgram.NeedAsync(env, ["migrate", "--accept-session-loss"], ct);
        }
        var after = await screen.StepAsync("Restarting with the settings as they are now", () => AskAsync(home, state, ct));
        var view = await StackView.ObserveAsync("restarted", home, after, ct);
        screen.Result(view, view.Show);
        return Exit.Ok;
    }

    /// <summary>The state after the supervisor has started its programs again.</summary>
    public static async Task<State> AskAsync(Home home, State state, CancellationToken ct)
    {
        Posix.Signal(state.Supervisor.Pid, Posix.User1);
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < s_patience)
        {
            await Task.Delay(50, ct);
            if (State.Live(home) is not { } now) { throw new Refusal(Exit.Unhealthy, "The supervisor ended meanwhile. Run ./wopr up."); }
            if (now.Round == state.Round || now.Phase != Phase.Ready) { continue; }
            return now.Fault is { } fault ? throw new Refusal(fault.Exit, fault.Sentence) : now;
        }
        throw new Refusal(Exit.Unhealthy, "It takes too long. ./wopr status tells more.");
    }
}

internal static class StatusVerb
{
    public static async Task<int> RunAsync(Home home, Screen screen, CancellationToken ct)
    {
        if (State.Live(home) is not { } state)
        {
            screen.Result(new { @event = "status", up = false, services = Array.Empty<ServiceView>() },
                () => screen.Say("WOPR is down. Run ./wopr up."));
            return Exit.Unhealthy;
        }
        var view = await StackView.ObserveAsync("status", home, state, ct);
        screen.Result(view, view.Show);
        return view.Fault is null && view.Services.All(service => service.State == "ready") ? Exit.Ok : Exit.Unhealthy;
    }
}
