using System.Globalization;
using Wopr.Testing;

namespace Wopr.EndToEnd.Tests;

/// <summary>A bot with a Discord channel whose line home is bad, and then gone.</summary>
public sealed class ChannelOutageTests(ITestOutputHelper output)
{
    private const long MemoryBytesMax = 200_000_000;
    private static readonly string[] s_people = ["ann", "bob", "eve"];
    private static readonly TimeSpan s_badLine = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan s_outage = TimeSpan.FromSeconds(22);
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_onItsWay = TimeSpan.FromMilliseconds(250);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task On_a_bad_line_every_message_is_answered_once_and_without_one_the_bot_is_silent_in_time()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        await using var stack = await Stack.PrepareAsync(await TestPostgres.EmptyAsync(Ct), replicas: 1, ("NODE_SECRET", Node.Secret),
            ("RATE_LIMIT_FACTOR", "1000"), ("OPENAI_API_KEY", "sandbox"), ("OPENAI_BASE_URL", $"{sandbox.Url}/models/openai"));
        stack.Set("BOT_PLATFORM_URL", stack.AddressOf(0).ToString());
        await stack.RunAsync("migrate");
        await stack.StartAllAsync();
        await using LinkProxy line = new(stack.AddressOf(0));
        await using var node = Node.Start(stack.AddressOf(0), ("WOPR_PLATFORM_URL", line.Address.ToString()),
            ("WOPR_DISCORD_URL", DiscordPeople.Api(sandbox)));
        using var owner = await Owner.WithBotAsync(stack.AddressOf(0), node, "ada@example.com");
        DiscordPeople people = new(sandbox, "ada");
        await people.UnlimitAsync();
        await owner.PutDiscordAsync(people.Token);
        await Stack.UntilAsync(people.IsConnectedAsync, () => $"The bot does not come to Discord:\n{node.Output}");

        await TalkAsync(owner, people, node, s_badLine, () => Worsen(line));
        Mend(line);
        await owner.AnsweredAsync(Patience.Max);
        await people.AnsweredAsync(Patience.Max, () => node.Output);
        output.WriteLine($"{people.Count} on Discord, {owner.Said.Count} in the web; frames passed, dropped, doubled, swapped: "
            + $"{string.Join(", ", line.Fates)}; {line.Links} links");
        Assert.All(line.Fates, befallen => Assert.True(befallen > 0));

        line.Cut();
        var cutAt = TimeProvider.System.GetUtcNow();
        await TalkAsync(null, people, node, s_outage, () => { });
        Assert.False(await people.IsConnectedAsync(), "Without a lease the bot is still on Discord.");
        line.Mend();
        var mendedAt = TimeProvider.System.GetUtcNow();
        await people.AnsweredAsync(Patience.Max, () => node.Output);

        var answers = (await people.AnswersAsync()).Where(answer => answer.At > cutAt).ToList();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"after the cut it spoke for {(answers.Where(answer => answer.At < mendedAt).Max(answer => answer.At) - cutAt).TotalSeconds:F1} s, and again "
            + $"{(answers.Where(answer => answer.At >= mendedAt).Min(answer => answer.At) - mendedAt).TotalSeconds:F1} s after it was mended"));
        Assert.Contains(answers, answer => answer.At < mendedAt);
        Assert.DoesNotContain(answers, answer => answer.At > cutAt + s_lease + s_onItsWay && answer.At < mendedAt);
    }

    /// <summary>People write all the time, whoever listens.</summary>
    private static async Task TalkAsync(Owner? owner, DiscordPeople people, Node node, TimeSpan length, Action disturb)
    {
        var until = TimeProvider.System.GetUtcNow() + length;
        for (var round = 0; TimeProvider.System.GetUtcNow() < until; round++)
        {
            disturb();
            await people.SayAsync(s_people[round % s_people.Length]);
            if (owner is not null && round % 3 == 0) { await owner.SayAsync(); }
            Assert.All(node.BotMemory(), bytes => Assert.InRange(bytes, 0, MemoryBytesMax));
            await Task.Delay(300, Ct);
        }
    }

    private static void Worsen(LinkProxy line)
    {
        line.Decide = () => (line.Fates.Sum() % 40) switch { 11 => Fate.Drop, 31 => Fate.Swap, 5 or 15 or 25 or 35 => Fate.Twice, _ => Fate.Pass };
        line.Delay = () => TimeSpan.FromMilliseconds(Random.Shared.Next(30));
        line.BytesPerSecond = Random.Shared.Next(3) == 0 ? 40_000 : 0;
        if (Random.Shared.Next(15) == 0) { line.Break(); }
    }

    private static void Mend(LinkProxy line)
    {
        line.Decide = () => Fate.Pass;
        line.Delay = () => TimeSpan.Zero;
        line.BytesPerSecond = 0;
    }
}
