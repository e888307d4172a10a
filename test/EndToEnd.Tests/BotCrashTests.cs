using System.Globalization;
using System.Text;
using System.Text.Json;
using Wopr.Testing;

namespace Wopr.EndToEnd.Tests;

/// <summary>Bots under kill -9 of themselves and of all they depend on: what was said is answered once, in its order.</summary>
public sealed class BotCrashTests(ITestOutputHelper output)
{
    private static readonly int s_bots = Number("SOAK_BOTS", 4);
    private static readonly TimeSpan s_load = TimeSpan.FromSeconds(Number("SOAK_SECONDS", 30));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_conversation_outlives_its_bot_its_agent_the_platform_and_the_database()
    {
        await using var cluster = await Cluster.StartAsync();
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        await using var stack = await StartAsync(cluster, sandbox);
        await using var node = Node.Start(stack.Address);
        using var owner = await Owner.WithBotAsync(stack.Address, node, "ada@example.com");

        await owner.SayAsync();
        Assert.Equal(("You said: message 1", "answered"), Assert.Single(await owner.AnsweredAsync(Patience.Max)));
        Assert.True(node.KillBot(0));
        await owner.SayAsync();
        await owner.AnsweredAsync(Patience.Max);
        node.KillAgent();
        await node.RestartAgentAsync();
        await owner.SayAsync();
        await owner.AnsweredAsync(Patience.Max);
        for (var replica = 0; replica < 2; replica++)
        {
            stack.Replica(replica).Kill();
            await stack.RestartAsync(replica);
        }
        await owner.SayAsync();
        await owner.AnsweredAsync(Patience.Max);
        await cluster.StopAsync();
        await cluster.StartAgainAsync();
        stack.Owner.Clear();
        await owner.SayAsync();

        Assert.Equal(5, (await owner.AnsweredAsync(Patience.Max)).Count);
        await Stack.UntilAsync(async () => await owner.StateAsync() == "running", () => "The bot does not come back.");
    }

    [Fact]
    public async Task Under_kills_of_everything_each_message_is_answered_once_and_in_its_order_or_failed_and_said_so()
    {
        using var objects = new Folder();
        await using var cluster = await Cluster.StartAsync();
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        await using var stack = await StartAsync(cluster, sandbox, ("OBJECTS_DIR", objects.Path));
        await using var node = Node.Start(stack.Address);
        var owners = await Task.WhenAll(Enumerable.Range(1, s_bots).Select(number => Owner.WithBotAsync(stack.Address, node, $"owner{number}@example.com")));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        over.CancelAfter(s_load);

        var talks = owners.Select(owner => TalkAsync(owner, over.Token)).ToList();
        var kills = await DisturbAsync(stack, node, over.Token);
        await Task.WhenAll(talks);

        foreach (var owner in owners)
        {
            var answers = await owner.AnsweredAsync(Patience.Max);
            output.WriteLine($"{owner.Said.Count} said; {string.Join(", ", answers.CountBy(answer => answer.End).Select(end => $"{end.Value} {end.Key}"))}");
            Assert.All(answers, answer => Assert.Contains(answer.End, (string[])["answered", "failed"]));
            Assert.True(answers.Count(answer => answer.End == "answered") > answers.Count / 2);
            await AgreeAsync(owner, answers, node, objects.Path);
            owner.Dispose();
        }
        output.WriteLine($"killed: {string.Join(", ", kills)}");
    }

    /// <summary>What the API tells stands in the bot's file, and the object store has that file to the last byte.</summary>
    private static async Task AgreeAsync(Owner owner, IReadOnlyList<(string Text, string End)> answers, Node node, string objects)
    {
        var kept = Path.Combine(objects, "bots", owner.DataName, "1", "sessions", "main.jsonl");
        byte[] disk = [];
        await Stack.UntilAsync(() =>
        {
            disk = node.Session(owner.DataName);
            var stored = Directory.Exists(kept) ? Directory.GetFiles(kept).Order(StringComparer.Ordinal).SelectMany(File.ReadAllBytes).ToArray() : [];
            return Task.FromResult(stored.AsSpan().SequenceEqual(disk));
        }, () => $"The object store does not have {owner.DataName}'s conversation as it is on the disk.");
        var entries = Encoding.UTF8.GetString(disk).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line)).ToList();
        Assert.Equal(owner.Said, Texts("message"));
        Assert.Equal(answers.Select(answer => answer.Text), Texts("answer"));

        IEnumerable<string> Texts(string kind) => from entry in entries
                                                  where string.Equals(entry.GetProperty("kind").GetString(), kind, StringComparison.OrdinalIgnoreCase)
                                                  select entry.TryGetProperty("text", out var text) ? text.GetString() : "";
    }

    /// <summary>Longer and with more bots at night.</summary>
    private static int Number(string name, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : usual;

    private static async Task<Stack> StartAsync(Cluster cluster, TestSandbox sandbox, params (string Name, string Value)[] settings)
    {
        var stack = await Stack.PrepareAsync(cluster.Source(), replicas: 2, [("NODE_SECRET", Node.Secret), ("RATE_LIMIT_FACTOR", "1000"),
            ("OPENAI_API_KEY", "sandbox"), ("OPENAI_BASE_URL", $"{sandbox.Url}/models/openai"), .. settings]);
        stack.Set("BOT_PLATFORM_URL", stack.Address.ToString());
        await stack.RunAsync("migrate");
        await stack.StartAllAsync();
        return stack;
    }

    private static async Task TalkAsync(Owner owner, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            await owner.SayAsync();
            await Task.Delay(300, CancellationToken.None);
        }
    }

    private static async Task<List<string>> DisturbAsync(Stack stack, Node node, CancellationToken over)
    {
        List<string> kills = [];
        while (!over.IsCancellationRequested)
        {
            await Task.Delay(Random.Shared.Next(2000, 4000), CancellationToken.None);
            switch (kills.Count % 3)
            {
                case 0:
                    node.KillBot(Random.Shared.Next(s_bots));
                    kills.Add("a bot");
                    break;
                case 1:
                    stack.Replica(kills.Count % 2).Kill();
                    await stack.RestartAsync(kills.Count % 2);
                    kills.Add("a replica");
                    break;
                default:
                    node.KillAgent();
                    await node.RestartAgentAsync();
                    kills.Add("the agent");
                    break;
            }
        }
        return kills;
    }

    private sealed class Folder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("wopr-end-to-end-objects-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
