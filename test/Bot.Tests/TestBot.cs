using System.Collections.Concurrent;
using Wopr.Bot.Memory;
using Wopr.Bot.Model;
using Wopr.Bot.Prompts;
using Wopr.Bot.Schedules;
using Wopr.Bot.Sessions;
using Wopr.Bot.ToolServers;
using Wopr.Bot.Turns;
using Wopr.Protocol;

namespace Wopr.Bot.Tests;

/// <summary>The bot without its link: what it says home is kept in a list.</summary>
internal sealed class TestBot : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly Task _telling;
    private readonly TestHome _home;

    /// <param name="time">Null: that of the machine, with a lease that lasts as long as a test.</param>
    public TestBot(TestHome home, ModelSettings model, TimeProvider? time = null, int budget = PromptBuilder.DefaultBudget, bool leased = true)
    {
        _home = home;
        Time = time ?? TimeProvider.System;
        Store = SessionStore.Open(home.Path, Time, home.Log);
        Files = new(home.Path);
        Book = new(home.Path, Store, Time, home.Log);
        ChatClient client = new(_http, model, TimeProvider.System, home.Log);
        PromptBuilder prompts = new(Store, new(Files, TimeZoneInfo.Utc, Time), client, Time, home.Log, budget);
        Servers = new(home.Path, Store.SetAside, Time, home.Log);
        ToolBox tools = new([.. new MemoryTools(Files).All, .. new ScheduleTools(Book, TimeZoneInfo.Utc).All], Servers.ToolsAsync);
        Lease = new(Time, home.Log);
        Desk = new(Store, Lease, new TurnRunner(prompts, client, tools, Time).RunAsync, Time, home.Log);
        Teller = new(home.Path, Store, TellAsync, Time, home.Log);
        Desk.Ended = _ => Teller.Nudge();
        Watch = new(Store, Desk);
        Clock = new(Book, Desk, Lease, Time, home.Log);
        if (leased) { Grant(TimeSpan.FromHours(1)); }
        Desk.Resume();
        _telling = Teller.RunAsync(_end.Token);
    }

    public TimeProvider Time { get; }

    public SessionStore Store { get; }

    public MemoryFiles Files { get; }

    public ScheduleBook Book { get; }

    public ToolServerBook Servers { get; }

    public ScheduleClock Clock { get; }

    public Lease Lease { get; }

    public TurnDesk Desk { get; }

    public Teller Teller { get; }

    public SessionWatch Watch { get; }

    public ConcurrentQueue<TurnEnded> Told { get; } = new();

    /// <summary>While it is set, the platform does not answer.</summary>
    public Task PlatformIsBack { get; set; } = Task.CompletedTask;

    public void Grant(TimeSpan length) => Lease.Renew(Time.GetTimestamp(), length);

    public Task<TurnTaken> SayAsync(string text, string session = "main", Guid? id = null, Guid? replaces = null, string? sender = null) =>
        Desk.TakeAsync(new(id ?? Guid.CreateVersion7(), session, text, sender, replaces), Ct).SoonAsync();

    public async Task<TurnOutcome> OutcomeAsync(Guid turn)
    {
        await Eventually.IsAsync(() => Store.FindTurn(turn) is { IsOver: true }, () => $"the turn is over; it logged: {_home.Logged}");
        return Store.FindTurn(turn)!.ReadOutcome()!;
    }

    /// <summary>Says something and waits for the outcome.</summary>
    public async Task<TurnOutcome> AskAsync(string text, string session = "main", Guid? replaces = null, string? sender = null) =>
        await OutcomeAsync((await SayAsync(text, session, null, replaces, sender)).TurnId);

    /// <summary>Follows until a turn is done.</summary>
    public async Task<List<SessionEvent>> HearAsync(string? after, Guid until, string session = "main")
    {
        List<SessionEvent> heard = [];
        await foreach (var happened in Watch.FollowAsync(new(session, after), Ct))
        {
            heard.Add(happened);
            if (happened.TurnId == until && happened.Kind == SessionEventKind.Done) { break; }
        }
        return heard;
    }

    public async ValueTask DisposeAsync()
    {
        if (_end.IsCancellationRequested) { return; }
        await Desk.DisposeAsync();
        await _end.CancelAsync();
        await _telling;
        await Servers.DisposeAsync();
        Lease.Dispose();
        _http.Dispose();
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private async Task TellAsync(TurnEnded ended, CancellationToken ct)
    {
        await PlatformIsBack.WaitAsync(ct);
        Told.Enqueue(ended);
    }
}
