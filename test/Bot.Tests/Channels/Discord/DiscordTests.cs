using System.Text.Json;
using Wopr.Bot.Channels;
using Wopr.Bot.Channels.Discord;

namespace Wopr.Bot.Tests.Channels.Discord;

/// <summary>The bot on a Discord that misbehaves as the real one may.</summary>
public sealed class DiscordTests
{
    private const string Ada = "/discord/bots/ada";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static DiscordChannel Channel(ChannelContext context, string token = "ada.sandbox.token") =>
        new(new Dictionary<string, string> { ["token"] = token }, context);

    private static Task<JsonElement> SayAsync(ChatTarget target, string text, object? more = null) =>
        target.TellAsync($"{Ada}/say", more ?? new { user = "ann", text });

    [Fact]
    public async Task A_direct_message_is_heard_and_its_reply_arrives()
    {
        await using var target = await ChatTarget.StartAsync();
        var channel = Channel(target.Context);
        await using Listening ear = new(channel);
        await ear.ConnectedAsync();

        await SayAsync(target, "Hello");
        await ear.HearsAsync("Hello");
        Assert.True(ear.Heard.TryPeek(out var heard));
        await channel.SendAsync(new(heard.Conversation, "Hi Ann", "n1", heard.ReplyTo), Ct);

        Assert.Equal("ada", ear.Accounts.First());
        Assert.Equal("ann", heard.SenderName);
        var said = Assert.Single(await target.SaidAsync(Ada));
        Assert.Equal(("Hi Ann", heard.Conversation), (said.GetProperty("text").GetString(), said.GetProperty("channel").GetString()));
    }

    [Fact]
    public async Task In_a_server_it_hears_only_who_means_it_and_no_other_bot_nor_itself()
    {
        await using var target = await ChatTarget.StartAsync();
        var channel = Channel(target.Context);
        await using Listening ear = new(channel);
        await ear.ConnectedAsync();

        await SayAsync(target, "", new { user = "ann", text = "not for it", channel = "general" });
        await SayAsync(target, "", new { user = "ann", text = "for it", channel = "general", mentions = true });
        await ear.HearsAsync("for it");
        Assert.True(ear.Heard.TryPeek(out var heard));
        await channel.SendAsync(new(heard.Conversation, "Yes?", "n1", heard.ReplyTo), Ct);
        var answer = Assert.Single(await target.SaidAsync(Ada));
        Assert.Equal(heard.Id, answer.GetProperty("reply_to").GetString());
        await SayAsync(target, "", new { user = "eve", text = "I am a bot", channel = "general", mentions = true, is_bot = true });
        await SayAsync(target, "", new { user = "bob", text = "an answer", channel = "general", reply_to = answer.GetProperty("id").GetString() });
        await SayAsync(target, "@everyone look", new { user = "bob", text = "@everyone look", channel = "general" });
        await SayAsync(target, "last");

        await ear.HearsAsync("for it", "an answer", "last");
    }

    [Fact]
    public async Task What_is_said_while_the_line_is_cut_is_heard_once_it_is_back()
    {
        await using var target = await ChatTarget.StartAsync();
        await using Listening ear = new(Channel(target.Context));
        await ear.ConnectedAsync();
        List<string> said = [];

        for (var round = 0; round < 5; round++)
        {
            foreach (var when in (string[])["before", "after"])
            {
                said.Add($"{when} cut {round}");
                await SayAsync(target, said[^1]);
                if (when == "before") { await target.TellAsync($"{Ada}/cut", new { how = "drop" }); }
            }
            await ear.ConnectedAsync(round + 2);
        }

        await ear.HearsAsync([.. said]);
        var seen = await target.LookAsync(Ada);
        Assert.Equal((1, 5), (seen.GetProperty("identified").GetInt32(), seen.GetProperty("resumed").GetInt32()));
    }

    [Fact]
    public async Task A_bot_that_starts_again_hears_what_was_said_meanwhile_and_nothing_twice()
    {
        await using var target = await ChatTarget.StartAsync();
        Listening first = new(Channel(target.Context));
        await first.ConnectedAsync();
        await SayAsync(target, "one");
        await first.HearsAsync("one");
        await first.DisposeAsync();
        await SayAsync(target, "two");

        await using Listening second = new(Channel(target.Context), first.Mark);

        await second.HearsAsync("two");
        Assert.Equal(1, (await target.LookAsync(Ada)).GetProperty("identified").GetInt32());
    }

