using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>Gives bots their leases: whoever asks at about the same time is answered by one statement.</summary>
internal sealed class LeaseDesk(Db db, LinksPace pace, TimeProvider time, ILogger<LeaseDesk> logger) : BackgroundService
{
    private const int AsksMax = 10_000;

    private static readonly LinkRefusedException s_notNow = new(new("fleet.no_lease",
        "There is no lease for this bot now. It is to wait, and to ask again."));

    private readonly Channel<Asked> _asked = Channel.CreateBounded<Asked>(AsksMax);
    private bool _faulty;

    /// <exception cref="LinkRefusedException">Not now.</exception>
    public async Task<LeaseGiven> AskAsync(LinkPeer peer, CancellationToken ct)
    {
        var asked = new Asked(peer.BotId, peer.Generation, new(TaskCreationOptions.RunContinuationsAsynchronously));
        await _asked.Writer.WriteAsync(asked, ct);
        return await asked.Answer.Task.WaitAsync(ct) switch
        {
            LeaseAnswer.Given => new((int)LeaseSql.Duration.TotalSeconds),
            LeaseAnswer.Never => new(0),
            _ => throw s_notNow,
        };
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Dictionary<Guid, Asked> batch = [];
        List<Asked> next = [];
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (next.Count == 0) { await _asked.Reader.WaitToReadAsync(stoppingToken); }
                await Task.Delay(pace.Gather, time, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            Gather(batch, next);
            await GiveAsync(batch, stoppingToken);
            batch.Clear();
        }
    }

    // A bot that asks twice, or whose generations ask at once, is answered one ask at a time.
    private void Gather(Dictionary<Guid, Asked> batch, List<Asked> next)
    {
        next.RemoveAll(asked => batch.TryAdd(asked.Bot, asked));
        while (_asked.Reader.TryRead(out var asked))
        {
            if (!batch.TryAdd(asked.Bot, asked)) { next.Add(asked); }
        }
    }

    private async Task GiveAsync(Dictionary<Guid, Asked> batch, CancellationToken ct)
    {
        Asked[] asked = [.. batch.Values];
        try
        {
            var rows = await LeaseSql.GiveAsync(db, [.. asked.Select(one => one.Bot)], [.. asked.Select(one => one.Generation)], ct);
            foreach (var row in rows) { batch[row.BotId].Answer.TrySetResult(row.Answer); }
            _faulty = false;
        }
        catch (Exception error)
        {
            if (!_faulty && !ct.IsCancellationRequested) { LinkLog.NoLeases(logger, error.Message.Split('\n')[0]); }
            _faulty = true;
        }
        foreach (var one in asked) { one.Answer.TrySetResult(LeaseAnswer.NotNow); }
    }

    private sealed record Asked(Guid Bot, int Generation, TaskCompletionSource<LeaseAnswer> Answer);
}
