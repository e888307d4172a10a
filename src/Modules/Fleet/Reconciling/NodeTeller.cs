using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>
/// Tells nodes what they should have. Telling twice is harmless, and so is an old wish that comes late, because each has
/// its number; what was not heard is told again by the next scan.
/// </summary>
internal sealed class NodeTeller : BackgroundService
{
    private const int Workers = 4;
    private const int WaitingMax = 10_000;
    private const int BatchSize = 100;

    // Well under what a frame of a link may hold.
    private const int MessageCharsMax = 400_000;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Db _db;
    private readonly Links _links;
    private readonly SpecWriter _specs;
    private readonly ILogger _logger;
    private readonly Nudges<string> _nudges;
    private readonly ConcurrentDictionary<Guid, bool> _unwritten = new();

    public NodeTeller(Db db, Links links, SpecWriter specs, ILogger<NodeTeller> logger)
    {
        (_db, _links, _specs, _logger) = (db, links, specs, logger);
        _nudges = new(Workers, WaitingMax, TrySendAsync, (node, error) => Log.NodeNotTold(logger, node, error));
    }

    /// <param name="whole">Also what it said it knows.</param>
    public void Tell(string node, bool whole) => _nudges.Add(node, whole);

    public async Task SendAsync(string node, bool whole, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(s_patience);
        var last = Guid.Empty;
        while (await ReconcileSql.OfNodeAsync(_db, node, whole, last, BatchSize, limit.Token) is { Count: > 0 } bots)
        {
            foreach (var message in Messages(bots)) { await _links.AskAsync($"node:{node}", NodeVerbs.Bots, new(message), limit.Token); }
            last = bots[^1].Id;
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _nudges.RunAsync(stoppingToken);

    private async Task TrySendAsync(string node, bool whole, CancellationToken stopping)
    {
        try
        {
            await SendAsync(node, whole, stopping);
        }
        catch (LinkLostException)
        {
            // It is told everything when it is back.
        }
    }

    private IEnumerable<IReadOnlyList<BotSpec>> Messages(List<Bot> bots)
    {
        List<BotSpec> message = [];
        var chars = 0;
        foreach (var bot in bots)
        {
            if (Written(bot) is not { } spec) { continue; }
            var size = 1000 + spec.Settings.Sum(setting => setting.Key.Length + setting.Value.Length);
            if (message.Count > 0 && chars + size > MessageCharsMax)
            {
                yield return message;
                (message, chars) = ([], 0);
            }
            message.Add(spec);
            chars += size;
        }
        if (message.Count > 0) { yield return message; }
    }

    // One bot whose row does not open must not keep the others from being told.
    private BotSpec? Written(Bot bot)
    {
        try
        {
            var spec = _specs.Of(bot);
            _unwritten.TryRemove(bot.Id, out _);
            return spec;
        }
        catch (InvalidOperationException error)
        {
            // Said once: it is tried again every few seconds until somebody mends it.
            if (_unwritten.TryAdd(bot.Id, true)) { Log.SpecNotWritten(_logger, bot.Id, error); }
            return null;
        }
    }
}
