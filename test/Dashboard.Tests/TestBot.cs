using System.Runtime.CompilerServices;
using Wopr.Protocol;

namespace Wopr.Dashboard.Tests;

/// <summary>A bot that keeps what it is told as the protocol wants it, and says what the test says for it.</summary>
public sealed class TestBot
{
    private readonly Lock _gate = new();
    private readonly List<(string Session, SessionEntry Entry)> _entries = [];
    private readonly List<TurnAsk> _turns = [];
    private readonly List<(string Session, SessionEvent Event)> _events = [];
    private readonly HashSet<Guid> _over = [];
    private readonly Dictionary<string, FileView> _files = [];
    private readonly Dictionary<string, Schedule> _schedules = [];
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource? _ends;
    private LinkClient? _client;
    private Task _running = Task.CompletedTask;
    private BotSpec? _spec;
    private int _watchers;

    public bool IsUp => _ends is not null;

    internal TestChannels Channels { get; } = new();

    internal TestToolServers ToolServers { get; } = new();

    /// <summary>How many follow its sessions now.</summary>
    public int Watchers => Volatile.Read(ref _watchers);

    public IReadOnlyList<TurnAsk> Turns { get { lock (_gate) { return [.. _turns]; } } }

    public string? File(string path) { lock (_gate) { return _files.GetValueOrDefault(path)?.Text; } }

    internal async Task RunAsync(BotSpec spec, Uri platform)
    {
        if (IsUp && _spec!.Generation == spec.Generation && spec.Settings["WOPR_LINK_KEY"] == _spec.Settings["WOPR_LINK_KEY"]) { return; }
        await StopAsync();
        (_spec, _ends) = (spec, new());
        _client = new(new(platform, spec.Settings["WOPR_LINK_KEY"], TimeProvider.System), Answers(), (link, ct) =>
            link.AskAsync(HomeVerbs.Hello, new(spec.BotId, spec.Generation, "test"), ct));
        _running = Task.WhenAll(_client.RunAsync(_ends.Token), LeaseAsync(_ends.Token));
    }

    internal async Task StopAsync()
    {
        if (_ends is not { } ends) { return; }
        _ends = null;
        await ends.CancelAsync();
        await _running.ContinueWith(_ => { }, TaskScheduler.Default);
        ends.Dispose();
    }

    /// <summary>The turn that was asked with these words.</summary>
    public async Task<TurnAsk> TurnAsync(string text, CancellationToken ct)
    {
        while (true)
        {
            Task news;
            lock (_gate)
            {
                if (_turns.LastOrDefault(turn => turn.Text == text && !_over.Contains(turn.TurnId)) is { } turn) { return turn; }
                news = _news.Task;
            }
            await news.WaitAsync(ct);
        }
    }

    public void Write(TurnAsk turn, string piece) => Happen(turn, SessionEventKind.Text, piece);

    public void Use(TurnAsk turn, string tool, string arguments)
    {
        lock (_gate)
        {
            Keep(turn.Session, EntryRole.Tool, $"{tool} {arguments}", turn.TurnId);
            Say(turn, SessionEventKind.ToolCall, null, tool, arguments);
        }
    }

    public void End(TurnAsk turn, string text, TurnEnd end = TurnEnd.Answered, string? problem = null)
    {
        lock (_gate)
        {
            if (!_over.Add(turn.TurnId)) { return; }
            Keep(turn.Session, EntryRole.Assistant, text, turn.TurnId, end, problem);
            if (problem is not null) { Say(turn, SessionEventKind.Error, problem); }
            Say(turn, SessionEventKind.Done, null);
        }
        _ = _client!.AskAsync(HomeVerbs.Ended, new(turn.TurnId, turn.Session, Outcome(end, text, problem)), _ends?.Token ?? new(canceled: true))
            .ContinueWith(_ => { }, TaskScheduler.Default);
    }

    public void Answer(TurnAsk turn, string text)
    {
        Write(turn, text);
        End(turn, text);
    }

    internal LinkAnswers Answers()
    {
        var answers = new LinkAnswers();
        answers.On(BotVerbs.Turn, (ask, _) => Task.FromResult(Take(ask)));
        answers.On(BotVerbs.Cancel, (ask, _) =>
        {
            if (Turns.FirstOrDefault(turn => turn.TurnId == ask.TurnId) is { } turn) { End(turn, TextOf(turn), TurnEnd.Cancelled); }
            return Done;
        });
        answers.On(BotVerbs.Watch, WatchAsync);
        answers.On(BotVerbs.Sessions, (_, _) => Task.FromResult(Sessions()));
        answers.On(BotVerbs.Read, (ask, _) => Task.FromResult(Read(ask)));
        answers.On(BotVerbs.DeleteSession, (ask, _) => Locked(() => _entries.RemoveAll(one => one.Session == ask.Session)));
        answers.On(BotVerbs.Files, (_, _) => { lock (_gate) { return Task.FromResult(new FileList([.. _files.Values])); } });
        answers.On(BotVerbs.ReadFile, (ask, _) => { lock (_gate) { return Task.FromResult(_files[ask.Path]); } });
        answers.On(BotVerbs.WriteFile, (ask, _) => Locked(() => Write(ask)));
        answers.On(BotVerbs.Schedules, (_, _) => { lock (_gate) { return Task.FromResult(new ScheduleList([.. _schedules.Values.Select(View)])); } });
        answers.On(BotVerbs.PutSchedule, (ask, _) =>
        {
            lock (_gate) { _schedules[ask.Id] = ask; }
            return Task.FromResult(View(ask));
        });
        Channels.Add(answers, () => IsUp);
        ToolServers.Add(answers, () => IsUp);
        answers.On(BotVerbs.Export, (_, _) => ExportAsync());
        answers.On(BotVerbs.DeleteSchedule, (ask, _) => Locked(() => _schedules.Remove(ask.Id)));
        return answers;
    }

