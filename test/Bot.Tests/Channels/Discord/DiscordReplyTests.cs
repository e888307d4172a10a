using System.Text.Json;
using Wopr.Bot.Channels;
using Wopr.Bot.Channels.Discord;

namespace Wopr.Bot.Tests.Channels.Discord;

/// <summary>What the bot says on Discord, and what it makes of a refusal.</summary>
public sealed class DiscordReplyTests
{
    private const string Ada = "/discord/bots/ada";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static DiscordChannel Channel(ChannelContext context, string token = "ada.sandbox.token") =>
        new(new Dictionary<string, string> { ["token"] = token }, context);

    private static Task<JsonElement> SayAsync(ChatTarget target, string text, object? more = null) =>
        target.TellAsync($"{Ada}/say", more ?? new { user = "ann", text });

    [Fact]
    public async Task A_rate_limit_says_how_long_to_wait()
    {
        await using var target = await ChatTarget.StartAsync();
        var room = (await SayAsync(target, "hi")).GetProperty("channel_id").GetString()!;
        await target.TellAsync($"{Ada}/faults", new { rate_limited = 1, retry_after = 2.5 });
        var channel = Channel(target.Context);

        var limited = await Assert.ThrowsAsync<ChannelException>(() => channel.SendAsync(new(room, "one", "n1", null), Ct));
        await channel.SendAsync(new(room, "one", "n1", null), Ct);

        Assert.Equal((TimeSpan.FromSeconds(2.5), false, false), (limited.RetryAfter, limited.IsFinal, limited.MayHaveArrived));
        Assert.Single(await target.SaidAsync(Ada));
    }

    [Fact]
    public async Task A_reply_whose_answer_was_lost_is_said_again_and_stands_there_once()
    {
        await using var target = await ChatTarget.StartAsync();
        var room = (await SayAsync(target, "hi")).GetProperty("channel_id").GetString()!;
        await target.TellAsync($"{Ada}/faults", new { swallowing = 1 });
        var channel = Channel(target.Context);

        var lost = await Assert.ThrowsAsync<ChannelException>(() => channel.SendAsync(new(room, "one", "n1", null), Ct));
        await channel.SendAsync(new(room, "one", "n1", null), Ct);

        Assert.True(lost.MayHaveArrived);
        Assert.Single(await target.SaidAsync(Ada));
    }

    [Fact]
    public async Task What_never_left_cannot_have_arrived_and_what_broke_may_have()
    {
        await using var target = await ChatTarget.StartAsync();
        var room = (await SayAsync(target, "hi")).GetProperty("channel_id").GetString()!;
        await target.TellAsync($"{Ada}/faults", new { failing = 1 });

        var nobody = await Assert.ThrowsAsync<ChannelException>(
            () => Channel(target.ContextAt("http://127.0.0.1:1")).SendAsync(new(room, "one", "n1", null), Ct));
        var broken = await Assert.ThrowsAsync<ChannelException>(() => Channel(target.Context).SendAsync(new(room, "one", "n1", null), Ct));

        Assert.Equal((false, false), (nobody.MayHaveArrived, nobody.IsFinal));
        Assert.Equal((true, false), (broken.MayHaveArrived, broken.IsFinal));
    }

    [Fact]
    public async Task Where_it_may_not_write_it_says_so_and_does_not_try_again()
    {
        await using var target = await ChatTarget.StartAsync();
        var room = (await SayAsync(target, "hi")).GetProperty("channel_id").GetString()!;
        await target.TellAsync($"{Ada}/faults", new { is_forbidden = true });
        var channel = Channel(target.Context);

        var forbidden = await Assert.ThrowsAsync<ChannelException>(() => channel.SendAsync(new(room, "one", "n1", null), Ct));
        var gone = await Assert.ThrowsAsync<ChannelException>(() => channel.SendAsync(new("12345", "one", "n1", null), Ct));
        var path = await Assert.ThrowsAsync<ChannelException>(() => channel.SendAsync(new("../users/@me", "one", "n1", null), Ct));

        Assert.All([forbidden, gone, path], refused => Assert.True(refused.IsFinal));
        Assert.Contains("Send Messages", forbidden.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whatever_the_model_writes_nobody_is_pinged()
    {
        await using var target = await ChatTarget.StartAsync();
        var told = await SayAsync(target, "", new { user = "ann", text = "hi", channel = "general", mentions = true });
        var author = told.GetProperty("author_id").GetString();

        await Channel(target.Context).SendAsync(new(told.GetProperty("channel_id").GetString()!, $"@everyone @here <@{author}> hi", "n1",
            told.GetProperty("id").GetString()), Ct);

        var said = Assert.Single(await target.SaidAsync(Ada));
        Assert.False(said.GetProperty("pings_everyone").GetBoolean());
        Assert.False(said.GetProperty("pings_somebody").GetBoolean());
    }
}
