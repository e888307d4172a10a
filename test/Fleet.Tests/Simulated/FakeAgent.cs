using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Wopr.Protocol;

namespace Wopr.Fleet.Tests;

/// <summary>An agent that makes what it is told so, with bots in memory instead of processes.</summary>
internal sealed class FakeAgent(string node, string key, Uri platform) : IAsyncDisposable
{
    private readonly CancellationTokenSource _ends = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<Guid, BotSpec> _specs = [];
    private readonly Dictionary<Guid, FakeBot> _bots = [];
    private LinkClient _client = null!;
    private Task _running = Task.CompletedTask;

    public string Node => node;

    /// <summary>By bot; it stays when the process goes, and goes when it is erased.</summary>
    public ConcurrentDictionary<Guid, BotDisk> Disks { get; } = new();

    /// <summary>Every start of a process there ever was.</summary>
    public ConcurrentQueue<BotSpec> Started { get; } = new();

    /// <summary>What it says instead of what is.</summary>
    public Func<BotSeen, BotSeen> Says { get; set; } = seen => seen;

    /// <summary>It takes what it is told and does nothing.</summary>
    public bool IsIdle { get; set; }

    public ConcurrentDictionary<Guid, MemoryStream> Imports { get; } = new();
    public ConcurrentQueue<ImportAsk> Imported { get; } = new();
    public LinkProblem? ImportProblem { get; set; }

    /// <summary>While it is open, an archive is being unpacked.</summary>
    public Task Unpacking { get; set; } = Task.CompletedTask;

    /// <summary>How often a bot was asked while it did not run.</summary>
    public int Asked;

    public FakeBot? Bot(Guid id) => _bots.GetValueOrDefault(id);

    public BotSpec? Spec(Guid id) => _specs.GetValueOrDefault(id);

    public async Task StartAsync(CancellationToken ct)
    {
        var answers = new LinkAnswers();
        answers.On(NodeVerbs.Bots, async (specs, asked) =>
        {
            await TakeAsync(specs, asked);
            return Nothing.Instance;
        });
        answers.On(NodeVerbs.Logs, LogAsync);
        answers.On(NodeVerbs.Ask, AskAsync);
        answers.On(NodeVerbs.Follow, FollowAsync);
        answers.On(NodeVerbs.ImportPiece, (piece, _) =>
        {
            var import = Imports.GetOrAdd(piece.ImportId, _ => new());
            lock (import)
            {
                if (piece.Offset == import.Length) { import.Write(piece.Bytes); }
                return Task.FromResult(new ImportLength(import.Length));
            }
        });
        answers.On(NodeVerbs.Import, async (ask, asked) =>
        {
            await Unpacking.WaitAsync(asked);
            Imported.Enqueue(ask);
            return ImportProblem is { } problem ? throw new LinkRefusedException(problem) : new ArchiveTaken(1, 2, 3, 4);
        });
        _client = new LinkClient(new(platform, key, TimeProvider.System), answers, (link, asked) =>
            link.AskAsync(FleetVerbs.Hello, new(node, "test", "process", 2, 1L << 32), asked));
        _running = Task.WhenAll(_client.RunAsync(_ends.Token), TellAsync(_ends.Token));
        await _client.AskAsync(FleetVerbs.Seen, new([]), ct);
    }

    /// <summary>The process ends, and the agent sees it.</summary>
    public async Task KillAsync(Guid id, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try { if (_bots.Remove(id, out var bot)) { await bot.DisposeAsync(); } }
        finally { _turn.Release(); }
    }

    public async Task TellNowAsync(CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        BotsSeen seen;
        try { seen = new([.. _specs.Values.Select(Seen).Select(Says)]); }
        finally { _turn.Release(); }
        await _client.AskAsync(FleetVerbs.Seen, seen, ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _ends.CancelAsync();
        await _running.ContinueWith(_ => { }, TaskScheduler.Default);
        foreach (var bot in _bots.Values) { await bot.DisposeAsync(); }
        _ends.Dispose();
        _turn.Dispose();
    }

    private async Task TakeAsync(BotSpecs specs, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            foreach (var spec in specs.Bots)
            {
                if (_specs.TryGetValue(spec.BotId, out var known) && known.Version > spec.Version) { continue; }
                _specs[spec.BotId] = spec;
                if (!IsIdle) { await MakeSoAsync(spec, known); }
            }
        }
        finally
        {
            _turn.Release();
        }
        _ = TellNowAsync(_ends.Token).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    private async Task MakeSoAsync(BotSpec spec, BotSpec? known)
    {
        var running = _bots.GetValueOrDefault(spec.BotId);
        var isSame = known is not null && known.Generation == spec.Generation && known.Image == spec.Image
            && known.Settings.Count == spec.Settings.Count && known.Settings.All(one => spec.Settings.GetValueOrDefault(one.Key) == one.Value);
        if (running is not null && (spec.Wish != BotWish.Run || !isSame))
        {
            _bots.Remove(spec.BotId);
            await running.DisposeAsync();
            running = null;
        }
        if (spec.Wish == BotWish.Erase) { Disks.TryRemove(spec.BotId, out _); }
        if (spec.Wish != BotWish.Run || running is not null) { return; }
        Started.Enqueue(spec);
        var bot = new FakeBot(spec, platform, Disks.GetOrAdd(spec.BotId, _ => new()));
        _bots[spec.BotId] = bot;
        bot.Start();
    }

    private BotSeen Seen(BotSpec spec) => new(
        spec.BotId, spec.Generation, spec.Version, _bots.ContainsKey(spec.BotId) ? BotProcess.Up : BotProcess.Absent,
        DateTimeOffset.UnixEpoch.AddSeconds(Started.Count(one => one.BotId == spec.BotId)), 0, null, null, 1.5, 20 << 20, 1000, Disks.ContainsKey(spec.BotId));

    private async Task TellAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            await TellNowAsync(ct);
            await Task.Delay(TimeSpan.FromSeconds(1), ct);
        }
    }

    private async Task<RestAnswer> AskAsync(RestAsk ask, CancellationToken ct)
    {
        await foreach (var answer in FollowAsync(ask, ct)) { return answer; }
        throw new LinkRefusedException(new("node.ask_failed", "It said nothing."));
    }

    private async IAsyncEnumerable<RestAnswer> FollowAsync(RestAsk ask, [EnumeratorCancellation] CancellationToken ct)
    {
        if (!_specs.TryGetValue(ask.BotId, out var spec) || _bots.ContainsKey(ask.BotId))
        {
            throw new LinkRefusedException(new("node.bot_runs", "The bot runs, so it is asked itself.", IsPassing: true));
        }
        if (spec.Generation != ask.Generation) { throw new LinkRefusedException(new("node.other_generation", "Another.", IsPassing: true)); }
        Interlocked.Increment(ref Asked);
        List<byte[]> said = [];
        await Disks.GetOrAdd(ask.BotId, _ => new()).Answering().AnswerAsync(
            ask.Verb, JsonSerializer.SerializeToUtf8Bytes(ask.Ask), bytes => { said.Add(bytes); return Task.CompletedTask; }, ct);
        foreach (var answer in said) { yield return new(JsonElement.Parse(answer)); }
    }

    private static async IAsyncEnumerable<LogLine> LogAsync(LogAsk ask, [EnumeratorCancellation] CancellationToken ct)
    {
        for (var line = 0; line < Math.Min(ask.Tail, 3); line++)
        {
            yield return new(DateTimeOffset.UnixEpoch.AddSeconds(line), "info", $"line {line}");
        }
        if (ask.Follow) { await Task.Delay(Timeout.Infinite, ct); }
    }
}
