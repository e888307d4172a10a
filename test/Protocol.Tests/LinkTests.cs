using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using Wopr.Protocol.Tests.Simulated;

namespace Wopr.Protocol.Tests;

/// <summary>One link against a hand that writes frames, on simulated time.</summary>
public sealed class LinkTests
{
    private static readonly SessionEvent s_event = new("t:1", Guid.Empty, SessionEventKind.Text, new('x', 1000), null, null);

    [Fact]
    public void A_frame_that_comes_twice_is_heard_once() => Run(async (world, hand, link) =>
    {
        const string ask = """{"n":1,"k":"ask","id":1,"verb":"status","body":{}}""";
        hand.Say(ask, ask);

        await hand.HearAsync("answer");
        await hand.HearAsync("ping");
        Assert.DoesNotContain(hand.Heard, frame => frame.Contains("\"n\":2", StringComparison.Ordinal));
    });

    [Fact]
    public void A_gap_ends_the_link() => Run(async (world, hand, link) =>
    {
        hand.Say("""{"n":2,"k":"ask","id":1,"verb":"status","body":{}}""");

        await hand.Ended;
        Assert.Equal("a frame was lost", link.Why);
    });

    [Fact]
    public void A_lost_tail_is_noticed_by_the_next_ping() => Run(async (world, hand, link) =>
    {
        hand.Say("""{"n":1,"k":"ping"}""");

        await hand.Ended;
        Assert.Equal("the last frames were lost", link.Why);
    });

    [Fact]
    public void Silence_ends_the_link() => Run(async (world, hand, link) =>
    {
        await hand.Ended;

        Assert.Equal("the other end fell silent", link.Why);
        Assert.InRange(world.Time.Elapsed, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(41));
    });

