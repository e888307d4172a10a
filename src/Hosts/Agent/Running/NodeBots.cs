using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Wopr.Protocol;

namespace Wopr.Agent.Running;

/// <summary>The bots of this node, each kept by itself.</summary>
internal sealed class NodeBots(AgentFolder folder, Spawner spawner, TimeProvider time, ILogger<NodeBots> logger) : IDisposable
{
    private readonly ConcurrentDictionary<string, (BotKeeper Keeper, Task Running)> _bots = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _over = new();
    private readonly Lock _gate = new();

    /// <summary>Called whenever something is seen anew; quick.</summary>
    public Action Changed { get; set; } = () => { };

    public IEnumerable<BotKeeper> All => _bots.Values.Select(bot => bot.Keeper);

    public BotKeeper? Find(Guid bot) => All.FirstOrDefault(keeper => keeper.BotId == bot);

    public BotsSeen Seen() => new([.. All.Select(keeper => keeper.Seen())]);

    /// <summary>Takes over what an agent before left running. Of two of the same bot, which no agent leaves, the newer stays.</summary>
    public void Adopt()
    {
        var strays = Strays.All();
        foreach (var name in folder.Names())
        {
            var home = folder.Of(name);
            if (home.ReadNote() is not { } note) { continue; }
            var found = strays.Where(stray => stray.Home.StartsWith($"{home.Path}/", StringComparison.Ordinal)).Select(stray => stray.Process).ToList();
            var process = note.Process is { IsAlive: true } known ? known : found.FirstOrDefault();
            foreach (var other in found.Where(other => other != process)) { Posix.Signal(other.Pid, Posix.Kill); }
            // Found without a note it is of the launch before it; whether that is still right is seen when the platform says.
            if (process is not null) { Log.BotAdopted(logger, name, process.Pid); }
            Keep(name, note with { Process = process });
        }
    }

    public void Take(BotSpecs specs)
    {
        lock (_gate)
        {
            if (_over.IsCancellationRequested) { return; }
            foreach (var spec in specs.Bots) { Take(spec); }
            foreach (var (name, bot) in _bots.Where(bot => bot.Value.Keeper.IsGone && specs.Bots.All(spec => spec.Name != bot.Key)).ToList())
            {
                bot.Keeper.Leave();
                _bots.TryRemove(name, out _);
            }
        }
    }

    public async Task EndAsync(bool stopThem)
    {
        lock (_gate) { _over.Cancel(); }
        await Task.WhenAll(_bots.Values.Select(async bot =>
        {
            await bot.Running;
            if (stopThem) { await bot.Keeper.StopAsync(); }
        }));
    }

    public void Dispose() => _over.Dispose();

    private void Take(BotSpec spec)
    {
        if (!AgentFolder.IsName(spec.Name))
        {
            Log.SpecRefused(logger, spec.Name, "that is no name of a bot");
            return;
        }
        if (!_bots.TryGetValue(spec.Name, out var bot)) { bot = Keep(spec.Name, new(spec.BotId, 0, spec.Generation, "", 0, null, null)); }
        if (bot.Keeper.BotId != spec.BotId)
        {
            Log.SpecRefused(logger, spec.Name, "the folder of that name is another bot's");
            return;
        }
        bot.Keeper.Take(spec);
    }

    private (BotKeeper Keeper, Task Running) Keep(string name, ProcessNote note)
    {
        var keeper = new BotKeeper(name, folder.Of(name), note, spawner, time, logger, () => Changed());
        return _bots[name] = (keeper, keeper.RunAsync(_over.Token));
    }
}
