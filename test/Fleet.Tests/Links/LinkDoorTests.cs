using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Wopr.Protocol;

namespace Wopr.Fleet.Tests.Links;

/// <summary>Who gets in, as whom, and what becomes of it.</summary>
public sealed class LinkDoorTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _over = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly List<string> _news = [];
    private Replica _replica = null!;

    private CancellationToken Ct => _over.Token;

    public async ValueTask InitializeAsync() => _replica = await Replica.StartAsync(Ct, add: services => services.AddSingleton(new PeerNews
    {
        Opened = (peer, _) => Note($"opened {peer.Name}"),
        Closed = (peer, _) => Note($"closed {peer.Name}"),
    }));

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _replica.DisposeAsync();
        _over.Dispose();
    }

    [Fact]
    public async Task A_key_opens_only_as_it_was_made()
    {
        var (bot, keys) = (Guid.CreateVersion7(), _replica.Keys);
        var (botKey, nodeKey) = (keys.ForBot(bot, 3), keys.ForNode("n-1.eu")!);

        Assert.Equal(LinkPeer.Bot(bot, 3), keys.Open(botKey));
        Assert.Equal(LinkPeer.Node("n-1.eu"), keys.Open(nodeKey));
        string[] wrong =
        [
            "", "x", botKey[..^1], botKey + "0", botKey.Replace("_3_", "_4_", StringComparison.Ordinal),
            botKey.Replace("_3_", "_03_", StringComparison.Ordinal).Replace(botKey[^64..], nodeKey[^64..], StringComparison.Ordinal),
            botKey.ToUpperInvariant(), keys.ForBot(bot, 3)[..^64] + keys.ForBot(bot, 2)[^64..],
            nodeKey.Replace("n-1", "n-2", StringComparison.Ordinal), nodeKey[..^64] + botKey[^64..],
        ];
        Assert.All(wrong, key => Assert.Null(keys.Open(key)));
    }

    [Fact]
    public void A_key_outlives_a_change_of_the_secret_for_as_long_as_the_old_one_is_configured()
    {
        var (old, next) = (new string('a', 32), new string('b', 32));
        var key = new LinkKeys(new(old, []), new()).ForBot(Guid.Empty, 1);

        Assert.NotNull(new LinkKeys(new(next, [old]), new()).Open(key));
        Assert.Null(new LinkKeys(new(next, []), new()).Open(key));
        Assert.Null(new LinkKeys(new(old, []), new()).ForNode("n"));
        Assert.Null(new LinkKeys(new(old, []), new()).Open(_replica.Keys.ForNode("n")!));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("wopr_bot_00000000000000000000000000000000_1_0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task Without_a_key_nobody_gets_in(string? key)
    {
        using var http = new HttpClient { BaseAddress = _replica.Url };
        if (key is not null) { http.DefaultRequestHeaders.Authorization = new("Bearer", key); }

        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync(LinkTarget.Path, Ct)).StatusCode);
    }

    [Fact]
    public async Task With_a_key_but_without_a_WebSocket_there_is_no_link()
    {
        using var http = new HttpClient { BaseAddress = _replica.Url };
        http.DefaultRequestHeaders.Authorization = new("Bearer", _replica.Keys.ForNode("n"));

        Assert.Equal(HttpStatusCode.BadRequest, (await http.GetAsync(LinkTarget.Path, Ct)).StatusCode);
    }

    [Fact]
    public async Task What_opens_and_closes_is_told_and_can_be_asked_in_between()
    {
        var bot = await _replica.BotAsync(Ct);
        using var leaving = new CancellationTokenSource();
        var client = _replica.Dial(_replica.Keys.ForBot(bot, 1), Answers("here"));
        var running = client.RunAsync(leaving.Token);

        await Eventually.IsAsync(() => _news.Contains($"opened bot:{bot}"), Ct);
        Assert.Equal("here", (await _replica.Links.AskAsync($"bot:{bot}", BotVerbs.ReadFile, new("x"), Ct)).Text);
        await leaving.CancelAsync();
        await running;

        await Eventually.IsAsync(() => _news.Contains($"closed bot:{bot}"), Ct);
        await Assert.ThrowsAsync<LinkLostException>(() => _replica.Links.AskAsync($"bot:{bot}", BotVerbs.ReadFile, new("x"), Ct));
        Assert.Equal(0, await _replica.Db.ValueAsync<long>($"select count(*) from fleet.link", Ct));
    }

    [Fact]
    public async Task A_newer_link_of_the_same_peer_replaces_the_older()
    {
        List<string> said = [];
        var first = _replica.Dial(_replica.Keys.ForNode("n")!, Answers("first"), says: said.Add);
        using var firstOver = new CancellationTokenSource();
        _ = first.RunAsync(firstOver.Token);
        await Eventually.IsAsync(() => _replica.Open.Find("node:n") is not null, Ct);
        var link = _replica.Open.Find("node:n")!;

        var second = _replica.Dial(_replica.Keys.ForNode("n")!, Answers("second"));
        _ = second.RunAsync(Ct);
        await Eventually.IsAsync(() => link.Why is not null, Ct);
        await firstOver.CancelAsync();

        Assert.Contains("replaced", link.Why, StringComparison.Ordinal);
        Assert.Equal(1, await _replica.Db.ValueAsync<long>($"select count(*) from fleet.link where peer = 'node:n'", Ct));
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("generation")]
    [InlineData("lease")]
    [InlineData("node")]
    public async Task Whoever_speaks_for_another_is_cut_off_and_written_down(string how)
    {
        var bot = await _replica.BotAsync(Ct);
        var name = how == "node" ? "node:n" : $"bot:{bot}";
        var client = _replica.Dial(how == "node" ? _replica.Keys.ForNode("n")! : _replica.Keys.ForBot(bot, 1));
        _ = client.RunAsync(Ct);
        await Eventually.IsAsync(() => client.Current is not null, Ct);
        var link = client.Current!;

        await Assert.ThrowsAnyAsync<Exception>(() => how switch
        {
            "hello" => link.AskAsync(HomeVerbs.Hello, new(Guid.CreateVersion7(), 1, "1"), Ct),
            "generation" => link.AskAsync(HomeVerbs.Hello, new(bot, 2, "1"), Ct),
            "lease" => link.AskAsync(HomeVerbs.Lease, new(2), Ct),
            _ => (Task)link.AskAsync(FleetVerbs.Hello, new("m", "1", "process", 1, 1), Ct),
        });

        await Eventually.IsAsync(() => link.Why == "it spoke for another", Ct);
        Assert.Equal(1, await _replica.Db.ValueAsync<long>(
            $"select count(*) from audit.event where action = 'fleet.link_foreign' and target = {name}", Ct));
        Assert.Equal(0, await _replica.Db.ValueAsync<long>($"select count(*) from fleet.node", Ct));
    }

    [Fact]
    public async Task A_bot_whose_generation_is_over_hears_that_and_takes_nobodys_place()
    {
        var bot = await _replica.BotAsync(Ct, generation: 2);
        _ = _replica.Dial(_replica.Keys.ForBot(bot, 2), Answers("current")).RunAsync(Ct);
        await Eventually.IsAsync(() => _replica.Open.Find($"bot:{bot}") is not null, Ct);
        var old = _replica.Dial(_replica.Keys.ForBot(bot, 1), Answers("old"), (link, ct) => link.AskAsync(HomeVerbs.Hello, new(bot, 1, "1"), ct));
        _ = old.RunAsync(Ct);

        Assert.Equal(0, (await old.AskAsync(HomeVerbs.Lease, new(1), Ct)).Seconds);

        Assert.Equal("current", (await _replica.Links.AskAsync($"bot:{bot}", BotVerbs.ReadFile, new("x"), Ct)).Text);
        Assert.Equal("link.unknown_verb", (await Assert.ThrowsAsync<LinkRefusedException>(
            () => old.AskAsync(HomeVerbs.Ended, new(bot, "s", new(TurnEnd.Answered, "", null, false, null, 0, 0, 0)), Ct))).Problem.Code);
    }

    [Fact]
    public async Task A_bot_that_is_no_more_hears_that_its_time_is_over()
    {
        var bot = Guid.CreateVersion7();
        var client = _replica.Dial(_replica.Keys.ForBot(bot, 1));
        _ = client.RunAsync(Ct);

        Assert.Equal(0, (await client.AskAsync(HomeVerbs.Lease, new(1), Ct)).Seconds);
    }

    [Fact]
    public async Task A_node_says_what_it_is_and_what_it_sees()
    {
        List<(string Node, int Bots)> seen = [];
        await using var replica = await _replica.AnotherAsync(Ct, services => services.AddSingleton<Func<LinkPeer, BotsSeen, CancellationToken, Task>>(
            (peer, bots, _) =>
            {
                seen.Add((peer.Id, bots.Bots.Count));
                return Task.CompletedTask;
            }));
        var client = replica.Dial(replica.Keys.ForNode("n")!,
            greet: (link, ct) => link.AskAsync(FleetVerbs.Hello, new("n", "1.2", "process", 4, 1024), ct));
        _ = client.RunAsync(Ct);

        await client.AskAsync(FleetVerbs.Seen, new([new(Guid.Empty, 1, 1, BotProcess.Up, null, 0, null, null, 0, 0, 0, true)]), Ct);

        Assert.Equal([("n", 1)], seen);
        var node = Assert.Single(await NodeSql.ListAsync(replica.Db, Ct));
        Assert.Equal(("n", "process", "1.2", 4, 1024L, true), (node.Id, node.Runtime, node.Version, node.Processors, node.MemoryBytes, node.IsLinked));
    }

    [Fact]
    public async Task A_replica_that_stops_sends_its_peers_away_at_once_and_takes_no_more()
    {
        var client = _replica.Dial(_replica.Keys.ForNode("n")!);
        _ = client.RunAsync(Ct);
        await Eventually.IsAsync(() => _replica.Open.Find("node:n") is not null, Ct);
        var link = client.Current!;

        await _replica.StopAsync();

        Assert.Equal(Link.GoingAway, link.Why);
        Assert.Equal(0, _replica.Open.Count);
    }

    private Task Note(string what)
    {
        lock (_news) { _news.Add(what); }
        return Task.CompletedTask;
    }

    private static LinkAnswers Answers(string text)
    {
        var answers = new LinkAnswers();
        answers.On(BotVerbs.ReadFile, (ask, _) => Task.FromResult(new FileView(ask.Path, text, "1", default)));
        return answers;
    }
}
