using System.Reflection;
using Wopr.Bot.Archive;
using Wopr.Bot.Channels;
using Wopr.Bot.Home;
using Wopr.Bot.Memory;
using Wopr.Bot.Model;
using Wopr.Bot.Prompts;
using Wopr.Bot.Schedules;
using Wopr.Bot.Sessions;
using Wopr.Bot.ToolServers;
using Wopr.Bot.Turns;
using Wopr.Protocol;

namespace Wopr.Bot;

/// <summary>The bot, put together; from its start until it is told to stop.</summary>
internal static class BotProgram
{
    private static readonly TimeSpan s_turnsMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_tellMax = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_sendMax = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan s_restMax = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(BotSettings settings, TimeProvider time, Log log, CancellationToken stop)
    {
        var home = settings.Home;
        var startedAt = time.GetUtcNow();
        var version = Assembly.GetExecutingAssembly().GetName().Version?.ToString(3) ?? "0.0.0";
        var store = SessionStore.Open(home, time, log);
        MemoryFiles files = new(home);
        ScheduleBook book = new(home, store, time, log);
        using HttpClient http = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        { Timeout = Timeout.InfiniteTimeSpan };
        ChatClient model = new(http, settings.Model, time, log);
        PromptBuilder prompts = new(store, new(files, settings.Zone, time), model, time, log, PromptBuilder.DefaultBudget);
        await using ToolServerBook servers = new(home, store.SetAside, time, log);
        ToolBox tools = new([.. new MemoryTools(files).All, .. new ScheduleTools(book, settings.Zone).All], servers.ToolsAsync);
        using Lease lease = new(time, log);
        await using TurnDesk desk = new(store, lease, new TurnRunner(prompts, model, tools, time).RunAsync, time, log);
        await using ChannelDesk channels = new(
            home, store, desk, lease, new(http, settings.Channels, time, log, settings.MayCallPrivate));
        HomeLink? link = null;
        Teller teller = new(home, store, (ended, ct) => link!.TellEndedAsync(ended, ct), time, log);
        desk.Ended = turn =>
        {
            teller.Nudge();
            channels.Ended(turn);
        };
        BotAnswers answers = new(store, desk, new(store, desk), teller, files, book, channels, servers,
            new(settings.BotId, store, files, book, () => KeylessFiles.Of(channels.Kept, servers.Kept), time), Status, log);
        link = new(settings, answers.Make(), lease, version, time, log);
        ScheduleClock clock = new(book, desk, lease, time, log);

        using CancellationTokenSource end = new();
        desk.Resume();
        log.Started(version, settings.Generation, store.Count, desk.Waiting);
        var loops = Task.WhenAll(link.RunAsync(end.Token), teller.RunAsync(end.Token),
            Heartbeat.RunAsync(home, time, log, end.Token), Rest.RunAsync(desk, time, end.Token));
        using var fires = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var firing = Task.WhenAll(clock.RunAsync(fires.Token), channels.RunAsync(fires.Token, end.Token));

        await Task.WhenAny(link.Outdated, loops, Task.Delay(Timeout.InfiniteTimeSpan, time, stop));
        if (link.Outdated.IsCompleted) { log.Outdated(settings.Generation); }
        log.Stopping();
        await fires.CancelAsync();
        await desk.StopAsync(s_turnsMax);
        await Task.WhenAll(teller.EmptyAsync(s_tellMax), channels.StopAsync(s_sendMax));
        await end.CancelAsync();
        await Task.WhenAll(loops, firing).WaitAsync(s_restMax, time, CancellationToken.None)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        log.Stopped();

        BotStatus Status() => new(version, settings.Generation, lease.IsHeld, startedAt, store.Count, desk.Running,
            desk.Waiting, store.Answers, store.InputTokens, store.OutputTokens, Math.Round(model.LatencyMs, 1), [.. store.SetAside]);
    }
}
