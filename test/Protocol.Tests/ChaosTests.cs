using System.Globalization;
using System.Runtime.CompilerServices;
using Wopr.Protocol.Tests.Simulated;

namespace Wopr.Protocol.Tests;

/// <summary>Links over simulated networks of every badness. A seed that fails is named; WOPR_SEED runs it alone.</summary>
public sealed class ChaosTests
{
    private const int Seeds = 200;
    private const int Asks = 40;
    private const int Events = 120;

    private static readonly TimeSpan s_calmAfter = TimeSpan.FromMinutes(5);

    private static IEnumerable<int> SeedsToRun() =>
        Environment.GetEnvironmentVariable("WOPR_SEED") is { } seed ? [int.Parse(seed, CultureInfo.InvariantCulture)] : Enumerable.Range(1, Seeds);

    [Fact]
    public void Whatever_the_network_does_every_ask_is_answered_and_done_once()
    {
        var mishaps = 0;
        foreach (var seed in SeedsToRun()) { mishaps += Try(seed, AskEverythingAsync).Mishaps; }
        Assert.True(mishaps > 0, "The weather was too fair to show anything.");
    }

    [Fact]
    public void Whatever_the_network_does_a_feed_goes_on_without_loss_or_doubling()
    {
        foreach (var seed in SeedsToRun()) { Try(seed, FollowEverythingAsync); }
    }

    [Fact]
    public void The_same_seed_makes_the_same_run()
    {
        var (one, other) = (Try(7, AskEverythingAsync), Try(7, AskEverythingAsync));

        Assert.Equal(one, other);
    }

    private static (int Mishaps, TimeSpan Took) Try(int seed, Func<World, BadNetwork, Random, Task> story)
    {
        try
        {
            var world = new World();
            var random = new Random(seed);
            var network = new BadNetwork(world.Time, random, Weather.Of(random), s_calmAfter);
            world.Run(() => story(world, network, random));
            return (network.Mishaps, world.Time.Elapsed);
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"WOPR_SEED={seed}: {error.Message}", error);
        }
    }

    private static async Task AskEverythingAsync(World world, BadNetwork network, Random random)
    {
        using var stop = new CancellationTokenSource();
        var pair = new Pair(world, network, random);
        Dictionary<Guid, int> ended = [], taken = [];
        List<(int Link, Guid Turn)> heard = [];
        pair.Platform = (answers, number) => answers.On(HomeVerbs.Ended, async (ask, ct) =>
        {
            heard.Add((number, ask.TurnId));
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(300)), world.Time, CancellationToken.None);
            ended[ask.TurnId] = ended.GetValueOrDefault(ask.TurnId) + (ended.ContainsKey(ask.TurnId) ? 0 : 1);
            return Nothing.Instance;
        });
        pair.BotAnswers.On(BotVerbs.Turn, async (ask, ct) =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(300)), world.Time, CancellationToken.None);
            taken.TryAdd(ask.TurnId, 1);
            return new(ask.TurnId, null);
        });
        pair.Start(stop.Token);

        List<Task> asked = [];
        for (var number = 0; number < Asks; number++)
        {
            var (up, down) = (new Guid(number, 1, 0, new byte[8]), new Guid(number, 2, 0, new byte[8]));
            asked.Add(pair.Bot.AskAsync(HomeVerbs.Ended, new(up, "main", Outcome(random.Next(20_000))), stop.Token));
            asked.Add(TakeAsync(down));
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(500)), world.Time);
        }
        await Task.WhenAll(asked);

        Assert.Equal((Asks, Asks), (ended.Count, taken.Count));
        // What the network repeats is not done again on the same link.
        Assert.Equal(heard.Count, heard.Distinct().Count());
        await QuietAsync(world, pair);
        stop.Cancel();
        await pair.OverAsync();

        async Task TakeAsync(Guid turn)
        {
            var answer = await pair.AskBotAsync(BotVerbs.Turn, new(turn, "main", new('x', random.Next(20_000)), null, null), stop.Token);
            Assert.Equal(turn, answer.TurnId);
        }
    }

    private static async Task FollowEverythingAsync(World world, BadNetwork network, Random random)
    {
        using var stop = new CancellationTokenSource();
        var pair = new Pair(world, network, random);
        var (made, more) = (0, new TaskCompletionSource());
        var text = new string('y', random.Next(10_000));
        pair.BotAnswers.On(BotVerbs.Watch, WatchAsync);
        pair.Start(stop.Token);
        var making = MakeAsync();

        List<int> got = [];
        while (got.Count < Events)
        {
            try
            {
                if (pair.PlatformLinks is [.., { Why: null }]) { await ReadAsync(got); }
            }
            catch (LinkLostException)
            {
                // Followed again from where it was.
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100), world.Time);
        }

        await making;
        Assert.Equal(Enumerable.Range(1, Events), got);
        await QuietAsync(world, pair);
        stop.Cancel();
        await pair.OverAsync();

        async Task ReadAsync(List<int> into)
        {
            var after = into.Count == 0 ? null : $"t:{into[^1]}";
            await foreach (var next in pair.Newest.FollowAsync(BotVerbs.Watch, new("main", after), stop.Token))
            {
                into.Add(int.Parse(next.Id[2..], CultureInfo.InvariantCulture));
                if (into.Count == Events) { return; }
                if (random.Next(10) == 0) { await Task.Delay(TimeSpan.FromSeconds(random.Next(20)), world.Time); }
            }
        }

        async IAsyncEnumerable<SessionEvent> WatchAsync(WatchAsk ask, [EnumeratorCancellation] CancellationToken ct)
        {
            var next = ask.After is null ? 1 : int.Parse(ask.After[2..], CultureInfo.InvariantCulture) + 1;
            while (true)
            {
                var wait = more.Task;
                for (; next <= made; next++)
                {
                    yield return new($"t:{next}", Guid.Empty, SessionEventKind.Text, text, null, null);
                }
                await wait.WaitAsync(ct);
            }
        }

        async Task MakeAsync()
        {
            while (made < Events)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1000)), world.Time);
                made++;
                var old = more;
                more = new();
                old.SetResult();
            }
        }
    }

    /// <summary>Both ends have let go of everything, and the newest link is open.</summary>
    private static async Task QuietAsync(World world, Pair pair)
    {
        for (var tries = 0; tries < 600; tries++)
        {
            if (pair.Bot.Current is { Why: null } link && link.Load == default && pair.PlatformLinks.All(one => one.Load == default)) { return; }
            await Task.Delay(TimeSpan.FromSeconds(1), world.Time);
        }
        Assert.Fail("Something is kept for ever.");
    }

    private static TurnOutcome Outcome(int length) => new(TurnEnd.Answered, new('z', length), null, false, "m", 1, 2, 3);
}
