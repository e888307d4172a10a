using System.Diagnostics;
using System.Text.Json;
using Spectre.Console;

namespace Wopr.Cli;

internal static class UpVerb
{
    public static async Task<int> RunAsync(Home home, Screen screen, UpOptions options, bool background, Signals signals)
    {
        var began = TimeProvider.System.GetTimestamp();
        await using var held = home.TryLock();
        if (held is null) { return await AlreadyUpAsync(home, screen, options.Wipe, signals.Stop); }

        CheckPorts(home, options.Ports);
        if (!background) { screen.Say($"WOPR comes up in {home.Root}"); }
        return await new Supervisor(home, screen, options, TimeProvider.System).RunAsync(signals, view =>
        {
            screen.Result(view, () =>
            {
                view.Show();
                var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
                screen.Say($"Up in {seconds:0.0} s. Ctrl-C stops everything; what the programs say follows.");
            });
            screen.IsMute = background;
            return Task.CompletedTask;
        }, signals.Stop);
    }

    /// <summary>Starts a supervisor without a terminal, and shows what it tells until it is ready.</summary>
    public static async Task<int> DetachAsync(Home home, Screen screen, UpOptions options, IReadOnlyList<string> words, CancellationToken ct)
    {
        if (State.Live(home) is not null) { return await AlreadyUpAsync(home, screen, options.Wipe, ct); }
        var start = new ProcessStartInfo("setsid")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var word in (string[])[Environment.ProcessPath!, "up", "--json", "--background", "--home", home.Root, .. words])
        {
            start.ArgumentList.Add(word);
        }
        using var supervisor = Process.Start(start)!;
        supervisor.StandardInput.Close();
        try
        {
            if (screen.IsJson || Console.IsOutputRedirected) { return await FollowAsync(supervisor, screen, _ => { }, ct); }
            return await AnsiConsole.Status().StartAsync("Starting…", status =>
                FollowAsync(supervisor, screen, text => status.Status = $"{Markup.Escape(text)}…", ct));
        }
        catch (OperationCanceledException)
        {
            if (ProcessKey.Of(supervisor.Id) is { } key)
            {
                await Posix.EndAsync(key, Posix.Terminate, TimeSpan.FromSeconds(60), CancellationToken.None);
            }
            return Exit.Interrupted;
        }
    }

    private static async Task<int> FollowAsync(Process supervisor, Screen screen, Action<string> begin, CancellationToken ct)
    {
        while (await supervisor.StandardOutput.ReadLineAsync(ct) is { } line)
        {
            var told = JsonSerializer.Deserialize<JsonElement>(line);
            switch (told.GetProperty("event").GetString())
            {
                case "begin":
                    begin(told.GetProperty("text").GetString()!);
                    break;
                case "step":
                    screen.Done(told.GetProperty("text").GetString()!, told.GetProperty("seconds").GetDouble());
                    break;
                case "ready":
                    var view = told.Deserialize<StackView>(Json.Options)!;
                    screen.Result(view, () =>
                    {
                        view.Show();
                        screen.Say("It runs in the background. ./wopr logs platform --follow shows what it does, ./wopr down stops it.");
                    });
                    return Exit.Ok;
                case "fault":
                    screen.Fault(told.GetProperty("exit").GetInt32(), told.GetProperty("error").GetString()!);
                    await supervisor.WaitForExitAsync(ct);
                    return supervisor.ExitCode;
            }
        }
        await supervisor.WaitForExitAsync(ct);
        screen.Fault(Exit.Unexpected, $"The supervisor ended by itself: {(await supervisor.StandardError.ReadToEndAsync(ct)).Trim()}");
        return supervisor.ExitCode == Exit.Ok ? Exit.Unexpected : supervisor.ExitCode;
    }

    private static async Task<int> AlreadyUpAsync(Home home, Screen screen, bool wipe, CancellationToken ct)
    {
        if (wipe) { throw new Refusal(Exit.Locked, "WOPR is up, and its database cannot be wiped under it. Run ./wopr down first."); }
        if (State.Live(home) is not { Phase: Phase.Ready or Phase.Restarting } state)
        {
            throw new Refusal(Exit.Locked,
                "Another ./wopr is starting or stopping this stack. Wait for it; ./wopr status tells when it is done.");
        }
        var view = await StackView.ObserveAsync("already_up", home, state, ct);
        screen.Result(view, () =>
        {
            screen.Say("WOPR is already up.");
            view.Show();
        });
        return Exit.Ok;
    }

    /// <summary>The file decides; a flag that says something else would be forgotten silently.</summary>
    private static void CheckPorts(Home home, Ports asked)
    {
        if (EnvFile.TryRead(home) is not { } env) { return; }
        (string Name, int Asked, int Default)[] flags =
        [
            ("PORT", asked.Platform, new Ports().Platform), ("DASHBOARD_PORT", asked.Dashboard, new Ports().Dashboard),
            ("SANDBOX_PORT", asked.Sandbox, new Ports().Sandbox), ("POSTGRES_PORT", asked.Postgres, new Ports().Postgres),
        ];
        foreach (var (name, wanted, standard) in flags)
        {
            if (wanted != standard && env.Values.TryGetValue(name, out var known) && known != $"{wanted}")
            {
                throw new Refusal(Exit.Usage,
                    $"{env.Path} says {name}={known} and is never changed by a flag. Edit it there, then run this again.");
            }
        }
    }
}
