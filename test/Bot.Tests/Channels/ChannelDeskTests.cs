using Wopr.Bot.Channels;
using Wopr.Bot.Tests.Channels.Telegram;
using Wopr.Bot.Tests.Model;
using Wopr.Protocol;

namespace Wopr.Bot.Tests.Channels;

public sealed class ChannelDeskTests : IAsyncLifetime
{
    private readonly TestHome _home = new();
    private FakeModel _model = null!;
    private TelegramTarget _telegram = null!;
    private ChannelBot _bot = null!;

    public async ValueTask InitializeAsync()
    {
        _model = await FakeModel.StartAsync();
        _model.Always(Replies.Say("answer"));
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
    public async Task A_bot_without_channels_has_no_file_of_them()
    {
        await _bot.Bot.AskAsync("Hello");
        Assert.False(File.Exists(_home.File("channels.json")));
        Assert.False(Directory.Exists(_home.File("channels")));
    }

    [Theory]
    [InlineData("Big", "token", "4242:ttttttttttttttttttttttttttttttttttt", "id")]
    [InlineData("a-b", "token", "4242:ttttttttttttttttttttttttttttttttttt", "id")]
    [InlineData("tg", "token", "nonsense", "@BotFather")]
    [InlineData("tg", "other", "x", "no setting")]
    [InlineData("tg", "owner", "7", "needs the setting token")]
    [InlineData("tg", "owner_may_use_tools", "maybe", "yes or no")]
    public async Task Settings_that_cannot_be_right_are_refused_in_a_sentence(string id, string name, string value, string says)
    {
        var refused = await Assert.ThrowsAsync<LinkRefusedException>(() => _bot.PutAsync(id, ChannelKind.Telegram, settings: (name, value)));
        Assert.Contains(says, refused.Problem.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_home.File("channels.json")));
    }

