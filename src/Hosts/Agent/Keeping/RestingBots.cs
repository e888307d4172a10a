using System.Runtime.CompilerServices;
using System.Text.Json;
using Wopr.Agent.Running;
using Wopr.Protocol;

namespace Wopr.Agent.Keeping;

/// <summary>
/// Has bots that do not run answer for what they keep. Nobody but a bot's own program reads its files, as its own user;
/// while it is asked, the bot is not started.
/// </summary>
internal sealed class RestingBots(NodeBots bots, Spawner spawner, TimeProvider time) : IDisposable
{
    private const int AtOnceMax = 4;

    private static readonly TimeSpan s_askPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_followPatience = TimeSpan.FromMinutes(10);

    private readonly SemaphoreSlim _places = new(AtOnceMax);

    public async Task<RestAnswer> AskAsync(RestAsk ask, CancellationToken ct)
    {
        await foreach (var answer in RunAsync(ask, s_askPatience, yields: false, ct)) { return answer; }
        throw new LinkRefusedException(new("node.ask_failed", "The bot's program failed. Its log says why."));
    }

    /// <summary>Ends when the bot is to run: it is not kept waiting.</summary>
    public IAsyncEnumerable<RestAnswer> FollowAsync(RestAsk ask, CancellationToken ct) => RunAsync(ask, s_followPatience, yields: true, ct);

    public void Dispose() => _places.Dispose();

    private async IAsyncEnumerable<RestAnswer> RunAsync(
        RestAsk ask, TimeSpan patience, bool yields, [EnumeratorCancellation] CancellationToken ct)
    {
        var keeper = bots.Find(ask.BotId) ?? throw Unknown();
        await _places.WaitAsync(ct);
        try
        {
            using var rest = await keeper.RestAsync(ask.Generation, yields, ct);
            if (keeper.Folder.EnsureData(ask.BotId, ask.Generation, rest.Uid) is { } fault)
            {
                throw new LinkRefusedException(new("node.no_data", fault));
            }
            var process = spawner.StartOnce(keeper.Folder, keeper.Folder.Data(ask.Generation), ask.BotId, ask.Generation, rest.Uid, "ask");
            using var input = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(ask, WireJson.Default.RestAsk));
            await foreach (var line in new OneShot(process, time).RunAsync(input, patience, rest.Token).WithCancellation(ct))
            {
                var answer = Read(line);
                if (answer.Problem is { } problem) { throw new LinkRefusedException(problem); }
                yield return answer;
            }
        }
        finally
        {
            _places.Release();
        }
    }

    public static RestAnswer Read(byte[] line)
    {
        try { return JsonSerializer.Deserialize(line, WireJson.Default.RestAnswer) ?? throw new JsonException(); }
        catch (JsonException) { throw new LinkRefusedException(new("node.ask_failed", "The bot's program cannot be understood. Its log says why.")); }
    }

    public static LinkRefusedException Unknown() => new(new("node.unknown_bot", "That bot is not on this node.", IsPassing: true));
}
