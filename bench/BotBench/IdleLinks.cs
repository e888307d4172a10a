using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.BotBench;

/// <summary>
/// Bots that only hold their link and their lease, as a bot does that nobody talks to, and their node. Their ids come on the
/// standard input, the secrets that make their keys from <c>PLATFORM_SECRET</c> and <c>NODE_SECRET</c>.
/// </summary>
internal static class IdleLinks
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(5);

    /// <summary>A line for each new bot: its id, and no variables as they are kept, sealed for this bot.</summary>
    public static int Make(int count)
    {
        Vault vault = new(Secret("PLATFORM_SECRET"), []);
        for (var made = 0; made < count; made++)
        {
            var bot = Guid.CreateVersion7();
            Console.WriteLine($"{bot}\t\\x{Convert.ToHexStringLower(vault.Seal("fleet-env", bot.ToString(), "{}"u8.ToArray()))}");
        }
        return 0;
    }

    public static async Task<int> RunAsync(Uri platform, string node, int seconds)
    {
        var mac = new Vault(Secret("PLATFORM_SECRET"), []).MacKeys("bot-link")[0];
        List<Guid> bots = [];
        while (await Console.In.ReadLineAsync() is { Length: > 0 } line) { bots.Add(Guid.Parse(line)); }
        using CancellationTokenSource end = new();
        var linked = 0;
        var holding = new IdleNode(platform, node, Secret("NODE_SECRET")).RunAsync(end.Token);
        var clients = bots.ConvertAll(bot => HoldAsync(bot));
        while (Volatile.Read(ref linked) < bots.Count) { await Task.Delay(100); }
        Console.WriteLine($"linked={bots.Count}");
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        await end.CancelAsync();
        await Task.WhenAll([holding, .. clients]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return 0;

        async Task HoldAsync(Guid bot)
        {
            var hex = Convert.ToHexStringLower(HMACSHA256.HashData(mac, Encoding.UTF8.GetBytes($"{bot:N}:1")));
            LinkClient client = new(new(platform, string.Create(CultureInfo.InvariantCulture, $"wopr_bot_{bot:N}_1_{hex}"), TimeProvider.System), new(),
                async (link, ct) =>
                {
                    await link.AskAsync(HomeVerbs.Hello, new(bot, 1, "0.0.0"), ct);
                    var given = await link.AskAsync(HomeVerbs.Lease, new(1), ct);
                    if (given.Seconds == 0) { throw new InvalidOperationException("No lease."); }
                    Interlocked.Increment(ref linked);
                });
            var running = client.RunAsync(end.Token);
            while (!end.IsCancellationRequested)
            {
                await Task.Delay(s_lease, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (client.Current is { } link && !end.IsCancellationRequested) { await link.AskAsync(HomeVerbs.Lease, new(1), end.Token); }
            }
            await running;
        }
    }

    private static string Secret(string name) => Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is missing.");
}
