using Wopr.Protocol;

namespace Wopr.Agent.Tests;

/// <summary>Bots that end by themselves.</summary>
public sealed class RestartTests
{
    [Theory]
    [InlineData("no", "crash", false)]
    [InlineData("no", "once", false)]
    [InlineData("on-failure", "crash", true)]
    [InlineData("on-failure", "once", false)]
    [InlineData("always", "once", true)]
    [InlineData("unless-stopped", "crash", true)]
    public async Task What_ended_starts_again_by_its_policy(string policy, string mode, bool again)
    {
        await using var node = await TestNode.StartAsync();
        await node.Platform.WantAsync(TestNode.Bot("tenant_a", mode: mode, policy: policy));

        if (again)
        {
            await node.SeenAsync("tenant_a", bot => bot.Restarts > 0);
            await node.UntilAsync(() => node.Starts("tenant_a") > 1);
            return;
        }
        var seen = await node.SeenAsync("tenant_a", bot => bot.Process == BotProcess.Exited);
        Assert.Equal((mode == "crash" ? 3 : 0, 0), (seen.Exit, seen.Restarts));
        // Somebody who asks for it gets it.
        await node.Platform.WantAsync(TestNode.Bot("tenant_a", version: 2, mode: mode, policy: policy, settings: [("START", "2")]));
        await node.UntilAsync(() => node.Starts("tenant_a") == 2);
    }

    [Fact]
    public async Task What_crashes_again_and_again_has_failed_and_says_why()
    {
        await using var node = await TestNode.StartAsync();
        await node.Platform.WantAsync(TestNode.Bot("tenant_a", mode: "crash"), TestNode.Bot("tenant_b"));

        var seen = await node.SeenAsync("tenant_a", bot => bot.Process == BotProcess.Failed);

        Assert.Equal((3, "the it's \"wheel\" $HOME broke"), (seen.Exit, seen.Fault));
        Assert.Equal(5, node.Starts("tenant_a"));
        Assert.Equal(1, node.Starts("tenant_b"));
        // What is changed is tried at once.
        await node.Platform.WantAsync(TestNode.Bot("tenant_a", version: 2));
        var mended = await node.UpAsync("tenant_a", 2);
        Assert.Equal((0, null), (mended.Restarts, mended.Fault));
    }
}
