using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Wopr.Protocol;

namespace Wopr.Fleet.Tests;

/// <summary>A bot that does what the protocol says, in memory. What it is told survives its process, as on a disk.</summary>
internal sealed class FakeBot(BotSpec spec, Uri platform, BotDisk disk) : IAsyncDisposable
{
    private readonly CancellationTokenSource _ends = new();
    private LinkClient? _client;
    private Task _running = Task.CompletedTask;

    public IReadOnlyDictionary<string, string> Settings => spec.Settings;

    /// <summary>What every hook that is signed becomes.</summary>
    public static Guid HookTurn { get; } = Guid.Parse("00000000-0000-8000-8000-000000000001");

    /// <summary>It lives and says nothing any more.</summary>
    public bool IsHung { get; set; }

    public void Start()
    {
        var answers = disk.Answering();
        AnswerChannels(answers);
        _client = new LinkClient(new(platform, spec.Settings["WOPR_LINK_KEY"], TimeProvider.System), answers, (link, ct) =>
            link.AskAsync(HomeVerbs.Hello, new(spec.BotId, spec.Generation, "test"), ct));
        _running = Task.WhenAll(_client.RunAsync(_ends.Token), LeaseAsync(_ends.Token), EndAsync(_ends.Token));
    }

    private static void AnswerChannels(LinkAnswers answers)
    {
        List<ChannelView> channels = [];
        answers.On(BotVerbs.Channels, (_, _) => Task.FromResult(new ChannelList(channels)));
        answers.On(BotVerbs.PutChannel, (ask, _) =>
        {
            channels.Add(new(ask.Id, ask.Kind, ask.Name, ask.IsEnabled, new Dictionary<string, string>(), ChannelState.Connected, default, null, null, 0));
            return Task.FromResult(channels[^1]);
        });
        answers.On(BotVerbs.HearHook, (ask, _) => ask.Signature == "good"
            ? Task.FromResult(new HookHeard(HookTurn))
            : throw new LinkRefusedException(new("hook.signature", "The signature is wrong.")));
    }

    public async ValueTask DisposeAsync()
    {
        await _ends.CancelAsync();
        await _running.ContinueWith(_ => { }, TaskScheduler.Default);
        _ends.Dispose();
    }

    private async Task LeaseAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                if (!IsHung) { await _client!.AskAsync(HomeVerbs.Lease, new(spec.Generation), ct); }
                await Task.Delay(TimeSpan.FromSeconds(2), ct);
            }
            catch (LinkRefusedException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), ct);
            }
        }
    }

    private async Task EndAsync(CancellationToken ct)
    {
        await foreach (var ended in disk.Ended.Reader.ReadAllAsync(ct)) { await _client!.AskAsync(HomeVerbs.Ended, ended, ct); }
    }
}

/// <summary>What a bot has on its disk.</summary>
internal sealed class BotDisk
{
    private readonly Lock _gate = new();
    private readonly List<TurnAsk> _turns = [];
    private readonly Dictionary<Guid, TurnOutcome> _outcomes = [];
    private readonly List<SessionEvent> _events = [];
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentBag<Guid> Cancelled { get; } = [];
    public Channel<TurnEnded> Ended { get; } = Channel.CreateUnbounded<TurnEnded>();

    /// <summary>Turns end by themselves at once.</summary>
    public bool Answers { get; set; } = true;

    public int Watchers;

    /// <summary>What was written, in order.</summary>
    public ConcurrentQueue<FileWrite> Written { get; } = new();

    public ConcurrentDictionary<string, string> Files { get; } = new();

    /// <summary>Why it does not write; null when it does.</summary>
    public LinkProblem? WriteProblem { get; set; }

