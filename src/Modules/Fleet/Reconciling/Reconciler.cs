using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wopr.Kernel;

namespace Wopr.Fleet;

/// <summary>
/// Looks at bots as soon as something happened to them. News only makes it sooner: whatever is missed here,
/// <see cref="FleetScan"/> finds.
/// </summary>
internal sealed class Reconciler : BackgroundService
{
    private const int Workers = 4;
    private const int WaitingMax = 10_000;

    private readonly BotPass _pass;
    private readonly NodeTeller _teller;
    private readonly Listener _listener;
    private readonly Nudges<Guid> _nudges;

    public Reconciler(BotPass pass, NodeTeller teller, Listener listener, ILogger<Reconciler> logger)
    {
        (_pass, _teller, _listener) = (pass, teller, listener);
        _nudges = new(Workers, WaitingMax, (bot, _, ct) => LookAsync(bot, ct), (bot, error) => Log.LookFailed(logger, bot, error));
    }

    public void Nudge(Guid bot) => _nudges.Add(bot);

    private async Task LookAsync(Guid bot, CancellationToken ct)
    {
        if (await _pass.RunAsync(bot, ct) is { } node) { _teller.Tell(node, whole: false); }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = _listener.On(BotChanges.Channel, heard =>
        {
            if (Guid.TryParse(heard, out var bot)) { Nudge(bot); }
        });
        await _nudges.RunAsync(stoppingToken);
    }
}

/// <summary>Finds bots that are not what they should be, whoever missed what.</summary>
internal sealed class FleetScan(Db db, BotPass pass, NodeTeller teller, ILogger<FleetScan> logger) : IJob
{
    public const string Name = "fleet-scan";

    private const int BatchSize = 500;

    public async Task RunAsync(CancellationToken ct)
    {
        var last = Guid.Empty;
        while (await ReconcileSql.DueAsync(db, last, BatchSize, ct) is { Count: > 0 } due)
        {
            // Each once: a node that is away has many bots that are not what they should be.
            HashSet<string> nodes = [];
            foreach (var bot in due)
            {
                try
                {
                    if (await pass.RunAsync(bot, ct) is { } node) { nodes.Add(node); }
                }
                catch (Exception error) when (!ct.IsCancellationRequested)
                {
                    Log.LookFailed(logger, bot, error);
                }
            }
            foreach (var node in nodes) { teller.Tell(node, whole: false); }
            last = due[^1];
        }
    }
}

/// <summary>Tells every node all it should have once in a while, whatever it said it knows.</summary>
internal sealed class NodeRounds(Db db, NodeTeller teller) : IJob
{
    public async Task RunAsync(CancellationToken ct)
    {
        foreach (var node in await ReconcileSql.NodesAsync(db, ct)) { teller.Tell(node, whole: true); }
    }
}