    [Fact]
    public async Task A_message_that_did_not_get_onto_the_disk_is_told_again()
    {
        await using var target = await ChatTarget.StartAsync();
        Listening first = new(Channel(target.Context)) { DiskIsBack = new TaskCompletionSource().Task };
        await first.ConnectedAsync();
        await SayAsync(target, "precious");
        await Task.Delay(200, Ct);
        Assert.Empty(first.Heard);
        await first.DisposeAsync();

        await using Listening second = new(Channel(target.Context), first.Mark);

        await second.HearsAsync("precious");
    }

    [Theory]
    [InlineData("reconnect", false, 1)]
    [InlineData("invalid", false, 1)]
    [InlineData("invalid", true, 2)]
    [InlineData("close", false, 1)]
    public async Task When_Discord_asks_it_comes_back(string how, bool forget, int identified)
    {
        await using var target = await ChatTarget.StartAsync();
        await using Listening ear = new(Channel(target.Context));
        await ear.ConnectedAsync();

        await target.TellAsync($"{Ada}/cut", new { how, forget });
        await ear.ConnectedAsync(2);
        await SayAsync(target, "still there?");

        await ear.HearsAsync("still there?");
        Assert.Equal(identified, (await target.LookAsync(Ada)).GetProperty("identified").GetInt32());
    }

    [Fact]
    public async Task A_session_that_Discord_has_forgotten_is_begun_anew()
    {
        await using var target = await ChatTarget.StartAsync();
        await using Listening ear = new(Channel(target.Context),
            """{"session":"gone","number":7,"self":"1","account":"ada"}""");

        await ear.ConnectedAsync();
        await SayAsync(target, "hello");

        await ear.HearsAsync("hello");
    }

    [Fact]
    public async Task What_is_said_between_two_sessions_is_looked_up_where_the_bot_was_spoken_with()
    {
        await using var target = await ChatTarget.StartAsync();
        Listening first = new(Channel(target.Context));
        await first.ConnectedAsync();
        await SayAsync(target, "one");
        await SayAsync(target, "", new { user = "bob", text = "two", channel = "general", mentions = true });
        await first.HearsAsync("one", "two");
        await first.DisposeAsync();
        await target.TellAsync($"{Ada}/cut", new { forget = true });
        await SayAsync(target, "three");
        await SayAsync(target, "", new { user = "bob", text = "not for it", channel = "general" });
        await SayAsync(target, "", new { user = "bob", text = "four", channel = "general", mentions = true });
        await SayAsync(target, "five");

        Listening second = new(Channel(target.Context), first.Mark);
        await second.HearsAsync("three", "five", "four");
        await SayAsync(target, "six");
        await second.HearsAsync("three", "five", "four", "six");
        await second.DisposeAsync();

        await using Listening third = new(Channel(target.Context), second.Mark);
        await third.ConnectedAsync();
        await SayAsync(target, "seven");
        await third.HearsAsync("seven");
        Assert.Equal(0, second.Doubles + third.Doubles);
    }