    private static async IAsyncEnumerable<ArchivePiece> ExportAsync()
    {
        await Task.CompletedTask;
        yield return new("all that "u8.ToArray());
        yield return new("it keeps"u8.ToArray());
    }

    private static Task<Nothing> Done => Task.FromResult(Nothing.Instance);

    private Task<Nothing> Locked(Action act)
    {
        lock (_gate) { act(); }
        return Done;
    }

    private async Task LeaseAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await _client!.AskAsync(HomeVerbs.Lease, new(_spec!.Generation), ct);
                await Task.Delay(TimeSpan.FromSeconds(2), ct);
            }
            catch (LinkRefusedException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), ct);
            }
        }
    }

    private TurnTaken Take(TurnAsk ask)
    {
        lock (_gate)
        {
            if (ask.Text == "Refuse this") { throw new LinkRefusedException(new("turn.no_text", "The bot takes no such message. Say it differently.")); }
            if (_turns.All(turn => turn.TurnId != ask.TurnId))
            {
                _turns.Add(ask);
                Keep(ask.Session, EntryRole.User, ask.Text, ask.TurnId, replaces: ask.Replaces);
                Say(ask, SessionEventKind.Message, ask.Text);
            }
            var ended = _entries.Find(one => one.Entry.TurnId == ask.TurnId && one.Entry.Role == EntryRole.Assistant).Entry;
            return new(ask.TurnId, ended is null ? null : Outcome(ended.End!.Value, ended.Text, ended.Problem));
        }
    }

    private void Happen(TurnAsk turn, SessionEventKind kind, string? text)
    {
        lock (_gate) { Say(turn, kind, text); }
    }

    private void Say(TurnAsk turn, SessionEventKind kind, string? text, string? tool = null, string? arguments = null)
    {
        var number = _events.Count(one => one.Event.TurnId == turn.TurnId) + 1;
        _events.Add((turn.Session, new($"{turn.TurnId}:{number}", turn.TurnId, kind, text, tool, arguments)));
        var news = _news;
        _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
        news.SetResult();
    }

    private void Keep(
        string session, EntryRole role, string text, Guid turn, TurnEnd? end = null, string? problem = null, Guid? replaces = null) =>
        _entries.Add((session, new(_entries.Count(one => one.Session == session), TimeProvider.System.GetUtcNow(), role, text, turn, null, end,
            problem, "test", 1, 2, replaces)));

    private string TextOf(TurnAsk turn)
    {
        lock (_gate)
        {
            return string.Concat(_events.Where(one => one.Event.TurnId == turn.TurnId && one.Event.Kind == SessionEventKind.Text).Select(one => one.Event.Text));
        }
    }

    private SessionList Sessions()
    {
        lock (_gate)
        {
            return new([.. _entries.GroupBy(one => one.Session).Select(all =>
                new SessionView(all.Key, all.First().Entry.At, all.Last().Entry.At, all.Count(), null))]);
        }
    }

    private SessionPage Read(ReadAsk ask)
    {
        lock (_gate)
        {
            var before = _entries.Where(one => one.Session == ask.Session && one.Entry.Number < (ask.Before ?? long.MaxValue)).Select(one => one.Entry).ToList();
            return new([.. before.TakeLast(ask.Limit)], before.Count > ask.Limit);
        }
    }

    private void Write(FileWrite ask)
    {
        if (ask.IfVersion is { } version && _files.GetValueOrDefault(ask.Path)?.Version != version)
        {
            throw new LinkRefusedException(new("file.changed", $"{ask.Path} was changed meanwhile. Read it again, then make your change."));
        }
        if (ask.Text is null)
        {
            _files.Remove(ask.Path);
            return;
        }
        _files[ask.Path] = new(ask.Path, ask.Text ?? "", $"v{ask.Text?.Length}-{_files.Count}", TimeProvider.System.GetUtcNow());
    }

    private static ScheduleView View(Schedule schedule) => new(schedule, [schedule.At ?? new(2031, 3, 31, 8, 0, 0, TimeSpan.Zero)], null);

    private static TurnOutcome Outcome(TurnEnd end, string text, string? problem) => new(end, text, problem, end == TurnEnd.Failed, "test", 1, 2, 3);

    // Those that are not over are told from their beginning, unless somebody says where he was.
    private async IAsyncEnumerable<SessionEvent> WatchAsync(WatchAsk ask, [EnumeratorCancellation] CancellationToken ct)
    {
        Interlocked.Increment(ref _watchers);
        try
        {
            var at = 0;
            lock (_gate)
            {
                at = ask.After is { } after ? _events.FindIndex(one => one.Event.Id == after) + 1
                    : _events.FindIndex(one => !_over.Contains(one.Event.TurnId)) is >= 0 and var open ? open : _events.Count;
            }
            while (true)
            {
                List<(string Session, SessionEvent Event)> fresh;
                Task news;
                lock (_gate) { (fresh, news) = ([.. _events.Skip(at)], _news.Task); }
                foreach (var (session, what) in fresh.Where(one => one.Session == ask.Session)) { yield return what; }
                at += fresh.Count;
                if (fresh.Count == 0) { await news.WaitAsync(ct); }
            }
        }
        finally
        {
            Interlocked.Decrement(ref _watchers);
        }
    }
}
