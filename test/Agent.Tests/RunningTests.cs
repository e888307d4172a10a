using System.Text.Json;
using Wopr.Agent.Running;
using Wopr.Protocol;

namespace Wopr.Agent.Tests;

/// <summary>What bots should be is what they become.</summary>
public sealed class RunningTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_bot_starts_with_what_it_is_given_and_nothing_else()
    {
        await using var node = await TestNode.StartAsync();
        await node.Platform.WantAsync(TestNode.Bot("tenant_a", settings: [("WOPR_MODEL", "a'b\nc"), ("LD_PRELOAD", "/tmp/evil.so")]));

        var seen = await node.UpAsync("tenant_a");

        Assert.Equal(("test-node", "process"), (node.Platform.Hello!.Node, node.Platform.Hello.Runtime));
        var environment = await node.LeftAsync("tenant_a", "environment");
        Assert.Contains($"WOPR_HOME={node.Home("tenant_a")}\n", environment, StringComparison.Ordinal);
        Assert.Contains("WOPR_MODEL=a'b\nc\n", environment, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET_OF_THE_AGENT", environment, StringComparison.Ordinal);
        Assert.DoesNotContain("NODE_SECRET", environment, StringComparison.Ordinal);
        Assert.DoesNotContain("LD_PRELOAD", environment, StringComparison.Ordinal);
        using var marker = JsonDocument.Parse(await node.LeftAsync("tenant_a", ".wopr-data.json"));
        Assert.Equal(TestNode.IdOf("tenant_a"), marker.RootElement.GetProperty("bot").GetGuid());
        Assert.Equal(1, marker.RootElement.GetProperty("generation").GetInt32());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(node.Home("tenant_a")));
        Assert.True(seen is { HasData: true, Restarts: 0, Generation: 1 } && seen.MemoryBytes > 0);
    }

    [Fact]
    public async Task Secrets_stand_in_no_list_of_processes()
    {
        await using var node = await TestNode.StartAsync();
        await node.Platform.WantAsync(TestNode.Bot("tenant_a", settings: [("WOPR_LINK_KEY", "very-secret-key")]));
        await node.UpAsync("tenant_a");

        var words = await File.ReadAllTextAsync($"/proc/{Assert.Single(node.Alive("tenant_a"))}/cmdline", Ct);

        Assert.DoesNotContain("very-secret-key", words, StringComparison.Ordinal);
        Assert.DoesNotContain("very-secret-key", await File.ReadAllTextAsync(Path.Combine(node.Data, "tenant_a", "process.json"), Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Started_by_root_each_bot_has_a_user_of_its_own()
    {
        Assert.SkipUnless(Posix.IsRoot, "Only root can be another.");
        await using var node = await TestNode.StartAsync();
        await node.Platform.WantAsync(TestNode.Bot("tenant_a"), TestNode.Bot("tenant_b"));
        await node.UpAsync("tenant_a");
        await node.UpAsync("tenant_b");

        string[] users = [.. ((string[])["tenant_a", "tenant_b"]).Select(name => UserOf(Assert.Single(node.Alive(name))))];

        Assert.Equal(["200000 200000 200000 200000", "200001 200001 200001 200001"], users.Order());
        Assert.Equal("1", Field(node.Alive("tenant_a")[0], "NoNewPrivs"));
    }

    [Fact]
    public async Task A_bot_that_is_to_stop_ends_in_order_and_one_that_is_deaf_is_killed()
    {
        await using var node = await TestNode.StartAsync();
        await node.Platform.WantAsync(TestNode.Bot("tenant_a"), TestNode.Bot("tenant_b", mode: "deaf"));
        await node.UpAsync("tenant_a");
        await node.UpAsync("tenant_b");

        await node.Platform.WantAsync(TestNode.Bot("tenant_a", 2, BotWish.Stop), TestNode.Bot("tenant_b", 2, BotWish.Stop, mode: "deaf"));

        var polite = await node.SeenAsync("tenant_a", bot => bot.Process == BotProcess.Exited && bot.Version == 2);
        // The deaf one keeps nobody waiting.
        Assert.Equal(BotProcess.Up, node.Seen("tenant_b")!.Process);
        Assert.Equal(0, polite.Exit);
        var deaf = await node.SeenAsync("tenant_b", bot => bot.Process == BotProcess.Exited && bot.Version == 2);
        Assert.Equal(137, deaf.Exit);
        Assert.Empty(node.Alive("tenant_b"));
        Assert.True(polite.HasData && deaf.HasData);
    }

    [Fact]
    public async Task The_real_bot_takes_its_data_and_ends_in_order()
    {
        await using var node = await TestNode.StartAsync(("BOT_PROGRAM", Path.Combine(AppContext.BaseDirectory, "Wopr.Bot")));
        BotSpec Spec(long version, BotWish wish) => TestNode.Bot("tenant_a", version, wish, settings:
        [
            ("WOPR_PLATFORM_URL", node.Platform.Url), ("WOPR_BOT_ID", $"{TestNode.IdOf("tenant_a")}"), ("WOPR_LINK_KEY", "of no bot"),
        ]);
        await node.Platform.WantAsync(Spec(1, BotWish.Run));
        await node.UpAsync("tenant_a");
        var log = new BotFolder(Path.Combine(node.Data, "tenant_a")).Log;
        // It could not write there if the folder were not its own.
        await node.UntilAsync(() => File.ReadAllText(log).Contains("does not accept the key", StringComparison.Ordinal));

        await node.Platform.WantAsync(Spec(2, BotWish.Stop));

        var seen = await node.SeenAsync("tenant_a", bot => bot.Process == BotProcess.Exited && bot.Version == 2);
        Assert.Equal((0, 0), (seen.Exit, seen.Restarts));
    }

    [Fact]
    public async Task A_bot_that_is_erased_leaves_nothing()
    {
        await using var node = await TestNode.StartAsync();
        await node.Platform.WantAsync(TestNode.Bot("tenant_a"));
        await node.UpAsync("tenant_a");

        await node.Platform.WantAsync(TestNode.Bot("tenant_a", 2, BotWish.Erase));

        var seen = await node.SeenAsync("tenant_a", bot => bot is { Process: BotProcess.Absent, Version: 2 });
        Assert.False(seen.HasData);
        Assert.False(Directory.Exists(Path.Combine(node.Data, "tenant_a")));
        Assert.Empty(node.Alive("tenant_a"));
    }

    [Fact]
    public async Task What_is_not_named_is_not_touched()
    {
        await using var node = await TestNode.StartAsync();
        await node.Platform.WantAsync(TestNode.Bot("tenant_a"));
        await node.UpAsync("tenant_a");
        var alive = node.Alive("tenant_a");

        await node.Platform.SayAsync(TestNode.Bot("tenant_b"));

        await node.UpAsync("tenant_b");
        Assert.Equal(alive, node.Alive("tenant_a"));
    }

    [Fact]
    public async Task An_older_wish_never_wins()
    {
        await using var node = await TestNode.StartAsync();
        await node.Platform.WantAsync(TestNode.Bot("tenant_a", version: 5));
        await node.UpAsync("tenant_a", 5);

        await node.Platform.SayAsync(TestNode.Bot("tenant_a", 4, BotWish.Erase));
        await node.Platform.SayAsync(TestNode.Bot("tenant_b"));

        await node.UpAsync("tenant_b");
        Assert.Equal((BotProcess.Up, 5L), (node.Seen("tenant_a")!.Process, node.Seen("tenant_a")!.Version));
        Assert.Single(node.Alive("tenant_a"));
    }

    [Fact]
    public async Task An_older_wish_never_wins_also_over_what_an_earlier_agent_heard()
    {
        await using var node = await TestNode.StartAsync();
        await node.Platform.WantAsync(TestNode.Bot("tenant_a", version: 5));
        await node.UpAsync("tenant_a", 5);
        node.KillAgent();
        await node.UntilAsync(() => !node.Platform.IsLinked);
        node.StartAgent();
        await node.UntilAsync(() => node.Platform.IsLinked);

        await node.Platform.SayAsync(TestNode.Bot("tenant_a", 4, BotWish.Erase));
        await node.Platform.SayAsync(TestNode.Bot("tenant_b"));

        await node.UpAsync("tenant_b");
        Assert.Single(node.Alive("tenant_a"));
    }

    [Fact]
    public async Task A_bot_starts_anew_when_what_it_is_started_with_changes_and_only_then()
    {
        await using var node = await TestNode.StartAsync();
        await node.Platform.WantAsync(TestNode.Bot("tenant_a"));
        await node.UpAsync("tenant_a");
        var first = node.Alive("tenant_a");

        await node.Platform.WantAsync(TestNode.Bot("tenant_a", version: 2));
        await node.UpAsync("tenant_a", 2);
        Assert.Equal(first, node.Alive("tenant_a"));

        await node.Platform.WantAsync(TestNode.Bot("tenant_a", version: 3, settings: [("WOPR_MODEL", "other")]));
        await node.UpAsync("tenant_a", 3);
        Assert.NotEqual(first, node.Alive("tenant_a"));
        Assert.Equal(2, node.Starts("tenant_a"));
    }

    [Fact]
    public async Task A_new_generation_has_data_of_its_own_and_starts_when_the_old_has_ended()
    {
        await using var node = await TestNode.StartAsync();
        await node.Platform.WantAsync(TestNode.Bot("tenant_a", mode: "deaf"));
        await node.UpAsync("tenant_a");
        var old = Assert.Single(node.Alive("tenant_a"));

        await node.Platform.WantAsync(TestNode.Bot("tenant_a", version: 2, generation: 2));
        await node.UntilAsync(() =>
        {
            var alive = node.Alive("tenant_a");
            Assert.False(alive.Count > 1, "Two copies ran.");
            return alive is [var one] && one != old;
        });

        await node.UpAsync("tenant_a", 2);
        Assert.Equal((1, 1), (node.Starts("tenant_a", 1), node.Starts("tenant_a", 2)));
    }

    [Fact]
    public async Task Data_without_its_marker_are_not_used()
    {
        await using var node = await TestNode.StartAsync();
        Directory.CreateDirectory(node.Home("tenant_a"));

        await node.Platform.WantAsync(TestNode.Bot("tenant_a"));

        var seen = await node.SeenAsync("tenant_a", bot => bot.Process == BotProcess.Failed);
        Assert.Contains("no marker", seen.Fault, StringComparison.Ordinal);
        Assert.Equal(0, node.Starts("tenant_a"));
    }

    [Theory]
    [InlineData("../tenant_a")]
    [InlineData("tenant_a/..")]
    [InlineData("etc")]
    [InlineData("")]
    public async Task A_name_that_is_none_is_not_taken(string name)
    {
        await using var node = await TestNode.StartAsync();

        await node.Platform.SayAsync(TestNode.Bot(name));
        await node.Platform.SayAsync(TestNode.Bot("tenant_b"));

        await node.UpAsync("tenant_b");
        Assert.Single(node.Platform.Seen.Bots);
    }

    private static string UserOf(int pid) => Field(pid, "Uid").Replace('\t', ' ');

    private static string Field(int pid, string name) => File.ReadLines($"/proc/{pid}/status")
        .First(line => line.StartsWith($"{name}:", StringComparison.Ordinal)).Split(':', 2)[1].Trim();
}
