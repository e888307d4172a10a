using System.Text.Json;
using Wopr.Bot.Channels;
using Wopr.Bot.Channels.Slack;

namespace Wopr.Bot.Tests.Channels.Slack;

/// <summary>The bot in a Slack that misbehaves as the real one may.</summary>
public sealed class SlackTests
{
    private const string Ada = "/slack/apps/ada";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static SlackChannel Channel(ChannelContext context) =>
        new(new Dictionary<string, string> { ["bot_token"] = "xoxb-ada", ["app_token"] = "xapp-ada" }, context);

    private static Task<JsonElement> SayAsync(ChatTarget target, string text, object? more = null) =>
        target.TellAsync($"{Ada}/say", more ?? new { user = "ann", text });

    private static Task PatientAsync(ChatTarget target) => target.TellAsync($"{Ada}/faults", new { ack_ms = 300, retries_ms = Enumerable.Repeat(200, 100) });

    [Fact]
    public async Task A_direct_message_is_heard_and_its_reply_arrives()
    {
        await using var target = await ChatTarget.StartAsync();
        var channel = Channel(target.Context);
        await using Listening ear = new(channel);
        await ear.ConnectedAsync();

        await SayAsync(target, "1 < 2 & so on");
        await ear.HearsAsync("1 < 2 & so on");
        Assert.True(ear.Heard.TryPeek(out var heard));
        await channel.SendAsync(new(heard.Conversation, "<!channel> 2 > 1 & so on", "n1", heard.ReplyTo), Ct);

        Assert.Equal("ada in Sandbox", ear.Accounts.First());
        var said = Assert.Single(await target.SaidAsync(Ada));
        Assert.Equal("&lt;!channel&gt; 2 &gt; 1 &amp; so on", said.GetProperty("text").GetString());
        Assert.False(said.GetProperty("pings_everyone").GetBoolean());
        await target.UntilAsync(Ada, seen => seen.GetProperty("open").GetInt32() == 0, "everything is acknowledged");
    }

    [Fact]
    public async Task In_a_channel_it_hears_only_who_mentions_it_and_answers_in_their_thread()
    {
        await using var target = await ChatTarget.StartAsync();
        var channel = Channel(target.Context);
        await using Listening ear = new(channel);
        await ear.ConnectedAsync();

        await SayAsync(target, "", new { user = "ann", text = "not for it", channel = "general" });
        await SayAsync(target, "", new { user = "eve", text = "I am a bot", channel = "general", mentions = true, is_bot = true });
        var first = await SayAsync(target, "", new { user = "ann", text = "for it", channel = "general", mentions = true });
        await ear.HearsAsync("for it");
        var thread = first.GetProperty("ts").GetString();
        await SayAsync(target, "", new { user = "ann", text = "in a thread", channel = "general", mentions = true, thread_ts = thread });
        await ear.HearsAsync("for it", "in a thread");
        foreach (var heard in ear.Heard) { await channel.SendAsync(new(heard.Conversation, "Yes", "n1", heard.ReplyTo), Ct); }

        var said = await target.SaidAsync(Ada);
        Assert.Equal([null, thread], said.Select(one => one.GetProperty("thread_ts").GetString()));
        Assert.Equal(0, ear.Doubles);
    }

    [Fact]
    public async Task What_is_said_while_the_line_is_cut_is_heard_once_it_is_back()
    {
        await using var target = await ChatTarget.StartAsync();
        await PatientAsync(target);
        await using Listening ear = new(Channel(target.Context));
        await ear.ConnectedAsync();

        for (var round = 0; round < 3; round++)
        {
            await target.TellAsync($"{Ada}/cut", new { how = "drop" });
            await SayAsync(target, $"after cut {round}");
            await ear.ConnectedAsync(round + 2);
        }

        await Eventually.IsAsync(() => ear.Heard.Count == 3, "all are heard");
        Assert.Equal(["after cut 0", "after cut 1", "after cut 2"], ear.Texts.Order());
    }

    [Fact]
    public async Task A_message_that_did_not_get_onto_the_disk_is_told_again()
    {
        await using var target = await ChatTarget.StartAsync();
        await PatientAsync(target);
        Listening first = new(Channel(target.Context)) { DiskIsBack = new TaskCompletionSource().Task };
        await first.ConnectedAsync();
        await SayAsync(target, "precious");
        await Task.Delay(500, Ct);
        await first.DisposeAsync();
        Assert.Empty(first.Heard);

        await using Listening second = new(Channel(target.Context), first.Mark);

        await second.HearsAsync("precious");
        await target.UntilAsync(Ada, seen => seen.GetProperty("open").GetInt32() == 0, "it is acknowledged");
    }

    [Theory]
    [InlineData("refresh_requested")]
    [InlineData("warning")]
    public async Task When_Slack_asks_it_comes_back(string how)
    {
        await using var target = await ChatTarget.StartAsync();
        await PatientAsync(target);
        await using Listening ear = new(Channel(target.Context));
        await ear.ConnectedAsync();

        await target.TellAsync($"{Ada}/cut", new { how });
        await SayAsync(target, "still there?");
        await ear.ConnectedAsync(2);

        await ear.HearsAsync("still there?");
        Assert.Empty(ear.Problems);
    }

