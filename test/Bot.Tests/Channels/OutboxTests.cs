using Wopr.Bot.Channels.Sending;

namespace Wopr.Bot.Tests.Channels;

/// <summary>Every process that ends is the outbox opened anew on its file.</summary>
public sealed class OutboxTests : IDisposable
{
    private static readonly DateTimeOffset s_now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TestHome _home = new();
    private readonly List<string> _aside = [];

    public void Dispose() => _home.Dispose();

    [Fact]
    public void A_reply_is_there_after_a_crash_and_gone_once_it_is_sent()
    {
        var outbox = Open();
        var reply = Post(outbox, "one", "two");

        outbox = Open();
        var first = outbox.Next(TimeProvider.System, out _)!.Value;
        Assert.Equal((reply.Turn, 0, "one"), (first.Part.Turn, first.Part.Number, first.Part.Text));
        Send(outbox, first.Part);
        outbox = Open();
        var second = outbox.Next(TimeProvider.System, out _)!.Value;
        Assert.Equal("two", second.Part.Text);
        Send(outbox, second.Part);

        Assert.Null(Open().Next(TimeProvider.System, out _));
        Assert.Empty(Open().Unsent("off"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_being_sent_in_a_crash_goes_out_again_only_where_doubles_are_dropped(bool dropsDoubles)
    {
        var outbox = Open(dropsDoubles);
        Post(outbox, "one", "two");
        outbox.Note(outbox.Next(TimeProvider.System, out _)!.Value.Part, PartState.Sending);

        outbox = Open(dropsDoubles);

        if (dropsDoubles)
        {
            Assert.Equal("one", outbox.Next(TimeProvider.System, out _)!.Value.Part.Text);
            Assert.Empty(outbox.Unsent(null));
        }
        else
        {
            Assert.Null(outbox.Next(TimeProvider.System, out _));
            Assert.Equal([("one", true), ("two", false)], outbox.Unsent(null).Select(unsent => (unsent.Text, unsent.MayHaveArrived)));
        }
    }

    [Fact]
    public void The_answer_of_a_turn_gets_in_once_also_after_it_was_sent_and_the_bot_restarted()
    {
        var outbox = Open();
        var reply = Post(outbox, "one");
        outbox.Post(Fresh(reply), "telegram-a-7", 2, s_now);
        Send(outbox, outbox.Next(TimeProvider.System, out _)!.Value.Part);
        outbox.Post(Fresh(reply), "telegram-a-7", 2, s_now);
        Assert.Null(outbox.Next(TimeProvider.System, out _));

        outbox = Open();
        outbox.Post(Fresh(reply), "telegram-a-7", 2, s_now);

        Assert.Null(outbox.Next(TimeProvider.System, out _));
        Assert.Equal(2, outbox.MarkOf("telegram-a-7"));
    }

    [Fact]
    public void A_session_that_was_deleted_counts_anew()
    {
        var outbox = Open();
        Post(outbox, "one");
        outbox.Forget("telegram-a-7");
        Assert.Equal(0, Open().MarkOf("telegram-a-7"));

        Post(outbox, "one");
        Assert.Equal(0, Open(isSession: false).MarkOf("telegram-a-7"));
        Assert.Equal(0, Open().MarkOf("telegram-a-7"));
    }

    [Fact]
    public void Its_owner_sends_again_what_was_not_sent_and_what_was_held_back_for_it()
    {
        var outbox = Open();
        var reply = Post(outbox, "one", "two", "three");
        var part = outbox.Next(TimeProvider.System, out _)!.Value.Part;
        outbox.Note(part, PartState.Sending);
        outbox.Note(part, PartState.Unsent, "The chat is closed.");
        outbox = Open();
        Assert.Equal(["The chat is closed.", "An earlier part of this reply was not sent.", "An earlier part of this reply was not sent."],
            outbox.Unsent(null).Select(unsent => unsent.Problem));
        Assert.Null(outbox.Next(TimeProvider.System, out _));

        Assert.True(outbox.SendAgain(reply.Turn, 0));

        Assert.Empty(Open().Unsent(null));
        foreach (var text in (string[])["one", "two", "three"])
        {
            var next = outbox.Next(TimeProvider.System, out _)!.Value.Part;
            Assert.Equal(text, next.Text);
            Send(outbox, next);
        }
        Assert.False(outbox.SendAgain(reply.Turn, 0));
    }

    [Fact]
    public void What_its_owner_discards_is_never_sent()
    {
        var outbox = Open();
        var reply = Post(outbox, "one", "two");
        var part = outbox.Next(TimeProvider.System, out _)!.Value.Part;

        Assert.True(outbox.Discard(reply.Turn, 0));

        Assert.False(outbox.Note(part, PartState.Sending));
        Assert.False(outbox.Discard(reply.Turn, 0));
        outbox = Open();
        Assert.Equal("two", outbox.Next(TimeProvider.System, out _)!.Value.Part.Text);
        Assert.True(outbox.Discard(reply.Turn, 1));
        Assert.Empty(Open().Unsent("off"));
    }

    [Fact]
    public void One_conversation_that_must_wait_does_not_hold_up_another()
    {
        TestTime time = new();
        var outbox = Open();
        Post(outbox, "slow", "slow too");
        Post(outbox, "quick", conversation: "8", answer: 4);
        var slow = outbox.Next(time, out _)!.Value.Part;
        outbox.Note(slow, PartState.Sending);
        outbox.PutOff(slow, time.GetTimestamp() + TimeSpan.TicksPerMinute, "Wait a little.");

        var quick = outbox.Next(time, out _)!.Value.Part;
        Assert.Equal("quick", quick.Text);
        Send(outbox, quick);

        Assert.Null(outbox.Next(time, out var wait));
        Assert.Equal(TimeSpan.FromMinutes(1), wait);
        time.Move(wait);
        Assert.Equal("slow", outbox.Next(time, out _)!.Value.Part.Text);
    }

    [Fact]
    public void A_last_line_that_was_cut_off_counts_as_not_written()
    {
        var outbox = Open();
        Post(outbox, "one");
        var whole = File.ReadAllBytes(Path);
        Post(outbox, "two", answer: 4);
        var both = File.ReadAllBytes(Path);
        for (var length = whole.Length; length < both.Length; length++)
        {
            File.WriteAllBytes(Path, both[..length]);
            outbox = Open();
            Assert.Equal(["one"], outbox.Unsent("off").Select(unsent => unsent.Text));
            Assert.False(outbox.IsDoubtful);
            Post(outbox, "three", answer: 6);
            Assert.Equal(["one", "three"], Open().Unsent("off").Select(unsent => unsent.Text));
        }
        Assert.Empty(_aside);
    }

    [Fact]
    public void From_a_damaged_file_nothing_is_sent_by_itself_and_the_file_is_kept()
    {
        var outbox = Open();
        Post(outbox, "one");
        Post(outbox, "two", answer: 4);
        var lines = File.ReadAllLines(Path);
        File.WriteAllLines(Path, [lines[0], "{\"turn\":", lines[1]]);

        outbox = Open();
        Post(outbox, "three", answer: 6);
        outbox.IsDoubtful = false;
        Post(outbox, "four", answer: 8);

        Assert.Equal([("one", true), ("two", true), ("three", true)], outbox.Unsent(null).Select(unsent => (unsent.Text, unsent.MayHaveArrived)));
        Assert.Equal("four", outbox.Next(TimeProvider.System, out _)!.Value.Part.Text);
        Assert.Contains("{\"turn\":", File.ReadAllText(_home.File(Assert.Single(_aside))), StringComparison.Ordinal);
        Assert.False(Open().IsDoubtful);
    }

    [Fact]
    public void The_file_does_not_grow_for_ever_and_unsent_replies_neither()
    {
        var outbox = Open();
        var text = new string('x', 4000);
        for (var answer = 2; answer < 400; answer += 2)
        {
            Post(outbox, text, answer: answer);
            Send(outbox, outbox.Next(TimeProvider.System, out _)!.Value.Part);
        }
        Assert.InRange(new FileInfo(Path).Length, 0, 600_000);
        for (var answer = 400; answer < 1000; answer += 2)
        {
            Post(outbox, "lost", answer: answer);
            var part = outbox.Next(TimeProvider.System, out _)!.Value.Part;
            outbox.Note(part, PartState.Sending);
            outbox.Note(part, PartState.Unsent, "No.");
        }
        Assert.Equal(200, outbox.Unsent(null).Count);
        Assert.Equal(200, Open().Unsent(null).Count);
        Assert.Equal(998, Open().MarkOf("telegram-a-7"));
    }

    [Fact]
    public void A_full_disk_refuses_and_leaves_what_was_there()
    {
        using var disk = SmallDisk.Make(_home.File("channels"));
        var outbox = Open();
        Post(outbox, "one");
        File.WriteAllText(_home.File("channels/filler"), "");
        Assert.Throws<StorageException>(() => Post(outbox, SmallDisk.TooMuch, answer: 4));
        Post(outbox, "two", answer: 4);
        Assert.Equal(["one", "two"], Open().Unsent("off").Select(unsent => unsent.Text));
    }

    private string Path => _home.File("channels/a.outbox");

    private Outbox Open(bool dropsDoubles = false, bool isSession = true)
    {
        Directory.CreateDirectory(_home.File("channels"));
        return Outbox.Open(Path, "a", dropsDoubles, _ => isSession, s_now, _aside, _home.Log);
    }

    private static OutboxReply Post(Outbox outbox, string first, string? second = null, string? third = null, string conversation = "7", long answer = 2)
    {
        var turn = Guid.CreateVersion7();
        List<OutboxPart> parts = [.. ((string?[])[first, second, third]).OfType<string>().Select((text, number) => new OutboxPart(turn, number, text))];
        OutboxReply reply = new(turn, conversation, null, s_now, parts);
        outbox.Post(reply, "telegram-a-7", answer, s_now);
        return reply;
    }

    /// <summary>As the session has it: it does not know what was sent.</summary>
    private static OutboxReply Fresh(OutboxReply reply) =>
        reply with { Parts = [.. reply.Parts.Select(part => new OutboxPart(part.Turn, part.Number, part.Text))] };

    private static void Send(Outbox outbox, OutboxPart part)
    {
        Assert.True(outbox.Note(part, PartState.Sending));
        Assert.True(outbox.Note(part, PartState.Sent));
    }
}
