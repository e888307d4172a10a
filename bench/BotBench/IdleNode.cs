using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Wopr.Protocol;

namespace Wopr.BotBench;

/// <summary>A node that says of all its bots that they are up, as often as an agent does.</summary>
internal sealed class IdleNode
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<Guid, BotSpec> _specs = new();
    private readonly LinkClient _client;

    public IdleNode(Uri platform, string name, string secret)
    {
        var key = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"node-link:{name}")));
        LinkAnswers answers = new();
        answers.On(NodeVerbs.Bots, (specs, _) =>
        {
            foreach (var spec in specs.Bots) { _specs[spec.BotId] = spec; }
            return Task.FromResult(Nothing.Instance);
        });
        _client = new(new(platform, $"wopr_node_{name}_{key}", TimeProvider.System), answers,
            (link, ct) => link.AskAsync(FleetVerbs.Hello, new(name, "bench", "process", 2, 1L << 34), ct));
    }

    public Task RunAsync(CancellationToken ct) => Task.WhenAll(_client.RunAsync(ct), TellAsync(ct));

    private async Task TellAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            if (_client.Current is { } link)
            {
                BotsSeen seen = new([.. _specs.Values.Select(spec => new BotSeen(
                    spec.BotId, spec.Generation, spec.Version, BotProcess.Up, null, 0, null, null, 0, 1 << 24, 1 << 20, HasData: true))]);
                await link.AskAsync(FleetVerbs.Seen, seen, ct);
            }
            await Task.Delay(s_every, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
