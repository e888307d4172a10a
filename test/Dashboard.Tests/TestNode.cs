using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Wopr.Protocol;
using Wopr.Testing;

namespace Wopr.Dashboard.Tests;

/// <summary>A node over a real link to the Platform. Its bots say what a test has them say.</summary>
public sealed class TestNode : IAsyncDisposable
{
    private const string Name = "local";
    private const string Secret = "node0node0node0node0node0node0node0";

    private readonly CancellationTokenSource _ends = new();
    private readonly ConcurrentDictionary<Guid, BotSpec> _specs = new();
    private readonly ConcurrentDictionary<Guid, TestBot> _bots = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Uri _platform;
    private readonly LinkClient _client;
    private Task _running = Task.CompletedTask;

    private TestNode(string platform)
    {
        _platform = new(platform);
        var key = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes($"node-link:{Name}")));
        var answers = new LinkAnswers();
        answers.On(NodeVerbs.Bots, TakeAsync);
        answers.On(NodeVerbs.Logs, (ask, _) => Lines(ask));
        answers.On(NodeVerbs.Ask, async (ask, ct) => (await RestAsync(ask, ct))[0]);
        answers.On(NodeVerbs.Follow, FollowAsync);
        answers.On(NodeVerbs.ImportPiece, (piece, _) =>
        {
            Imported += Encoding.UTF8.GetString(piece.Bytes);
            return Task.FromResult(new ImportLength(piece.Offset + piece.Bytes.Length));
        });
        answers.On(NodeVerbs.Import, (_, _) => Imported.EndsWith("it keeps", StringComparison.Ordinal)
            ? Task.FromResult(new ArchiveTaken(1, 2, 3, 4))
            : throw new LinkRefusedException(new("import.foreign", "This is no archive of a bot. Choose another file.")));
        _client = new(new(_platform, $"wopr_node_{Name}_{key}", TimeProvider.System), answers, (link, ct) =>
            link.AskAsync(FleetVerbs.Hello, new(Name, "test", "process", 2, 1L << 34), ct));
    }

    /// <summary>What was sent as archives.</summary>
    public string Imported { get; private set; } = "";

    public static (string, string) PlatformSetting => ("NODE_SECRET", Secret);

    public static TestNode Start(string platform)
    {
        var node = new TestNode(platform);
        node._running = Task.WhenAll(node._client.RunAsync(node._ends.Token), node.TellAsync(node._ends.Token));
        return node;
    }

    /// <summary>As soon as it runs.</summary>
    public async Task<TestBot> BotAsync(Guid id, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Patience.Max);
        while (true)
        {
            if (_bots.TryGetValue(id, out var bot) && bot.IsUp) { return bot; }
            await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ends.CancelAsync();
        await _running.ContinueWith(_ => { }, TaskScheduler.Default);
        foreach (var bot in _bots.Values) { await bot.StopAsync(); }
        _ends.Dispose();
        _turn.Dispose();
    }

    private async Task<Nothing> TakeAsync(BotSpecs specs, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            foreach (var spec in specs.Bots)
            {
                if (_specs.TryGetValue(spec.BotId, out var known) && known.Version > spec.Version) { continue; }
                _specs[spec.BotId] = spec;
                var bot = _bots.GetOrAdd(spec.BotId, _ => new());
                if (spec.Wish == BotWish.Run) { await bot.RunAsync(spec, _platform); }
                else { await bot.StopAsync(); }
            }
        }
        finally
        {
            _turn.Release();
        }
        _ = TellNowAsync(_ends.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        return Nothing.Instance;
    }

    private async Task<List<RestAnswer>> RestAsync(RestAsk ask, CancellationToken ct)
    {
        if (!_bots.TryGetValue(ask.BotId, out var bot) || bot.IsUp)
        {
            throw new LinkRefusedException(new("node.bot_runs", "The bot runs, so it is asked itself.", IsPassing: true));
        }
        List<RestAnswer> said = [];
        await bot.Answers().AnswerAsync(ask.Verb, JsonSerializer.SerializeToUtf8Bytes(ask.Ask), bytes =>
        {
            said.Add(new(JsonElement.Parse(bytes)));
            return Task.CompletedTask;
        }, ct);
        return said;
    }

    private async IAsyncEnumerable<RestAnswer> FollowAsync(RestAsk ask, [EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var answer in await RestAsync(ask, ct)) { yield return answer; }
    }

    private async Task TellAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            await TellNowAsync(ct);
            await Task.Delay(TimeSpan.FromSeconds(1), ct);
        }
    }

    private Task<Nothing> TellNowAsync(CancellationToken ct) => _client.AskAsync(FleetVerbs.Seen, new BotsSeen(
        [.. _specs.Values.Select(spec => new BotSeen(spec.BotId, spec.Generation, spec.Version,
            _bots[spec.BotId].IsUp ? BotProcess.Up : BotProcess.Absent, null, 0, null, null, 1, 1 << 24, 1 << 20, HasData: true))]), ct);

    private static async IAsyncEnumerable<LogLine> Lines(LogAsk ask)
    {
        await Task.CompletedTask;
        if (ask.Tail > 0) { yield return new(DateTimeOffset.UnixEpoch, "info", "The bot has begun."); }
        if (ask.Tail > 1) { yield return new(DateTimeOffset.UnixEpoch, "error", "<b>It could not reach a model.</b>"); }
    }
}
