using System.Diagnostics;
using Wopr.Agent.Running;
using Wopr.Protocol;

namespace Wopr.Agent.Tests;

/// <summary>Agents come and go; bots stay, one of each.</summary>
public sealed class AdoptionTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bots_outlive_an_agent_that_is_killed_and_the_next_takes_them_over()
    {
        await using var node = await TestNode.StartAsync();
        await node.Platform.WantAsync(TestNode.Bot("tenant_a"), TestNode.Bot("tenant_b"));
        await node.UpAsync("tenant_a");
        await node.UpAsync("tenant_b");
        var before = (node.Alive("tenant_a")[0], node.Alive("tenant_b")[0]);

        for (var round = 0; round < 3; round++)
        {
            node.KillAgent();
            node.StartAgent();
            await node.UntilAsync(() => node.Platform.IsLinked && node.Platform.Seen.Bots.Count(bot => bot.Process == BotProcess.Up) == 2);
            Assert.Equal(before, (Assert.Single(node.Alive("tenant_a")), Assert.Single(node.Alive("tenant_b"))));
        }

        await node.Platform.WantAsync(TestNode.Bot("tenant_a", 2, BotWish.Stop));
        await node.SeenAsync("tenant_a", bot => bot.Process == BotProcess.Exited && bot.Version == 2);
        Assert.Empty(node.Alive("tenant_a"));
    }

    [Fact]
    public async Task A_bot_whose_note_is_lost_still_runs_once()
    {
        await using var node = await TestNode.StartAsync();
        await node.Platform.WantAsync(TestNode.Bot("tenant_a"));
        await node.UpAsync("tenant_a");
        node.KillAgent();
        File.Delete(Path.Combine(node.Data, "tenant_a", "process.json"));
        node.StartAgent();

        await node.UntilAsync(() =>
        {
            Assert.False(node.Alive("tenant_a").Count > 1, "Two copies ran.");
            return node.Starts("tenant_a") == 2 && node.Platform.IsLinked && node.Seen("tenant_a")?.Process == BotProcess.Up;
        });
    }

    [Fact]
    public async Task Killed_at_any_moment_an_agent_never_leaves_two_of_one_bot()
    {
        await using var node = await TestNode.StartAsync();
        var random = new Random(11);
        for (var round = 1; round <= 12; round++)
        {
            await node.Platform.WantAsync(TestNode.Bot("tenant_a", version: round, settings: [("ROUND", $"{round}")]));
            await Task.Delay(random.Next(200), Ct);
            node.KillAgent();
            Assert.False(node.Alive("tenant_a").Count > 1, $"Two copies ran in round {round}.");
            node.StartAgent();
            await node.UntilAsync(() => node.Platform.IsLinked);
        }

        await node.UpAsync("tenant_a", 12);

        Assert.Contains("ROUND=12\n", await File.ReadAllTextAsync($"/proc/{Assert.Single(node.Alive("tenant_a"))}/environ", Ct) is var text
            ? text.Replace('\0', '\n') : "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_got_the_number_of_a_bot_is_left_alone()
    {
        await using var node = await TestNode.PrepareAsync();
        using var bystander = Process.Start("sleep", "300");
        try
        {
            var folder = new BotFolder(Path.Combine(node.Data, "tenant_a"));
            Directory.CreateDirectory(folder.Path);
            var key = ProcessKey.Of(bystander.Id)!;
            folder.WriteNote(new(TestNode.IdOf("tenant_a"), 1, 1, "x", 0, null, key with { StartedAt = key.StartedAt - 1 }));
            node.StartAgent();
            await node.Platform.WantAsync(TestNode.Bot("tenant_a"));
            await node.UpAsync("tenant_a");

            await node.Platform.WantAsync(TestNode.Bot("tenant_a", 2, BotWish.Erase));
            await node.SeenAsync("tenant_a", bot => bot.Process == BotProcess.Absent);

            Assert.False(bystander.HasExited);
        }
        finally
        {
            bystander.Kill();
        }
    }

    [Fact]
    public async Task A_process_of_an_earlier_boot_is_none()
    {
        await using var node = await TestNode.PrepareAsync();
        using var bystander = Process.Start("sleep", "300");
        try
        {
            var folder = new BotFolder(Path.Combine(node.Data, "tenant_a"));
            Directory.CreateDirectory(folder.Path);
            folder.WriteNote(new(TestNode.IdOf("tenant_a"), 1, 1, "x", 0, null, ProcessKey.Of(bystander.Id)! with { Boot = "another" }));
            node.StartAgent();
            await node.Platform.WantAsync(TestNode.Bot("tenant_a"));

            await node.UpAsync("tenant_a");

            Assert.NotEqual(bystander.Id, Assert.Single(node.Alive("tenant_a")));
            Assert.False(bystander.HasExited);
        }
        finally
        {
            bystander.Kill();
        }
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("true", 1)]
    public async Task Bots_stop_with_their_agent_unless_they_are_to_be_kept(string keeps, int alive)
    {
        await using var node = await TestNode.StartAsync(("AGENT_KEEPS_BOTS", keeps));
        await node.Platform.WantAsync(TestNode.Bot("tenant_a"));
        await node.UpAsync("tenant_a");

        Posix.Signal(node.Agent.Id, Posix.Terminate);
        await node.Agent.WaitForExitAsync(Ct);

        Assert.Equal((0, alive), (node.Agent.ExitCode, node.Alive("tenant_a").Count));
        if (alive == 0) { Assert.Equal(BotProcess.Exited, node.Seen("tenant_a")!.Process); }
    }

    [Fact]
    public async Task A_second_agent_in_the_same_folder_does_not_start()
    {
        await using var node = await TestNode.StartAsync();
        var first = node.Agent;

        var second = node.StartAgent();
        await second.WaitForExitAsync(Ct);

        Assert.Equal(5, second.ExitCode);
        Assert.False(first.HasExited);
    }

    [Fact]
    public async Task In_production_it_does_not_start()
    {
        await using var node = await TestNode.PrepareAsync();

        var agent = node.StartAgent(("WOPR_ENV", "production"));
        await agent.WaitForExitAsync(Ct);

        Assert.Equal(4, agent.ExitCode);
        Assert.Contains("WOPR_ENV is production", await agent.StandardError.ReadToEndAsync(Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bots_live_on_while_the_platform_is_away()
    {
        await using var node = await TestNode.StartAsync();
        await node.Platform.WantAsync(TestNode.Bot("tenant_a"));
        await node.UpAsync("tenant_a");
        var before = node.Alive("tenant_a");

        await node.Platform.Link.CloseAsync(Link.GoingAway);
        await node.UntilAsync(() => !node.Platform.IsLinked);
        await node.UntilAsync(() => node.Platform.IsLinked);

        await node.UpAsync("tenant_a");
        Assert.Equal(before, node.Alive("tenant_a"));
    }
}
