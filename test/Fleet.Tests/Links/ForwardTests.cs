using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet.Tests.Links;

/// <summary>Asking peers whose links end in another replica.</summary>
public sealed class ForwardTests : IAsyncLifetime
{
    private const string Peer = "node:far";

    private readonly CancellationTokenSource _over = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private Replica _here = null!;
    private Replica _there = null!;

    private CancellationToken Ct => _over.Token;

    public async ValueTask InitializeAsync()
    {
        var hurried = new LinksPace
        {
            Beat = TimeSpan.FromMilliseconds(200),
            ForwardBeat = TimeSpan.FromMilliseconds(100),
            ForwardSilence = TimeSpan.FromSeconds(2),
        };
        _here = await Replica.StartAsync(Ct, pace: hurried);
        _there = await _here.AnotherAsync(Ct, pace: hurried);
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _there.DisposeAsync();
        await _here.DisposeAsync();
        _over.Dispose();
    }

    [Fact]
    public async Task A_question_goes_to_the_replica_that_holds_the_link()
    {
        await LinkThereAsync();

        Assert.Equal("far text", (await _here.Links.AskAsync(Peer, BotVerbs.ReadFile, new("far"), Ct)).Text);
        Assert.Equal("near", (await Assert.ThrowsAsync<LinkRefusedException>(
            () => _here.Links.AskAsync(Peer, BotVerbs.ReadFile, new("none"), Ct))).Problem.Code);
        Assert.Equal("link.unknown_verb", (await Assert.ThrowsAsync<LinkRefusedException>(
            () => _here.Links.AskAsync(Peer, BotVerbs.Status, Nothing.Instance, Ct))).Problem.Code);
    }

    [Fact]
    public async Task A_slow_answer_is_waited_for_as_long_as_its_replica_lives()
    {
        await LinkThereAsync();

        // Longer than any silence that is borne.
        Assert.Equal("slow text", (await _here.Links.AskAsync(Peer, BotVerbs.ReadFile, new("slow"), Ct)).Text);
    }

    [Fact]
    public async Task A_feed_goes_through_item_by_item_and_stops_at_its_source_when_its_reader_leaves()
    {
        var stopped = await LinkThereAsync();

        Assert.Equal(["t:1", "t:2", "t:3"], await _here.Links.FollowAsync(Peer, BotVerbs.Watch, new("3", null), Ct).Select(one => one.Id).ToListAsync(Ct));
        await foreach (var item in _here.Links.FollowAsync(Peer, BotVerbs.Watch, new("endless", null), Ct))
        {
            if (item.Id == "t:5") { break; }
        }

        await stopped.Task.WaitAsync(Ct);
    }

    [Fact]
    public async Task A_feed_breaks_off_when_its_link_does()
    {
        await LinkThereAsync();
        var got = 0;

        await Assert.ThrowsAsync<LinkLostException>(async () =>
        {
            await foreach (var item in _here.Links.FollowAsync(Peer, BotVerbs.Watch, new("endless", null), Ct))
            {
                if (++got == 3) { await _there.Open.Find(Peer)!.CloseAsync("test"); }
            }
        });

        Assert.True(got >= 3);
    }

    [Fact]
    public async Task A_peer_that_nobody_holds_is_lost() =>
        await Assert.ThrowsAsync<LinkLostException>(() => _here.Links.AskAsync("node:nowhere", BotVerbs.ReadFile, new("x"), Ct));

