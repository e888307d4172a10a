using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text;

namespace Wopr.Protocol.Tests;

/// <summary>Links over real WebSockets.</summary>
public sealed class WebSocketTests : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private LinkServer _server = null!;

    private CancellationToken Ct => _limit.Token;

    public async ValueTask InitializeAsync()
    {
        _limit.CancelAfter(s_patience);
        _server = await LinkServer.StartAsync(port: 0);
    }

    public async ValueTask DisposeAsync()
    {
        await _limit.CancelAsync();
        await _server.DisposeAsync();
        _limit.Dispose();
    }

    [Fact]
    public async Task Both_ends_ask_and_answer()
    {
        var client = Client(BotAnswers());
        var running = client.RunAsync(Ct);

        Assert.Equal(15, (await client.AskAsync(HomeVerbs.Lease, new(3), Ct)).Seconds);
        var link = await _server.NextAsync(Ct);
        var turn = Guid.CreateVersion7();
        Assert.Equal(turn, (await link.AskAsync(BotVerbs.Turn, new(turn, "main", "Grüße 🎉 <b>", null, null), Ct)).TurnId);
        await _limit.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_thousand_asks_at_once_are_all_answered()
    {
        var client = Client(BotAnswers());
        _ = client.RunAsync(Ct);

        var answers = await Task.WhenAll(Enumerable.Range(1, 1000).Select(number => client.AskAsync(HomeVerbs.Lease, new(number), Ct)));

        Assert.All(answers, answer => Assert.Equal(15, answer.Seconds));
    }

    [Fact]
    public async Task Nearly_a_megabyte_goes_over_and_back()
    {
        var client = Client(BotAnswers());
        _ = client.RunAsync(Ct);
        var bytes = new byte[700_000];
        new Random(1).NextBytes(bytes);

        var kept = await client.AskAsync(FleetVerbs.Keep, new(Guid.Empty, 1, "sessions/a.jsonl", 0, bytes), Ct);

        Assert.Equal(bytes.Length, kept.Length);
        Assert.Equal(bytes, _server.Kept);
    }

    [Fact]
    public async Task A_feed_ends_when_its_items_do_and_stops_when_its_reader_does()
    {
        _ = Client(BotAnswers()).RunAsync(Ct);
        var link = await _server.NextAsync(Ct);

        var all = await link.FollowAsync(BotVerbs.Watch, new("1000", null), Ct).CountAsync(Ct);
        var some = await link.FollowAsync(BotVerbs.Watch, new("1000000", null), Ct).Take(7).CountAsync(Ct);

        Assert.Equal((1000, 7), (all, some));
        while (link.Load.Asks > 0) { await Task.Delay(5, Ct); }
    }

    [Fact]
    public async Task When_the_platform_stops_in_order_bots_come_back_at_once_and_go_on()
    {
        List<string> said = [];
        var client = Client(BotAnswers(), said);
        _ = client.RunAsync(Ct);
        var link = await _server.NextAsync(Ct);
        var asking = Task.Run(async () =>
        {
            for (var number = 0; number < 200; number++) { await client.AskAsync(HomeVerbs.Lease, new(number), Ct); }
        }, Ct);

        await link.CloseAsync(Link.GoingAway);
        await _server.NextAsync(Ct);

        await asking;
        Assert.Contains(said, sentence => sentence.Contains(Link.GoingAway, StringComparison.Ordinal));
    }

    [Fact]
    public async Task When_the_platform_dies_bots_wait_for_it()
    {
        var client = Client(BotAnswers());
        _ = client.RunAsync(Ct);
        await client.AskAsync(HomeVerbs.Lease, new(1), Ct);
        var port = _server.Port;
        await _server.DisposeAsync();
        var asked = client.AskAsync(HomeVerbs.Lease, new(2), Ct);

        _server = await LinkServer.StartAsync(port);

        Assert.Equal(15, (await asked).Seconds);
    }

    [Fact]
    public async Task A_key_that_is_not_accepted_is_said_so()
    {
        List<string> said = [];
        _ = new LinkClient(new(_server.Url, "wrong", TimeProvider.System) { Says = said.Add }, new(), (_, _) => Task.CompletedTask).RunAsync(Ct);

        while (said.Count == 0) { await Task.Delay(10, Ct); }
        Assert.Contains("does not accept the key (401)", said[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_platform_that_speaks_another_version_is_not_linked_to()
    {
        List<string> said = [];
        _server.Speaks = "wopr.link.9";
        _ = Client(BotAnswers(), said).RunAsync(Ct);

        while (said.Count == 0) { await Task.Delay(10, Ct); }
        Assert.DoesNotContain(said, sentence => sentence.Contains("There is a link", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_greeting_that_is_refused_gives_the_link_up()
    {
        List<string> said = [];
        var client = new LinkClient(new(_server.Url, LinkServer.Key, TimeProvider.System) { Says = said.Add }, BotAnswers(),
            async (link, ct) => await link.AskAsync(HomeVerbs.Hello, new(Guid.Empty, 1, "1"), ct));
        _ = client.RunAsync(Ct);

        while (said.Count == 0) { await Task.Delay(10, Ct); }
        Assert.Contains("does not know", said[0], StringComparison.Ordinal);
        Assert.Null(client.Current);
    }

    [Theory]
    [InlineData(WebSocketMessageType.Binary, 10, "a frame was not text")]
    [InlineData(WebSocketMessageType.Text, (1024 * 1024) + 1, "a frame was too large")]
    [InlineData(WebSocketMessageType.Text, 10, "a frame could not be read")]
    public async Task What_is_no_frame_is_answered_with_a_farewell(WebSocketMessageType type, int length, string why)
    {
        using var socket = await DialAsync();
        await socket.SendAsync(Encoding.UTF8.GetBytes(new string('x', length)), type, true, Ct);

        var got = await socket.ReceiveAsync(new byte[100], Ct);

        Assert.Equal((WebSocketMessageType.Close, why), (got.MessageType, socket.CloseStatusDescription));
        Assert.Equal(why, (await _server.NextAsync(Ct)).Why);
    }

    [Fact]
    public async Task A_connection_that_breaks_ends_the_link()
    {
        using var socket = await DialAsync();
        var link = await _server.NextAsync(Ct);
        socket.Abort();

        while (link.Why is null) { await Task.Delay(5, Ct); }
    }

    private LinkClient Client(LinkAnswers answers, List<string>? said = null) => new(
        new(_server.Url, LinkServer.Key, TimeProvider.System) { Says = sentence => said?.Add(sentence) }, answers,
        async (link, ct) => await link.AskAsync(HomeVerbs.Lease, new(0), ct));

    private async Task<ClientWebSocket> DialAsync()
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(Link.Version);
        socket.Options.SetRequestHeader("Authorization", $"Bearer {LinkServer.Key}");
        await socket.ConnectAsync(new UriBuilder(_server.Url) { Scheme = "ws", Path = LinkTarget.Path }.Uri, Ct);
        return socket;
    }

    private static LinkAnswers BotAnswers()
    {
        var answers = new LinkAnswers();
        answers.On(BotVerbs.Turn, (ask, _) => Task.FromResult(new TurnTaken(ask.TurnId, null)));
        answers.On(BotVerbs.Watch, CountAsync);
        return answers;
    }

    private static async IAsyncEnumerable<SessionEvent> CountAsync(WatchAsk ask, [EnumeratorCancellation] CancellationToken ct)
    {
        for (var number = 1; number <= int.Parse(ask.Session, null); number++)
        {
            ct.ThrowIfCancellationRequested();
            if (number % 100 == 0) { await Task.Yield(); }
            yield return new($"t:{number}", Guid.Empty, SessionEventKind.Text, "hello", null, null);
        }
    }
}