    public LinkAnswers Answering()
    {
        var answers = new LinkAnswers();
        answers.On(BotVerbs.Turn, (ask, _) => Task.FromResult(Take(ask)));
        answers.On(BotVerbs.Cancel, (ask, _) =>
        {
            Cancelled.Add(ask.TurnId);
            return Turns.Any(turn => turn.TurnId == ask.TurnId)
                ? Task.FromResult(Nothing.Instance)
                : throw new LinkRefusedException(new("turn.unknown", "The bot has no such turn."));
        });
        answers.On(BotVerbs.Watch, WatchAsync);
        answers.On(BotVerbs.Sessions, (_, _) => Task.FromResult(new SessionList([])));
        answers.On(BotVerbs.Read, (ask, _) => Task.FromResult(Read(ask)));
        answers.On(BotVerbs.DeleteSession, (_, _) => Task.FromResult(Nothing.Instance));
        answers.On(BotVerbs.ReadFile, (ask, _) => Files.TryGetValue(ask.Path, out var text)
            ? Task.FromResult(new FileView(ask.Path, text, "v", DateTimeOffset.UnixEpoch))
            : throw new LinkRefusedException(new("file.not_found", $"There is no {ask.Path}.")));
        answers.On(BotVerbs.WriteFile, (write, _) =>
        {
            if (WriteProblem is { } problem) { throw new LinkRefusedException(problem); }
            if (write.Text == "bad") { throw new LinkRefusedException(new("file.too_long", "A file may have 64 KB. Shorten it.")); }
            Written.Enqueue(write);
            Files[write.Path] = write.Text ?? "";
            return Task.FromResult(Nothing.Instance);
        });
        answers.On(BotVerbs.Export, (_, ct) => ExportAsync(ct));
        return answers;
    }

    private static async IAsyncEnumerable<ArchivePiece> ExportAsync([EnumeratorCancellation] CancellationToken ct)
    {
        for (var piece = 0; piece < 3; piece++)
        {
            await Task.Yield();
            ct.ThrowIfCancellationRequested();
            yield return new([(byte)piece, (byte)piece]);
        }
    }

    /// <summary>So often it takes nothing yet.</summary>
    public int NotYet { get; set; }

    public bool Refuses { get; set; }

    public List<TurnAsk> Turns { get { lock (_gate) { return [.. _turns]; } } }

    public TurnTaken Take(TurnAsk ask)
    {
        if (NotYet > 0)
        {
            NotYet--;
            throw new LinkRefusedException(new("bot.no_lease", "Not now.", IsPassing: true));
        }
        if (ask.Text.Length == 0 || Refuses) { throw new LinkRefusedException(new("turn.no_text", "Write something first.")); }
        lock (_gate)
        {
            if (_turns.All(turn => turn.TurnId != ask.TurnId)) { _turns.Add(ask); }
            if (Answers && !_outcomes.ContainsKey(ask.TurnId)) { End(ask.TurnId, TurnEnd.Answered, $"Echo: {ask.Text}"); }
            return new(ask.TurnId, _outcomes.GetValueOrDefault(ask.TurnId));
        }
    }

    public void End(Guid turnId, TurnEnd end, string text)
    {
        lock (_gate)
        {
            var ask = _turns.First(turn => turn.TurnId == turnId);
            _outcomes[turnId] = new(end, text, end == TurnEnd.Failed ? text : null, end == TurnEnd.Failed, "test", 1, 2, 3);
            Say(new($"{turnId}:1", turnId, SessionEventKind.Text, text, null, null));
            Say(new($"{turnId}:2", turnId, SessionEventKind.Done, null, null, null));
            Ended.Writer.TryWrite(new(turnId, ask.Session, _outcomes[turnId]));
        }
    }

    public SessionPage Read(ReadAsk ask)
    {
        lock (_gate)
        {
            List<SessionEntry> all = [.. _turns.Where(turn => turn.Session == ask.Session).Select((turn, at) => new SessionEntry(
                at, DateTimeOffset.UnixEpoch, EntryRole.User, turn.Text, turn.TurnId, turn.Sender, null, null, null, 0, 0, null))];
            var before = all.Where(entry => entry.Number < (ask.Before ?? long.MaxValue)).ToList();
            return new([.. before.TakeLast(ask.Limit)], before.Count > ask.Limit);
        }
    }

    public async IAsyncEnumerable<SessionEvent> WatchAsync(WatchAsk ask, [EnumeratorCancellation] CancellationToken ct)
    {
        var at = 0;
        Interlocked.Increment(ref Watchers);
        lock (_gate) { at = ask.After is null ? _events.Count : _events.FindIndex(what => what.Id == ask.After) + 1; }
        while (true)
        {
            List<SessionEvent> fresh;
            Task news;
            lock (_gate)
            {
                fresh = [.. _events.Skip(at)];
                news = _news.Task;
            }
            foreach (var what in fresh) { yield return what; }
            at += fresh.Count;
            if (fresh.Count == 0) { await news.WaitAsync(ct); }
        }
    }

    private void Say(SessionEvent what)
    {
        _events.Add(what);
        var news = _news;
        _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
        news.TrySetResult();
    }
}
