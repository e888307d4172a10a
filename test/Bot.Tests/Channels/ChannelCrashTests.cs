using Wopr.Bot.Tests.Channels.Telegram;
using Wopr.Bot.Tests.Home;
using Wopr.Bot.Tests.Model;
using Wopr.Protocol;
using Wopr.Testing;

namespace Wopr.Bot.Tests.Channels;

/// <summary>The real program, killed while it hears, answers and sends.</summary>
public sealed class ChannelCrashTests : IAsyncLifetime
{
    private readonly TestHome _home = new();
    private readonly Guid _id = Guid.CreateVersion7();
    private readonly List<BotChild> _children = [];
    private FakeModel _model = null!;
    private FakePlatform _platform = null!;
    private TelegramTarget _telegram = null!;

    public async ValueTask InitializeAsync()
    {
        _model = await FakeModel.StartAsync();
        _model.Always((asked, response, ct) => Replies.Say($"You said: {asked.Messages[^1].Text.Split(": ")[^1]}")(asked, response, ct));
        _platform = await FakePlatform.StartAsync();
        _telegram = await TelegramTarget.StartAsync();
        BotChild.Mark(_home.Path, _id);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var child in _children) { child.Dispose(); }
        await _telegram.DisposeAsync();
        await _platform.DisposeAsync();
        await _model.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task Killed_while_it_answers_it_answers_once_when_it_is_back()
    {
        _model.Then(Replies.Silence).Then(Replies.Say("back"));
        var child = await StartAsync();
        await _telegram.SayAsync("Hello");
        await Eventually.IsAsync(() => _model.Asked.Count == 1, "the model is asked");
        child.Kill();
        await StartAsync();
        await _telegram.SentAsync("back");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Killed_while_it_sends_it_never_says_it_twice_and_shows_it_as_unsent(bool before)
    {
        var child = await StartAsync();
        await _telegram.FaultAsync("sendMessage", 0, before, hold: 60);
        await _telegram.SayAsync("Hello");
        await Eventually.IsAsync(() => File.Exists(_home.File("channels/tg.outbox"))
            && ReadAll(_home.File("channels/tg.outbox")).Contains("Sending", StringComparison.Ordinal), "it is being sent");
        if (!before) { await _telegram.SentAsync("You said: Hello"); }
        child.Kill();
        await child.ExitAsync();
        await _telegram.MendAsync();

        await StartAsync();

        var unsent = Assert.Single((await _platform.AskAsync(BotVerbs.Unsent, new(null))).Replies);
        Assert.Equal(("You said: Hello", true), (unsent.Text, unsent.MayHaveArrived));
        await _telegram.SayAsync("Next");
        await _telegram.SentAsync(before ? ["You said: Next"] : ["You said: Hello", "You said: Next"]);
    }

    [Fact]
    public async Task Killed_before_a_reply_is_in_the_outbox_it_is_sent_after_the_next_start()
    {
        var child = await StartAsync();
        Directory.CreateDirectory(_home.File("channels/tg.outbox"));
        await _telegram.SayAsync("Hello");
        await Eventually.IsAsync(() => !_platform.Ended.IsEmpty, "it is answered");
        child.Kill();
        await child.ExitAsync();
        Directory.Delete(_home.File("channels/tg.outbox"));
        await StartAsync();
        await _telegram.SentAsync("You said: Hello");
    }

    [Fact]
    public async Task Killed_again_and_again_it_says_each_reply_once_or_shows_it_as_unsent()
    {
        const int Messages = 40;
        var child = await StartAsync();
        var saying = Task.Run(async () =>
        {
            for (var number = 0; number < Messages; number++)
            {
                await _telegram.SayAsync($"message {number}", user: 1 + number % 4);
                await Task.Delay(Random.Shared.Next(150), Ct);
            }
        }, Ct);
        for (var kill = 0; kill < 10; kill++)
        {
            await Task.Delay(Random.Shared.Next(500), Ct);
            child.Kill();
            await child.ExitAsync();
            child = await StartAsync();
        }
        await saying;
        await UntilSettledAsync(Messages);

        var sent = await _telegram.TextsAsync();
        Assert.Equal(sent.Distinct().Count(), sent.Length);
        var unsent = (await _platform.AskAsync(BotVerbs.Unsent, new(null))).Replies;
        Assert.All(unsent, reply => Assert.True(reply.MayHaveArrived));
        Assert.Equal(Enumerable.Range(0, Messages).Select(number => $"You said: message {number}").Order(),
            sent.Union(unsent.Select(reply => reply.Text)).Order());
        child.Terminate();
        Assert.Equal(0, await child.ExitAsync());
    }

    private async Task UntilSettledAsync(int messages)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var unsent = (await _platform.AskAsync(BotVerbs.Unsent, new(null))).Replies;
            var settled = (await _telegram.TextsAsync()).Union(unsent.Select(reply => reply.Text)).Count();
            if (settled == messages) { return; }
            if (TimeProvider.System.GetElapsedTime(began) > Patience.Max) { Assert.Fail($"Of {messages} replies {settled} are sent or shown."); }
            await Task.Delay(50, Ct);
        }
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static string ReadAll(string path)
    {
        using StreamReader reader = new(File.Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd();
    }

    private async Task<BotChild> StartAsync()
    {
        var settings = BotChild.Settings(_home.Path, _platform.Address, _model.Address, _id);
        settings["WOPR_TELEGRAM_URL"] = $"{_telegram.Url}/telegram";
        var child = BotChild.Start(settings);
        _children.Add(child);
        await Eventually.IsAsync(() => child.Lines.Any(line => line.Contains("lets this bot work", StringComparison.Ordinal)), "it works");
        await _platform.AskAsync(BotVerbs.PutChannel, new("tg", ChannelKind.Telegram, "Telegram", true,
            new Dictionary<string, string> { ["token"] = TelegramTarget.Token }));
        return child;
    }
}