    [Fact]
    public async Task A_secret_that_is_left_out_or_comes_back_hidden_stays_as_it_is()
    {
        await ConnectAsync();
        var hidden = _bot.View("tg").Settings["token"];
        await _bot.PutAsync("tg", ChannelKind.Telegram, settings: [("token", hidden), ("owner", "7")]);
        await _bot.PutAsync("tg", ChannelKind.Telegram, settings: ("owner", "7"));
        await _bot.IsAsync("tg", ChannelState.Connected);
        Assert.Contains(TelegramTarget.Token, await File.ReadAllTextAsync(_home.File("channels.json"), Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_owner_whom_the_channel_allows_uses_tools_and_nobody_reads_along()
    {
        await ConnectAsync(("owner", "7, 8"), ("owner_may_use_tools", "yes"));
        await _telegram.SayAsync("I am the owner", user: 9, message: new { from = new { id = 9, is_bot = false, first_name = "7" } });
        await _telegram.SentAsync(1);
        await _telegram.SayAsync("Hello", user: 7, chat: 7);
        await _telegram.SentAsync(2);

        Assert.Empty(_model.Asked.First().Tools);
        Assert.NotEmpty(_model.Asked.Last().Tools);
        Assert.Equal(["telegram-tg-7.owner", "telegram-tg-9"], _bot.Bot.Store.List().Sessions.Select(session => session.Session).Order());

        // Whoever writes there by another way is no owner.
        await _bot.Bot.AskAsync("Hello", "telegram-tg-7.owner");
        Assert.Empty(_model.Asked.Last().Tools);
        await _bot.PutAsync("tg", ChannelKind.Telegram, settings: ("owner", "7"));
        await _telegram.SayAsync("Hello", user: 7);
        await _telegram.SentAsync(3);
        Assert.Empty(_model.Asked.Last().Tools);
    }

    [Fact]
    public async Task What_the_web_says_in_a_session_of_a_channel_is_not_sent_there()
    {
        await ConnectAsync();
        await _telegram.SayAsync("One");
        await _telegram.SentAsync("answer");
        await _bot.Bot.AskAsync("From the web", "telegram-tg-7");
        await _telegram.SayAsync("Two");
        await _telegram.SentAsync("answer", "answer");
    }

    [Fact]
    public async Task Without_a_lease_it_is_silent_and_comes_back_with_it()
    {
        var go = new TaskCompletionSource();
        _model.Then(Replies.SayThenWait("slow", go.Task));
        await ConnectAsync();
        await _telegram.SayAsync("One");
        await Eventually.IsAsync(() => _model.Asked.Count == 1, "the model is asked");

        _bot.Bot.Lease.Lose();

        await _bot.IsAsync("tg", ChannelState.Waiting);
        Assert.Contains("quiet", _bot.View("tg").Problem, StringComparison.Ordinal);
        await _telegram.SayAsync("Two");
        Assert.Empty(await _telegram.TextsAsync());
        go.SetResult();
        _model.Always(Replies.Say("back"));
        _bot.Bot.Grant(TimeSpan.FromHours(1));
        await _telegram.SentAsync("back", "back");
    }

    [Fact]
    public async Task Switched_off_it_neither_hears_nor_sends_and_shows_what_waits()
    {
        await ConnectAsync();
        var go = new TaskCompletionSource();
        _model.Always(Replies.SayThenWait("late", go.Task));
        await _telegram.SayAsync("One");
        await Eventually.IsAsync(() => _model.Asked.Count == 1, "the model is asked");
        await _bot.PutAsync("tg", ChannelKind.Telegram, isEnabled: false);
        go.SetResult();
        await Eventually.IsAsync(() => _bot.Unsent("tg").Count == 1, "it is shown");
        Assert.Equal("The channel is switched off.", _bot.Unsent("tg")[0].Problem);
        Assert.Empty(await _telegram.TextsAsync());

        await _bot.PutAsync("tg", ChannelKind.Telegram);
        await _telegram.SentAsync("late");
    }

    [Fact]
    public async Task A_new_channel_of_an_old_name_does_not_answer_for_the_old_one()
    {
        await ConnectAsync();
        await _telegram.SayAsync("One");
        await _telegram.SentAsync("answer");
        await _bot.Channels.DeleteAsync("tg", Ct);
        Assert.Empty(Directory.GetFiles(_home.File("channels")));
        await Task.Delay(20, Ct);
        await ConnectAsync();
        await _bot.DisposeAsync();
        _bot = Start();
        await _telegram.SayAsync("Two");
        await _telegram.SentAsync("answer", "answer");
    }

    [Fact]
    public async Task A_reply_that_a_crash_kept_from_the_outbox_is_sent_after_the_next_start()
    {
        await ConnectAsync();
        // The outbox cannot be written: the answer is on the disk and the reply is not.
        Directory.CreateDirectory(_home.File("channels/tg.outbox"));
        await _telegram.SayAsync("One");
        await Eventually.IsAsync(() => _bot.Bot.Store.Answers == 1, "it is answered");
        await _bot.DisposeAsync();
        Directory.Delete(_home.File("channels/tg.outbox"));
        Assert.Empty(await _telegram.TextsAsync());

        _bot = Start();

        await _telegram.SentAsync("answer");
    }

    [Fact]
    public async Task A_broken_book_is_set_aside_and_the_bot_goes_on()
    {
        await ConnectAsync();
        await _bot.DisposeAsync();
        await File.WriteAllTextAsync(_home.File("channels.json"), "{", Ct);
        _bot = Start();
        Assert.Empty(_bot.Channels.List().Channels);
        Assert.Contains(_bot.Bot.Store.SetAside, file => file.StartsWith("channels.", StringComparison.Ordinal));
    }

    [Fact]
    public void A_full_disk_refuses_and_leaves_what_was_there()
    {
        var home = _home.File("small");
        using var disk = SmallDisk.Make(home);
        ChannelBook book = new(home, TimeProvider.System, [], _home.Log);
        ChannelPut put = new("tg", ChannelKind.Telegram, "First", true, new Dictionary<string, string> { ["token"] = TelegramTarget.Token });
        book.Put(put);
        disk.Fill();

        var more = put with { Name = "Second", Settings = new Dictionary<string, string> { ["owner"] = new('7', 4_000) } };
        Assert.Equal("bot.storage", Code(() => book.Put(more with { Id = "new", Settings = put.Settings })));
        Assert.Equal("bot.storage", Code(() => book.Put(more)));

        Assert.Equal("First", Assert.Single(book.All).Name);
        Assert.Equal("First", Assert.Single(ChannelFile.Load(home, TimeProvider.System, [], _home.Log)).Name);
        disk.Clear();
        Assert.Equal(TelegramTarget.Token, book.Put(more).Settings["token"]);
        Assert.Equal("Second", Assert.Single(book.All).Name);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static string Code(Action act) => Assert.Throws<LinkRefusedException>(act).Problem.Code;

    private ChannelBot Start() => new(_home, _model.Settings, _telegram.Url);

    private async Task ConnectAsync(params (string, string)[] settings)
    {
        await _bot.PutAsync("tg", ChannelKind.Telegram, settings: [("token", TelegramTarget.Token), .. settings]);
        await _bot.IsAsync("tg", ChannelState.Connected);
    }
}
