using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Wopr.Agent.Running;
using Wopr.Protocol;

namespace Wopr.Agent.Telling;

/// <summary>Tells the platform what is seen: soon after it changes, and every few seconds.</summary>
internal sealed class Reports
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_gather = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Channel<bool> _nudges =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly NodeBots _bots;
    private readonly LinkClient _client;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public Reports(NodeBots bots, LinkClient client, TimeProvider time, ILogger logger)
    {
        (_bots, _client, _time, _logger) = (bots, client, time, logger);
        bots.Changed = Nudge;
    }

    public void Nudge() => _nudges.Writer.TryWrite(true);

    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            await WaitAsync(ct);
            if (!ct.IsCancellationRequested) { await TellAsync(s_patience); }
        }
    }

    public async Task TellAsync(TimeSpan patience)
    {
        if (_client.Current is not { } link) { return; }
        using var limit = new CancellationTokenSource(patience, _time);
        try
        {
            await link.AskAsync(FleetVerbs.Seen, _bots.Seen(), limit.Token);
        }
        catch (Exception error) when (error is LinkLostException or OperationCanceledException)
        {
            // Told again on the next link.
        }
        catch (Exception error)
        {
            Log.NotTold(_logger, error.Message);
        }
    }

    private async Task WaitAsync(CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(s_every, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            await _nudges.Reader.ReadAsync(either.Token);
            await Task.Delay(s_gather, _time, ct);
        }
        catch (OperationCanceledException)
        {
            // It is time, or it is over.
        }
    }
}
