using Microsoft.Extensions.Logging;
using Wopr.Agent.Running;
using Wopr.Protocol;

namespace Wopr.Agent.Keeping;

/// <summary>Looks every second what bots have written, has the platform keep it, and keeps logs from growing.</summary>
internal sealed class Shipping(NodeBots bots, LinkClient client, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_clearEvery = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_afterRefusal = TimeSpan.FromMinutes(1);

    private readonly Dictionary<(Guid, int), BotFiles> _files = [];
    private readonly Dictionary<Guid, DateTimeOffset> _refused = [];

    private DateTimeOffset _clearedAt;

    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            var clears = time.GetUtcNow() - _clearedAt > s_clearEvery;
            if (clears) { _clearedAt = time.GetUtcNow(); }
            foreach (var bot in bots.All.ToList())
            {
                try
                {
                    LogRotation.Rotate(bot.Folder);
                    if (clears) { bot.Folder.DropOld(bot.Generation, time.GetUtcNow()); }
                }
                catch (IOException) { /* A full disk; the next look tries again. */ }
                if (client.Current is not null && !ct.IsCancellationRequested) { await ShipAsync(bot, ct); }
            }
            await Task.Delay(s_every, time, ct).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private async Task ShipAsync(BotKeeper bot, CancellationToken ct)
    {
        if (_refused.TryGetValue(bot.BotId, out var until) && until > time.GetUtcNow()) { return; }
        var key = (bot.BotId, bot.Generation);
        if (!_files.TryGetValue(key, out var files))
        {
            files = _files[key] = new(bot.BotId, bot.Generation, bot.Folder.Data(bot.Generation), client);
        }
        try
        {
            await files.ShipAsync(ct);
            _refused.Remove(bot.BotId);
        }
        catch (Exception error) when (error is LinkLostException or OperationCanceledException)
        {
            // It goes on where it was, when there is a link.
        }
        catch (Exception error)
        {
            Log.NotKept(logger, bot.Name, error.Message);
            _refused[bot.BotId] = time.GetUtcNow() + s_afterRefusal;
        }
    }
}