    [Fact]
    public async Task A_replica_that_is_gone_is_lost_and_after_a_while_nobody_is_asked()
    {
        await NoteAsync("http://127.0.0.1:1", beat: "0 seconds");
        await Assert.ThrowsAsync<LinkLostException>(() => _here.Links.AskAsync(Peer, BotVerbs.ReadFile, new("x"), Ct));

        await NoteAsync(_there.InsideUrl, beat: "16 seconds");
        Assert.Null(await LinkSql.HolderAsync(_here.Db, Peer, Ct));
        Assert.Contains("no link", (await Assert.ThrowsAsync<LinkLostException>(
            () => _here.Links.AskAsync(Peer, BotVerbs.ReadFile, new("x"), Ct))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replica_that_falls_silent_is_lost()
    {
        using var deaf = new TcpListener(IPAddress.Loopback, 0);
        deaf.Start();
        await NoteAsync($"http://{deaf.LocalEndpoint}", beat: "0 seconds");

        var lost = await Assert.ThrowsAsync<LinkLostException>(() => _here.Links.AskAsync(Peer, BotVerbs.ReadFile, new("x"), Ct));

        Assert.Contains("silent", lost.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_a_peer_links_elsewhere_its_older_link_is_closed_and_the_newer_is_asked()
    {
        await LinkThereAsync();
        var older = _there.Open.Find(Peer)!;
        using var over = new CancellationTokenSource();
        var answers = new LinkAnswers();
        answers.On(BotVerbs.ReadFile, (_, _) => Task.FromResult(new FileView("x", "here now", "1", default)));
        _ = _here.Dial(_here.Keys.ForNode("far")!, answers).RunAsync(over.Token);

        await Eventually.IsAsync(() => older.Why?.Contains("replaced", StringComparison.Ordinal) == true, Ct);
    }

    [Fact]
    public async Task What_was_heard_of_no_news_is_found_by_the_next_beat()
    {
        await LinkThereAsync();
        var older = _there.Open.Find(Peer)!;

        await _here.Db.ExecuteAsync($"update fleet.link set connection = gen_random_uuid(), replica = 'http://elsewhere' where peer = {Peer}", Ct);

        await Eventually.IsAsync(() => older.Why?.Contains("replaced", StringComparison.Ordinal) == true, Ct);
    }

    [Fact]
    public async Task A_row_that_was_lost_comes_back_with_the_next_beat()
    {
        await LinkThereAsync();

        await _here.Db.ExecuteAsync($"delete from fleet.link", Ct);

        await Eventually.IsAsync(async () => await LinkSql.HolderAsync(_here.Db, Peer, Ct) == _there.InsideUrl, Ct);
    }

    [Theory]
    [InlineData("right", HttpStatusCode.OK)]
    [InlineData("none", HttpStatusCode.Unauthorized)]
    [InlineData("body", HttpStatusCode.Unauthorized)]
    [InlineData("late", HttpStatusCode.Unauthorized)]
    [InlineData("early", HttpStatusCode.Unauthorized)]
    [InlineData("other replica", HttpStatusCode.Unauthorized)]
    [InlineData("other secret", HttpStatusCode.Unauthorized)]
    public async Task Only_another_replica_is_answered_and_only_what_it_asks_now(string what, HttpStatusCode status)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new { peer = Peer, verb = "file.read", feed = false, ask = new { path = "x" } }, JsonSerializerOptions.Web);
        var vault = what == "other secret" ? new Vault(new string('z', 32), []) : _here.Get<Vault>();
        var shift = what switch { "late" => -31, "early" => 31, _ => 0 };
        var place = new Uri(what == "other replica" ? _here.InsideUrl : _there.InsideUrl).Authority + "/forward";
        var (time, proof) = new ForwardSignature(vault, new Shifted(TimeSpan.FromSeconds(shift))).Sign("POST", place, body);
        if (what == "body") { body = [.. body, (byte)' ']; }

        Assert.Equal(status, await PostAsync(_there.InsideUrl, body, what == "none" ? null : (time, proof)));
    }

    [Fact]
    public async Task The_inner_port_serves_nothing_else_and_the_outer_none_of_it()
    {
        using var http = new HttpClient();

        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(new Uri($"{_there.InsideUrl}/internal/link"), Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(new Uri($"{_there.InsideUrl}/forward"), Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, await PostAsync(_there.Url.AbsoluteUri.TrimEnd('/'), "{}"u8.ToArray(), null));
    }

    private async Task<HttpStatusCode> PostAsync(string replica, byte[] body, (string Time, string Proof)? signed)
    {
        using var http = new HttpClient();
        using var content = new ByteArrayContent(body);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"{replica}/forward")) { Content = content };
        if (signed is { } headers)
        {
            request.Headers.Add(ForwardSignature.TimeHeader, headers.Time);
            request.Headers.Add(ForwardSignature.Header, headers.Proof);
        }
        using var answer = await http.SendAsync(request, Ct);
        return answer.StatusCode;
    }

    private async Task NoteAsync(string replica, string beat) => await _here.Db.ExecuteAsync($"""
        insert into fleet.link (peer, replica, connection, generation, since, beat)
        values ({Peer}, {replica}, gen_random_uuid(), 0, now(), now() - {beat}::interval)
        on conflict (peer) do update set replica = excluded.replica, beat = excluded.beat
        """, Ct);

    /// <summary>Done when a feed was stopped at its source.</summary>
    private async Task<TaskCompletionSource> LinkThereAsync()
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answers = new LinkAnswers();
        answers.On(BotVerbs.ReadFile, async (ask, ct) =>
        {
            if (ask.Path == "none") { throw new LinkRefusedException(new("near", "There is none.")); }
            if (ask.Path == "slow") { await Task.Delay(TimeSpan.FromSeconds(3), ct); }
            return new(ask.Path, $"{ask.Path} text", "1", default);
        });
        answers.On(BotVerbs.Watch, (ask, ct) => WatchAsync(ask, stopped, ct));
        _ = _there.Dial(_there.Keys.ForNode("far")!, answers).RunAsync(Ct);
        await Eventually.IsAsync(() => _there.Open.Find(Peer) is not null, Ct);
        return stopped;
    }

    private static async IAsyncEnumerable<SessionEvent> WatchAsync(WatchAsk ask, TaskCompletionSource stopped, [EnumeratorCancellation] CancellationToken ct)
    {
        using var told = ct.Register(() => stopped.TrySetResult());
        var last = ask.Session == "endless" ? int.MaxValue : int.Parse(ask.Session, null);
        for (var number = 1; number <= last; number++)
        {
            if (ask.Session == "endless") { await Task.Delay(5, ct); }
            yield return new($"t:{number}", Guid.Empty, SessionEventKind.Text, "text", null, null);
        }
    }

    private sealed class Shifted(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }
}
