using Wopr.Bot.Tests.Model;
using Wopr.Protocol;

namespace Wopr.Bot.Tests.Channels.Telegram;

public sealed class TelegramTests : IAsyncLifetime
{
    private const long Group = -1001;

    private readonly TestHome _home = new();
    private FakeModel _model = null!;
    private TelegramTarget _telegram = null!;
    private ChannelBot _bot = null!;

    public async ValueTask InitializeAsync()
    {
        _model = await FakeModel.StartAsync();
        _model.Always((asked, response, ct) => Replies.Say($"You said: {asked.Messages[^1].Text.Split(": ")[^1]}")(asked, response, ct));
        _telegram = await TelegramTarget.StartAsync();
        _bot = Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _bot.DisposeAsync();
        await _telegram.DisposeAsync();
        await _model.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task Connected_it_hears_answers_and_shows_its_account()
    {
        Assert.Equal(ChannelState.Connecting, (await ConnectAsync(waits: false)).State);
        await _bot.IsAsync("tg", ChannelState.Connected);
        await _telegram.SayAsync("Hello");
        await _telegram.SentAsync("You said: Hello");

        var view = _bot.View("tg");
        Assert.Equal(("@wopr4242_bot", null, 0), (view.Account, view.Problem, view.Unsent));
        Assert.Equal("…tttt", view.Settings["token"]);
        Assert.Equal("telegram-tg-7", Assert.Single(_bot.Bot.Store.List().Sessions).Session);
        Assert.Empty(_model.Asked.Single().Tools);
        Assert.EndsWith("Ada (7): Hello", _model.Asked.Single().Messages[^1].Text, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_home.File("channels.json")));
        }
        Assert.DoesNotContain("tttt", _home.Logged, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_reply_comes_in_parts_and_in_order()
    {
        var text = string.Join('\n', Enumerable.Range(0, 1000).Select(number => $"line {number:000}"));
        _model.Always(Replies.Say(text));
        await ConnectAsync();
        await _telegram.SayAsync("Tell me");
        await _telegram.SentAsync(3);
        var parts = await _telegram.TextsAsync();
        Assert.Equal(text, string.Join('\n', parts));
        Assert.All(parts, part => Assert.InRange(part.Length, 1, 4096));
    }

    [Fact]
    public async Task What_is_delivered_twice_is_one_turn_and_one_reply()
    {
        await ConnectAsync();
        await _telegram.SayAsync("Hello");
        await _telegram.SentAsync("You said: Hello");
        await _telegram.PostAsync("redeliver");
        await _telegram.SayAsync("Again");
        await _telegram.SentAsync("You said: Hello", "You said: Again");
        Assert.Equal(2, _bot.Bot.Store.Answers);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(500)]
    [InlineData(502)]
    public async Task It_comes_back_by_itself_after_trouble_and_loses_nothing(int status)
    {
        await ConnectAsync();
        await _telegram.FaultAsync("getUpdates", status, times: 2);
        await _telegram.SayAsync("One");
        await _bot.IsAsync("tg", ChannelState.Waiting);
        Assert.NotNull(_bot.View("tg").Problem);
        await _telegram.SayAsync("Two");
        await _telegram.SentAsync("You said: One", "You said: Two");
        await _bot.IsAsync("tg", ChannelState.Connected);
        Assert.Null(_bot.View("tg").Problem);
    }

    [Fact]
    public async Task After_a_restart_it_goes_on_where_it_was()
    {
        await ConnectAsync();
        await _telegram.SayAsync("One");
        await _telegram.SentAsync("You said: One");
        await _bot.DisposeAsync();
        await _telegram.SayAsync("Two");
        _bot = Start();
        await _telegram.SentAsync("You said: One", "You said: Two");
    }

    [Fact]
    public async Task A_token_that_is_not_accepted_needs_its_owner_and_a_new_one_mends_it()
    {
        await ConnectAsync();
        await _telegram.PostAsync("revoke");
        // What is waiting at the moment is answered still.
        await _telegram.SayAsync("Hello");
        await _bot.IsAsync("tg", ChannelState.Failed);
        Assert.Contains("@BotFather", _bot.View("tg").Problem, StringComparison.Ordinal);

        await _bot.PutAsync("tg", ChannelKind.Telegram, settings: ("token", $"{TelegramTarget.Number}:{new string('u', 35)}"));

        await _telegram.SentAsync("You said: Hello");
    }

    [Fact]
    public async Task A_reply_that_its_token_cannot_send_any_more_goes_out_with_a_new_one()
    {
        var go = new TaskCompletionSource();
        _model.Then(Replies.SayThenWait("late", go.Task));
        await ConnectAsync();
        // No poll is answered: it is the reply that finds out.
        await _telegram.SayAsync("Hello");
        await Eventually.IsAsync(() => _model.Asked.Count == 1, "the model is asked");
        await _telegram.PostAsync("revoke");
        go.SetResult();
        await _bot.IsAsync("tg", ChannelState.Failed);
        Assert.Contains("@BotFather", Assert.Single(_bot.Unsent("tg")).Problem, StringComparison.Ordinal);

        await _bot.PutAsync("tg", ChannelKind.Telegram, settings: ("token", $"{TelegramTarget.Number}:{new string('u', 35)}"));

        await _telegram.SentAsync("late");
        Assert.Empty(_bot.Unsent("tg"));
    }

    [Fact]
    public async Task A_test_says_whose_token_it_is_and_keeps_nothing()
    {
        ChannelPut put = new("tg", ChannelKind.Telegram, "Telegram", true, new Dictionary<string, string> { ["token"] = TelegramTarget.Token });
        Assert.Equal(new ChannelTest(true, "@wopr4242_bot", null), await _bot.Channels.TestAsync(put, Ct));
        await _telegram.PostAsync("revoke");
        var tested = await _bot.Channels.TestAsync(put, Ct);
        Assert.False(tested.Works);
        Assert.Contains("@BotFather", tested.Problem, StringComparison.Ordinal);
        Assert.Empty(_bot.Channels.List().Channels);
        Assert.False(File.Exists(_home.File("channels.json")));
    }

    [Fact]
    public async Task Asked_to_wait_it_waits_and_then_sends_once()
    {
        await ConnectAsync();
        await _telegram.FaultAsync("sendMessage", 429, times: 2);
        await _telegram.SayAsync("Hello");
        await _telegram.SentAsync("You said: Hello");
        Assert.Empty(_bot.Unsent());
    }

    [Fact]
    public async Task Asked_to_wait_for_an_hour_it_shows_the_reply_as_unsent_and_its_owner_sends_it()
    {
        await ConnectAsync();
        await _telegram.FaultAsync("sendMessage", 429, retryAfter: 3600);
        await _telegram.SayAsync("Hello");
        await Eventually.IsAsync(() => _bot.Unsent().Count == 1, "it is shown");
        var unsent = _bot.Unsent()[0];
        Assert.Equal(("tg", "7", "You said: Hello", false), (unsent.Channel, unsent.Conversation, unsent.Text, unsent.MayHaveArrived));
        Assert.Equal(1, _bot.View("tg").Unsent);

        _bot.Channels.SendAgain(new("tg", unsent.TurnId, unsent.Part));

        await _telegram.SentAsync("You said: Hello");
        await Eventually.IsAsync(() => _bot.Unsent().Count == 0, "it is not shown any more");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task When_the_connection_breaks_while_sending_nobody_hears_it_twice(bool before)
    {
        await ConnectAsync();
        await _telegram.FaultAsync("sendMessage", 0, before);
        await _telegram.SayAsync("Hello");
        await Eventually.IsAsync(() => _bot.Unsent().Count == 1, "it is shown");
        Assert.True(_bot.Unsent()[0].MayHaveArrived);
        await _telegram.SayAsync("Next");
        await _telegram.SentAsync(before ? ["You said: Next"] : ["You said: Hello", "You said: Next"]);
    }

    [Fact]
    public async Task A_reply_that_is_refused_is_unsent_for_good()
    {
        await ConnectAsync();
        await _telegram.FaultAsync("sendMessage", 403);
        await _telegram.SayAsync("Hello");
        await Eventually.IsAsync(() => _bot.Unsent().Count == 1, "it is shown");
        Assert.Contains("Telegram refused this", _bot.Unsent()[0].Problem, StringComparison.Ordinal);
        _bot.Channels.Discard(new("tg", _bot.Unsent()[0].TurnId, 0));
        Assert.Empty(_bot.Unsent());
        Assert.Empty(await _telegram.TextsAsync());
    }

    [Fact]
    public async Task In_a_group_it_answers_only_what_is_said_to_it()
    {
        await ConnectAsync();
        await _telegram.SayAsync("What a day", chat: Group);
        await _telegram.SayAsync("/weather@other_bot", chat: Group);
        await _telegram.SayAsync("I am a bot", chat: Group, message: new { from = new { id = 9, is_bot = true, first_name = "Bot" } });
        await _telegram.SayAsync("/help@wopr4242_bot me", chat: Group);
        await _telegram.SayAsync("@wopr4242_bot hello", chat: Group,
            message: new { entities = new[] { new { type = "mention", offset = 0, length = 13 } } });
        await _telegram.SayAsync("Thanks", chat: Group, message: new { reply_to_message = new { message_id = 5, from = new { id = 4242, is_bot = true } } });

        await _telegram.SentAsync("You said: /help me", "You said: hello", "You said: Thanks");

        Assert.All(await _telegram.SentAsync(), message => Assert.True(message.TryGetProperty("reply_to_message", out _)));
        Assert.Equal("telegram-tg--1001", Assert.Single(_bot.Bot.Store.List().Sessions).Session);
    }

    [Fact]
    public async Task When_another_program_reads_the_same_bot_it_says_so_and_goes_on_later()
    {
        await ConnectAsync();
        using var other = await _telegram.Http.GetAsync($"/telegram/bot{TelegramTarget.Token}/getUpdates?timeout=0", Ct);
        await _bot.IsAsync("tg", ChannelState.Waiting);
        Assert.Contains("Another program", _bot.View("tg").Problem, StringComparison.Ordinal);
        await _telegram.SayAsync("Hello");
        await _telegram.SentAsync("You said: Hello");
    }

    [Fact]
    public async Task A_bot_with_a_webhook_elsewhere_needs_its_owner()
    {
        using var set = await _telegram.Http.GetAsync($"/telegram/bot{TelegramTarget.Token}/setWebhook?url=https://example.com", Ct);
        await ConnectAsync(waits: false);
        await _bot.IsAsync("tg", ChannelState.Failed);
        Assert.Contains("webhook of another program", _bot.View("tg").Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_turn_tells_its_sentence_and_a_cancelled_one_nothing()
    {
        _model.Then(Replies.Refuse(402)).Then(Replies.Silence);
        await ConnectAsync();
        await _telegram.SayAsync("Hello");
        await _telegram.SentAsync(1);
        Assert.Contains("credit", (await _telegram.TextsAsync())[0], StringComparison.OrdinalIgnoreCase);

        await _telegram.SayAsync("Wait");
        await Eventually.IsAsync(() => _model.Asked.Count == 2, "the model is asked");
        await _bot.Bot.Desk.CancelAsync(_bot.Bot.Store.NotOver().Single().Id, Ct);
        _model.Always(Replies.Say("after"));
        await _telegram.SayAsync("More");
        await _telegram.SentAsync(2);
        Assert.Equal("after", (await _telegram.TextsAsync())[1]);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private ChannelBot Start() => new(_home, _model.Settings, _telegram.Url);

    private async Task<ChannelView> ConnectAsync(bool waits = true)
    {
        var view = await _bot.PutAsync("tg", ChannelKind.Telegram, settings: ("token", TelegramTarget.Token));
        if (waits) { await _bot.IsAsync("tg", ChannelState.Connected); }
        return view;
    }
}
