using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.BotBench;

/// <summary>
/// Bots that only hold their link and their lease, as a bot does that nobody talks to. Their ids come on the standard
/// input, the secret that makes their keys from <c>PLATFORM_SECRET</c>.
/// </summary>
internal static class IdleLinks
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(Uri platform, int seconds)
    {
        var secret = Environment.GetEnvironmentVariable("PLATFORM_SECRET") ?? throw new InvalidOperationException("PLATFORM_SECRET is missing.");
        var mac = new Vault(secret, []).MacKeys("bot-link")[0];
        List<Guid> bots = [];
        while (await Console.In.ReadLineAsync() is { Length: > 0 } line) { bots.Add(Guid.Parse(line)); }
        using CancellationTokenSource end = new();
        var linked = 0;
        var clients = bots.ConvertAll(bot => HoldAsync(bot));
        while (Volatile.Read(ref linked) < bots.Count) { await Task.Delay(100); }
        Console.WriteLine($"linked={bots.Count}");
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        await end.CancelAsync();
        await Task.WhenAll(clients).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
}