    [Fact]
    public void A_ping_tells_the_last_number() => Run(async (world, hand, link) =>
    {
        hand.Say("""{"n":1,"k":"ask","id":1,"verb":"status","body":{}}""");

        await hand.HearAsync("answer");
        Assert.Equal("""{"n":1,"k":"ping"}""", await hand.HearAsync("ping"));
    });

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"n":"1","k":"ping"}""")]
    [InlineData("""{"n":1,"k":"ask","id":1""")]
    [InlineData("""{"n":1,"k":"ask","id":1,"verb":7}""")]
    [InlineData("""{"n":1} {"n":2}""")]
    [InlineData("""{"n":99999999999999999999,"k":"ping"}""")]
    public void What_is_no_frame_ends_the_link(string text) => Run(async (world, hand, link) =>
    {
        hand.Say(text);

        await hand.Ended;
        Assert.Contains("a frame", link.Why, StringComparison.Ordinal);
        Assert.True(world.Time.Elapsed < TimeSpan.FromSeconds(2));
    });

    [Fact]
    public void Random_bytes_never_do_more_than_end_a_link()
    {
        var random = new Random(4);
        for (var tries = 0; tries < 300; tries++)
        {
            var bytes = Encoding.UTF8.GetBytes("""{"n":1,"k":"ask","id":1,"verb":"status","body":{"a":[1,2]}}""");
            for (var change = random.Next(1, 6); change > 0; change--) { bytes[random.Next(bytes.Length)] = (byte)random.Next(256); }
            Run(async (world, hand, link) =>
            {
                hand.Say(bytes);
                await hand.Ended;
                Assert.NotNull(link.Why);
            });
        }
    }

    [Theory]
    [InlineData("""{"n":1,"k":"ask","id":1,"verb":"nonsense","body":{}}""", "link.unknown_verb")]
    [InlineData("""{"n":1,"k":"ask","id":1,"verb":"turn","body":{"turnId":"no"}}""", "link.unreadable")]
    [InlineData("""{"n":1,"k":"ask","id":1,"verb":"turn"}""", "link.unreadable")]
    [InlineData("""{"n":1,"k":"ask","id":1,"verb":"file.list","body":{}}""", "link.failed")]
    [InlineData("""{"n":1,"k":"ask","id":1,"verb":"file.read","body":{"path":"x"}}""", "file.unknown")]
    public void What_cannot_be_done_is_refused(string ask, string code) => Run(async (world, hand, link) =>
    {
        hand.Say(ask);

        Assert.Contains($"\"code\":\"{code}\"", await hand.HearAsync("refuse"), StringComparison.Ordinal);
        Assert.Null(link.Why);
    });

    [Fact]
    public void Members_and_kinds_that_a_newer_release_sends_are_skipped() => Run(async (world, hand, link) =>
    {
        hand.Say("""{"n":1,"k":"sing","song":{"a":[]}}""");
        hand.Say("""{"n":2,"k":"ask","new":{"deep":[1]},"id":1,"verb":"status","body":{"also":"new"}}""");

        await hand.HearAsync("answer");
    });

    [Fact]
    public void A_refusal_reaches_whoever_asked() => Run(async (world, hand, link) =>
    {
        var asked = link.AskAsync(HomeVerbs.Lease, new(1), CancellationToken.None);
        await hand.HearAsync("ask");
        hand.Say("""{"n":1,"k":"refuse","id":1,"body":{"code":"fleet.no","message":"Do not."}}""");

        var refusal = await Assert.ThrowsAsync<LinkRefusedException>(() => asked);
        Assert.Equal(("fleet.no", "Do not."), (refusal.Problem.Code, refusal.Message));
    });

    [Theory]
    [InlineData("""{"n":1,"k":"answer","id":1,"body":{"seconds":"x"}}""")]
    [InlineData("""{"n":1,"k":"answer","id":1}""")]
    [InlineData("""{"n":1,"k":"end","id":1}""")]
    public void An_answer_that_cannot_be_read_ends_the_ask_and_not_the_link(string answer) => Run(async (world, hand, link) =>
    {
        var asked = link.AskAsync(HomeVerbs.Lease, new(1), CancellationToken.None);
        await hand.HearAsync("ask");
        hand.Say(answer);

        Assert.Equal("link.unreadable", (await Assert.ThrowsAsync<LinkRefusedException>(() => asked)).Problem.Code);
        Assert.Null(link.Why);
    });

    [Fact]
    public void When_nobody_waits_any_more_the_other_end_hears_it() => Run(async (world, hand, link) =>
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1), world.Time);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => link.AskAsync(HomeVerbs.Lease, new(1), patience.Token));

        Assert.Equal("""{"n":2,"k":"cancel","id":1}""", await hand.HearAsync("cancel"));
        Assert.Equal(default, link.Load);
    });

    [Fact]
    public void An_answer_whose_asker_left_is_stopped() => Run(async (world, hand, link) =>
    {
        hand.Say("""{"n":1,"k":"ask","id":1,"verb":"session.list","body":{}}""");
        await world.UntilAsync(() => link.Load.Answering == 1);
        hand.Say("""{"n":2,"k":"cancel","id":1}""");

        await world.UntilAsync(() => link.Load.Answering == 0);
    });

    [Fact]
    public void A_flood_of_asks_is_answered_with_lost_beyond_its_bound() => Run(async (world, hand, link) =>
    {
        for (var number = 1; number <= 600; number++)
        {
            hand.Say($$"""{"n":{{number}},"k":"ask","id":{{number}},"body":{},"verb":"session.list"}""");
        }

        await hand.HearAsync("lost");
        Assert.Equal(512, link.Load.Answering);
        Assert.Null(link.Why);
    });

    [Fact]
    public void A_feed_waits_for_its_reader_and_ends_when_it_is_too_slow() => Run(async (world, hand, link) =>
    {
        hand.Say("""{"n":1,"k":"ask","id":1,"verb":"session.watch","body":{"session":"main"}}""");

        await hand.HearAsync("lost", keepAlive: true);
        var items = hand.Heard.Where(frame => frame.Contains("\"item\"", StringComparison.Ordinal)).ToList();
        Assert.InRange(items.Sum(item => item.Length), Answering.WindowBytes, Answering.WindowBytes + 2000);
        Assert.InRange(world.Time.Elapsed, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(45));
    });

    [Fact]
    public void A_reader_that_reads_gets_more() => Run(async (world, hand, link) =>
    {
        hand.Say("""{"n":1,"k":"ask","id":1,"verb":"session.watch","body":{"session":"main"}}""");
        await world.UntilAsync(() => hand.Bytes >= Answering.WindowBytes);

        hand.Say($$"""{"n":2,"k":"more","id":1,"bytes":{{Answering.WindowBytes}}}""");

        await world.UntilAsync(() => hand.Bytes >= 2 * Answering.WindowBytes);
    });

    [Fact]
    public void Whoever_sends_more_than_there_is_room_for_is_cut_off() => Run(async (world, hand, link) =>
    {
        var item = Encoding.UTF8.GetString(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(
            s_event with { Text = new('x', 100_000) }, WireJson.Default.SessionEvent));
        var reader = link.FollowAsync(BotVerbs.Watch, new("main", null), CancellationToken.None).GetAsyncEnumerator(CancellationToken.None);
        var first = reader.MoveNextAsync();
        await hand.HearAsync("ask");
        for (var number = 1; number <= 20; number++) { hand.Say($$"""{"n":{{number}},"k":"item","body":{{item}},"id":1}"""); }

        await hand.Ended;
        Assert.True(await first);
        Assert.Equal("more came than there was room for", link.Why);
    });

    [Fact]
    public void What_is_too_large_is_refused_before_it_is_sent() => Run(async (world, hand, link) =>
    {
        var ended = new TurnEnded(Guid.Empty, "main", new(TurnEnd.Answered, new('x', Frame.BytesMax), null, false, null, 0, 0, 0));
        var refusal = await Assert.ThrowsAsync<LinkRefusedException>(() => link.AskAsync(HomeVerbs.Ended, ended, CancellationToken.None));

        Assert.Equal("link.too_large", refusal.Problem.Code);
        _ = link.AskAsync(HomeVerbs.Lease, new(1), CancellationToken.None).ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.Contains("bot.lease", await hand.HearAsync("ask"), StringComparison.Ordinal);
    });

    [Fact]
    public void When_a_link_ends_whatever_was_asked_is_lost() => Run(async (world, hand, link) =>
    {
        var asked = link.AskAsync(HomeVerbs.Lease, new(1), CancellationToken.None);
        await hand.HearAsync("ask");
        hand.Hangs();

        await Assert.ThrowsAsync<LinkLostException>(() => asked);
        await Assert.ThrowsAsync<LinkLostException>(() => link.AskAsync(HomeVerbs.Lease, new(1), CancellationToken.None));
        Assert.Equal(default, link.Load);
    });

    [Fact]
    public void Whoever_closes_says_why() => Run(async (world, hand, link) =>
    {
        await link.CloseAsync("replaced");

        Assert.Equal(("replaced", "replaced"), (hand.Farewell, link.Why));
    });

    private static void Run(Func<World, Hand, Link, Task> story)
    {
        var world = new World();
        world.Run(async () =>
        {
            var hand = new Hand(world);
            var answers = new LinkAnswers();
            answers.On(BotVerbs.Status, (_, _) => Task.FromResult(new BotStatus("1", 1, true, default, 0, 0, 0, 0, 0, 0, 0, [])));
            answers.On(BotVerbs.Turn, (ask, _) => Task.FromResult(new TurnTaken(ask.TurnId, null)));
            answers.On(BotVerbs.Files, Task<FileList> (_, _) => throw new InvalidOperationException("it broke"));
            answers.On(BotVerbs.ReadFile, Task<FileView> (_, _) => throw new LinkRefusedException(new("file.unknown", "There is none.")));
            answers.On(BotVerbs.Sessions, async (_, ct) =>
            {
                await new TaskCompletionSource().Task.WaitAsync(ct);
                return new([]);
            });
            answers.On(BotVerbs.Watch, EndlessAsync);
            await using var link = new Link(hand, answers, world.Time, LinkPace.Usual);
            hand.Ended = link.RunAsync(CancellationToken.None);
            await story(world, hand, link);
        });
    }

    private static async IAsyncEnumerable<SessionEvent> EndlessAsync(WatchAsk ask, [EnumeratorCancellation] CancellationToken ct)
    {
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            await Task.Yield();
            yield return s_event;
        }
    }

    /// <summary>The other end, by hand.</summary>
    private sealed class Hand(World world) : IFrames
    {
        private readonly Channel<byte[]> _said = Channel.CreateUnbounded<byte[]>();
        private int _read;
        private long _number;

        public List<string> Heard { get; } = [];
        public long Bytes { get; private set; }
        public string? Farewell { get; private set; }
        public Task Ended { get; set; } = Task.CompletedTask;

        public void Say(params string[] frames) { foreach (var frame in frames) { Say(Encoding.UTF8.GetBytes(frame)); } }

        public void Say(byte[] frame) => _said.Writer.TryWrite(frame);

        public void Hangs() => _said.Writer.TryComplete();

        /// <summary>The next frame of a kind.</summary>
        public async Task<string> HearAsync(string kind, bool keepAlive = false)
        {
            while (true)
            {
                await world.UntilAsync(() => _read < Heard.Count || Ended.IsCompleted, keepAlive ? () => Say("""{"n":0,"k":"ping"}""") : null);
                if (_read == Heard.Count) { throw new InvalidOperationException($"It ended before it said {kind}."); }
                var frame = Heard[_read++];
                if (frame.Contains($"\"k\":\"{kind}\"", StringComparison.Ordinal)) { return frame; }
            }
        }

        public async ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync()
        {
            if (!await _said.Reader.WaitToReadAsync()) { return null; }
            return await _said.Reader.ReadAsync();
        }

        public Task SendAsync(ReadOnlyMemory<byte> frame)
        {
            var text = Encoding.UTF8.GetString(frame.Span);
            Heard.Add(text);
            Bytes += frame.Length;
            var number = Frame.Read(frame.Span).Number;
            Assert.Equal(text.Contains("\"ping\"", StringComparison.Ordinal) ? _number : ++_number, number);
            return Task.CompletedTask;
        }

        public Task CloseAsync(string why, CancellationToken ct)
        {
            Farewell = why;
            _said.Writer.TryComplete();
            return Task.CompletedTask;
        }

        public void Abort() => _said.Writer.TryComplete();

        public void Dispose() => Abort();
    }
}