    [Fact]
    public async Task When_socket_mode_is_switched_off_it_says_where_to_switch_it_on()
    {
        await using var target = await ChatTarget.StartAsync();
        await using Listening ear = new(Channel(target.Context));
        await ear.ConnectedAsync();

        await target.TellAsync($"{Ada}/cut", new { how = "link_disabled" });

        Assert.Contains("Socket Mode", (await ear.FailsAsync()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("is_revoked", "xoxb-")]
    [InlineData("is_app_token_revoked", "xapp-")]
    public async Task A_bad_token_says_which_and_what_to_do(string which, string named)
    {
        await using var target = await ChatTarget.StartAsync();
        await target.TellAsync($"{Ada}/faults", new Dictionary<string, bool> { [which] = true });
        var channel = Channel(target.Context);
        await using Listening ear = new(channel);

        var failed = await ear.FailsAsync();
        var tested = await Assert.ThrowsAsync<ChannelException>(() => channel.TestAsync(Ct));

        Assert.Contains(named, failed.Message, StringComparison.Ordinal);
        Assert.Equal(failed.Message, tested.Message);
        Assert.DoesNotContain($"{named}ada", failed.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chat:write", "OAuth & Permissions")]
    [InlineData("im:history", "OAuth & Permissions")]
    [InlineData("app_mentions:read", "OAuth & Permissions")]
    [InlineData("connections:write", "App-Level Tokens")]
    public async Task A_missing_scope_is_named_with_where_to_add_it(string scope, string where)
    {
        await using var target = await ChatTarget.StartAsync();
        await target.TellAsync($"{Ada}/faults", new { missing_scope = scope });

        var missing = await Assert.ThrowsAsync<ChannelException>(() => Channel(target.Context).TestAsync(Ct));

        Assert.True(missing.IsFinal);
        Assert.Contains(scope, missing.Message, StringComparison.Ordinal);
        Assert.Contains(where, missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_test_tells_the_account()
    {
        await using var target = await ChatTarget.StartAsync();

        Assert.Equal("ada in Sandbox", await Channel(target.Context).TestAsync(Ct));
    }

    [Fact]
    public async Task A_rate_limit_says_how_long_to_wait()
    {
        await using var target = await ChatTarget.StartAsync();
        var room = (await SayAsync(target, "hi")).GetProperty("channel").GetString()!;
        await target.TellAsync($"{Ada}/faults", new { rate_limited = 1, retry_after = 7 });
        var channel = Channel(target.Context);

        var limited = await Assert.ThrowsAsync<ChannelException>(() => channel.SendAsync(new(room, "one", "n1", null), Ct));
        await channel.SendAsync(new(room, "one", "n1", null), Ct);

        Assert.Equal((TimeSpan.FromSeconds(7), false, false), (limited.RetryAfter, limited.IsFinal, limited.MayHaveArrived));
        Assert.Single(await target.SaidAsync(Ada));
    }

    [Fact]
    public async Task What_never_left_cannot_have_arrived_and_what_was_swallowed_may_have()
    {
        await using var target = await ChatTarget.StartAsync();
        var room = (await SayAsync(target, "hi")).GetProperty("channel").GetString()!;
        await target.TellAsync($"{Ada}/faults", new { swallowing = 1 });

        var nobody = await Assert.ThrowsAsync<ChannelException>(
            () => Channel(target.ContextAt("http://127.0.0.1:1")).SendAsync(new(room, "one", "n1", null), Ct));
        var swallowed = await Assert.ThrowsAsync<ChannelException>(() => Channel(target.Context).SendAsync(new(room, "one", "n1", null), Ct));

        Assert.False(nobody.MayHaveArrived);
        Assert.True(swallowed.MayHaveArrived);
    }

    [Fact]
    public async Task Where_it_is_not_it_asks_to_be_invited()
    {
        await using var target = await ChatTarget.StartAsync();
        var room = (await SayAsync(target, "", new { user = "ann", text = "hi", channel = "general" })).GetProperty("channel").GetString()!;
        await target.TellAsync($"{Ada}/faults", new { is_outside = true });

        var outside = await Assert.ThrowsAsync<ChannelException>(() => Channel(target.Context).SendAsync(new(room, "one", "n1", null), Ct));

        Assert.True(outside.IsFinal);
        Assert.Contains("/invite", outside.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_that_is_delivered_twice_is_one_message()
    {
        await using var target = await ChatTarget.StartAsync();
        await using Listening ear = new(Channel(target.Context));
        await ear.ConnectedAsync();

        await SayAsync(target, "", new { user = "ann", text = "once", times = 3 });
        await Eventually.IsAsync(() => ear.Doubles == 2, "it came three times");

        Assert.Equal(["once"], ear.Texts);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[1,2,3]")]
    [InlineData("{\"type\":\"events_api\",\"envelope_id\":\"x\",\"payload\":[]}")]
    [InlineData("{\"type\":\"events_api\",\"envelope_id\":5,\"payload\":{\"event\":{\"type\":\"app_mention\",\"user\":7}}}")]
    [InlineData("{\"type\":\"slash_commands\",\"envelope_id\":\"y\",\"payload\":{}}")]
    [InlineData("{}")]
    public async Task A_frame_that_makes_no_sense_does_no_harm(string frame)
    {
        await using var target = await ChatTarget.StartAsync();
        await PatientAsync(target);
        await using Listening ear = new(Channel(target.Context));
        await ear.ConnectedAsync();

        await target.SendFrameAsync($"{Ada}/frame", frame);
        await SayAsync(target, "hello");

        await ear.HearsAsync("hello");
    }

    [Theory]
    [InlineData("<@U1> hello", "hello")]
    [InlineData("hello <@U2|bob>!", "hello @bob!")]
    [InlineData("see <https://example.com|this> and <https://example.com>", "see this (https://example.com) and https://example.com")]
    [InlineData("<!here> in <#C1|general>", "@here in #general")]
    [InlineData("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c")]
    [InlineData("open < end", "open < end")]
    public void What_Slack_carries_is_read_as_people_see_it(string carried, string read) =>
        Assert.Equal(read, SlackText.Read(carried, "U1"));
}