    [Fact]
    public async Task A_bad_token_says_what_to_do()
    {
        await using var target = await ChatTarget.StartAsync();
        await target.TellAsync($"{Ada}/faults", new { is_revoked = true });
        var channel = Channel(target.Context);
        await using Listening ear = new(channel);

        var failed = await ear.FailsAsync();

        Assert.Contains("Reset Token", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sandbox.token", failed.ToString(), StringComparison.Ordinal);
        Assert.True((await Assert.ThrowsAsync<ChannelException>(() => channel.TestAsync(Ct))).IsFinal);
    }

    [Fact]
    public async Task A_token_that_is_reset_while_it_is_connected_says_so_too()
    {
        await using var target = await ChatTarget.StartAsync();
        await using Listening ear = new(Channel(target.Context));
        await ear.ConnectedAsync();

        await target.TellAsync($"{Ada}/faults", new { is_revoked = true });
        await target.TellAsync($"{Ada}/cut", new { how = "drop" });

        Assert.Contains("Reset Token", (await ear.FailsAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_message_content_intent_it_says_where_to_switch_it_on()
    {
        await using var target = await ChatTarget.StartAsync();
        await target.TellAsync($"{Ada}/faults", new { has_message_content = false });
        var channel = Channel(target.Context);
        await using Listening ear = new(channel);

        Assert.Contains("Message Content Intent", (await ear.FailsAsync()).Message, StringComparison.Ordinal);
        var tested = await Assert.ThrowsAsync<ChannelException>(() => channel.TestAsync(Ct));
        Assert.Contains("Message Content Intent", tested.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_test_tells_the_account()
    {
        await using var target = await ChatTarget.StartAsync();

        Assert.Equal("ada", await Channel(target.Context).TestAsync(Ct));
    }

    [Fact]
    public async Task A_message_that_is_delivered_twice_is_one_message()
    {
        await using var target = await ChatTarget.StartAsync();
        await using Listening ear = new(Channel(target.Context));
        await ear.ConnectedAsync();

        await SayAsync(target, "", new { user = "ann", text = "once", times = 3 });
        await SayAsync(target, "then");

        await ear.HearsAsync("once", "then");
        Assert.Equal(2, ear.Doubles);
    }

    [Fact]
    public async Task A_line_on_which_heartbeats_are_not_acknowledged_is_given_up()
    {
        await using var target = await ChatTarget.StartAsync();
        await target.TellAsync($"{Ada}/faults", new { is_deaf = true, heartbeat_ms = 1000 });
        await using Listening ear = new(Channel(target.Context));
        await ear.ConnectedAsync(2);

        await target.TellAsync($"{Ada}/faults", new { heartbeat_ms = 1000 });
        await SayAsync(target, "hello");

        await ear.HearsAsync("hello");
        Assert.True((await target.LookAsync(Ada)).GetProperty("resumed").GetInt32() > 0);
    }

    [Fact]
    public async Task A_long_wait_for_the_disk_is_not_taken_for_a_dead_line()
    {
        await using var target = await ChatTarget.StartAsync();
        await target.TellAsync($"{Ada}/faults", new { heartbeat_ms = 1000 });
        TaskCompletionSource disk = new();
        await using Listening ear = new(Channel(target.Context)) { DiskIsBack = disk.Task };
        await ear.ConnectedAsync();

        await SayAsync(target, "patience");
        await Task.Delay(3500, Ct);
        disk.SetResult();

        await ear.HearsAsync("patience");
        Assert.Empty(ear.Problems);
        Assert.Equal((1, 0), (ear.Accounts.Count, ear.Doubles));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[1,2,3]")]
    [InlineData("{\"op\":0,\"t\":\"MESSAGE_CREATE\",\"s\":\"x\",\"d\":{\"id\":5,\"author\":[]}}")]
    [InlineData("{\"op\":0,\"t\":\"MESSAGE_CREATE\",\"s\":null,\"d\":null}")]
    [InlineData("{\"op\":0,\"t\":\"READY\",\"s\":1,\"d\":{}}")]
    [InlineData("{\"op\":10,\"d\":{\"heartbeat_interval\":-1}}")]
    [InlineData("{\"op\":99}")]
    [InlineData("{}")]
    [InlineData("")]
    public async Task A_frame_that_makes_no_sense_does_no_harm(string frame)
    {
        await using var target = await ChatTarget.StartAsync();
        await using Listening ear = new(Channel(target.Context));
        await ear.ConnectedAsync();

        await target.SendFrameAsync($"{Ada}/frame", frame);
        await SayAsync(target, "hello");

        await ear.HearsAsync("hello");
    }

    [Fact]
    public async Task A_giant_frame_is_not_read_to_its_end()
    {
        await using var target = await ChatTarget.StartAsync();
        await using Listening ear = new(Channel(target.Context));
        await ear.ConnectedAsync();

        await target.SendFrameAsync($"{Ada}/frame", $"{{\"op\":0,\"d\":\"{new string('x', 3_000_000)}\"}}");
        await ear.ConnectedAsync(2);
        await SayAsync(target, "hello");

        await ear.HearsAsync("hello");
        Assert.Contains(ear.Problems, problem => problem.Message.Contains("cannot be read", StringComparison.Ordinal));
    }
}
