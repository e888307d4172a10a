using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Wopr.Kernel.Tests;

public sealed class OutboxTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_arrives_after_the_commit_and_is_gone()
    {
        var inbox = new Inbox();
        await using var kernel = await TestKernel.StartAsync(Ct, inbox.Listen);

        await kernel.Db.TransactAsync(async tx =>
        {
            await kernel.Outbox.SendAsync(tx, new Note("hello"), Ct);
            await Task.Delay(200, Ct);
            Assert.Empty(inbox.Seen);
            return Done.Instance;
        }, Ct);

        await Eventually.IsAsync(() => inbox.Seen.Count == 1, Ct);
        Assert.Equal("hello", inbox.Seen.Single().Note.Text);
        await Eventually.IsAsync(async () => await LeftAsync(kernel) == 0, Ct);
    }

    [Fact]
    public async Task A_rolled_back_transaction_sends_nothing()
    {
        var inbox = new Inbox();
        await using var kernel = await TestKernel.StartAsync(Ct, inbox.Listen);

        await Assert.ThrowsAsync<InvalidOperationException>(() => kernel.Db.TransactAsync<Done>(async tx =>
        {
            await kernel.Outbox.SendAsync(tx, new Note("lost"), Ct);
            throw new InvalidOperationException("no");
        }, Ct));
        await kernel.Outbox.SendAsync(kernel.Db, new Note("kept"), Ct);

        await Eventually.IsAsync(async () => !inbox.Seen.IsEmpty && await LeftAsync(kernel) == 0, Ct);
        Assert.Equal("kept", inbox.Seen.Single().Note.Text);
    }

    [Fact]
    public async Task What_fails_comes_back_with_the_same_id_even_when_its_effect_was_made()
    {
        var inbox = new Inbox
        {
            // As if the process died between the effect and the acknowledgement.
            Do = (_, delivery, _) => delivery.Attempt < 3 ? throw new InvalidOperationException("boom") : Task.CompletedTask,
        };
        await using var kernel = await TestKernel.StartAsync(Ct, inbox.Listen);

        await kernel.Outbox.SendAsync(kernel.Db, new Note("again"), Ct);

        await Eventually.IsAsync(async () => inbox.Seen.Count == 3 && await LeftAsync(kernel) == 0, Ct);
        Assert.Equal([1, 2, 3], inbox.Seen.Select(seen => seen.Delivery.Attempt));
        Assert.Single(inbox.Seen.Select(seen => seen.Delivery.Id).Distinct());
    }

    [Fact]
    public async Task What_keeps_failing_is_parked_with_the_reason_and_blocks_nobody()
    {
        var inbox = new Inbox
        {
            Do = (note, _, _) => note.Text switch
            {
                "poison" => throw new DeliveryException("The provider is closed.", isFinal: false),
                "final" => throw new DeliveryException("There is no such account.", isFinal: true),
                "bug" => throw new InvalidOperationException("secret-in-an-exception"),
                _ => Task.CompletedTask,
            },
        };
        await using var kernel = await TestKernel.StartAsync(Ct, inbox.Listen, pace => pace with { AttemptsMax = 3, Workers = 1 });

        foreach (var text in (string[])["poison", "final", "bug", "good"])
        {
            await kernel.Outbox.SendAsync(kernel.Db, new Note(text), Ct);
        }

        await Eventually.IsAsync(async () => await LeftAsync(kernel) == 3 && await ParkedAsync(kernel) == 3, Ct);
        Assert.Equal((3, 1, 3, 1), (Times("poison"), Times("final"), Times("bug"), Times("good")));
        Assert.True(inbox.Seen.Single(seen => seen is { Note.Text: "poison", Delivery.Attempt: 3 }).Delivery.IsLast);
        Assert.Equal("The provider is closed.", await ErrorAsync("poison"));
        Assert.Equal("There is no such account.", await ErrorAsync("final"));
        Assert.StartsWith("InvalidOperationException", await ErrorAsync("bug"), StringComparison.Ordinal);
        Assert.DoesNotContain("secret-in-an-exception", await ErrorAsync("bug"), StringComparison.Ordinal);

        int Times(string text) => inbox.Seen.Count(seen => seen.Note.Text == text);
        Task<string?> ErrorAsync(string text) =>
            kernel.Db.ValueAsync<string>($"select last_error from kernel.outbox where body->>'text' = {text}", Ct);
    }

    [Fact]
    public async Task Two_replicas_share_the_work_and_never_hold_one_message_both()
    {
        var inbox = new Inbox { Do = (_, _, ct) => Task.Delay(5, ct) };
        await using var one = await TestKernel.StartAsync(Ct, inbox.Listen);
        await using var other = await TestKernel.StartAsync(Ct, inbox.Listen, source: one.Source);

        await one.Db.TransactAsync(async tx =>
        {
            for (var number = 0; number < 200; number++) { await one.Outbox.SendAsync(tx, new Note($"{number}"), Ct); }
            return Done.Instance;
        }, Ct);

        await Eventually.IsAsync(async () => await LeftAsync(one) == 0, Ct);
        Assert.Equal(200, inbox.Seen.Select(seen => seen.Note.Text).Distinct().Count());
        Assert.Equal(200, inbox.Seen.Count);
        Assert.Equal(0, inbox.Overlaps);
    }

    [Fact]
    public async Task A_message_whose_replica_was_killed_is_delivered_by_another_when_its_claim_ends()
    {
        var source = await TestKernel.DatabaseAsync(Ct);
        var db = new Db(source);
        await new Outbox(TimeProvider.System).SendAsync(db, new Note("orphan"), Ct);
        await OutboxSql.ClaimAsync(db, [Note.Topic], TimeSpan.FromMilliseconds(500), Ct);
        var claimed = Stopwatch.StartNew();

        var inbox = new Inbox();
        await using var kernel = await TestKernel.StartAsync(Ct, inbox.Listen, source: source);

        await Eventually.IsAsync(() => inbox.Seen.Count == 1, Ct);
        Assert.Equal(2, inbox.Seen.Single().Delivery.Attempt);
        Assert.True(claimed.Elapsed > TimeSpan.FromMilliseconds(450), $"It was taken after {claimed.Elapsed}.");
    }

    [Fact]
    public async Task A_message_that_kills_every_process_is_parked_in_the_end()
    {
        var source = await TestKernel.DatabaseAsync(Ct);
        var db = new Db(source);
        await new Outbox(TimeProvider.System).SendAsync(db, new Note("deadly"), Ct);
        for (var death = 0; death < 3; death++) { await OutboxSql.ClaimAsync(db, [Note.Topic], TimeSpan.Zero, Ct); }

        var inbox = new Inbox();
        await using var kernel = await TestKernel.StartAsync(Ct, inbox.Listen, pace => pace with { AttemptsMax = 3 }, source);

        await Eventually.IsAsync(async () => await ParkedAsync(kernel) == 1, Ct);
        Assert.Empty(inbox.Seen);
    }

    [Fact]
    public async Task Who_lost_its_claim_no_longer_decides()
    {
        var db = new Db(await TestKernel.DatabaseAsync(Ct));
        await new Outbox(TimeProvider.System).SendAsync(db, new Note("mine"), Ct);
        var first = await OutboxSql.ClaimAsync(db, [Note.Topic], TimeSpan.Zero, Ct);
        var second = await OutboxSql.ClaimAsync(db, [Note.Topic], TimeSpan.FromMinutes(1), Ct);

        Assert.Equal(0, await OutboxSql.DeleteAsync(db, first!, Ct));
        Assert.Equal(0, await OutboxSql.ParkAsync(db, first!, [], "late", Ct));
        Assert.Equal(0, await OutboxSql.RetryAsync(db, first!, [], TimeSpan.Zero, "late", Ct));
        Assert.Equal(1, await OutboxSql.DeleteAsync(db, second!, Ct));
    }

    [Fact]
    public async Task A_handler_that_takes_too_long_is_cut_off_and_tried_again()
    {
        var inbox = new Inbox { Do = (_, delivery, ct) => delivery.Attempt == 1 ? Task.Delay(-1, ct) : Task.CompletedTask };
        await using var kernel = await TestKernel.StartAsync(Ct, inbox.Listen, pace => pace with { HandleMax = TimeSpan.FromMilliseconds(100) });

        await kernel.Outbox.SendAsync(kernel.Db, new Note("slow"), Ct);

        await Eventually.IsAsync(async () => inbox.Seen.Count == 2 && await LeftAsync(kernel) == 0, Ct);
    }

    [Fact]
    public async Task With_several_handlers_only_the_one_that_failed_is_called_again()
    {
        var inbox = new Inbox();
        var grumpy = new Inbox
        {
            Do = (_, delivery, _) => delivery.Attempt == 1 ? throw new InvalidOperationException("boom") : Task.CompletedTask,
        };
        await using var kernel = await TestKernel.StartAsync(Ct, services =>
        {
            services.AddSingleton(new Second(grumpy));
            services.AddOutboxHandler<Note, Second>();
            inbox.Listen(services);
        });

        await kernel.Outbox.SendAsync(kernel.Db, new Note("both"), Ct);

        await Eventually.IsAsync(async () => await LeftAsync(kernel) == 0, Ct);
        Assert.Equal((1, 2), (inbox.Seen.Count, grumpy.Seen.Count));
    }

    [Fact]
    public async Task News_of_a_message_travels_to_other_replicas_without_waiting_for_the_poll()
    {
        var inbox = new Inbox();
        await using var kernel = await TestKernel.StartAsync(Ct, inbox.Listen, pace => pace with { PollEvery = TimeSpan.FromHours(1) });
        await using var silent = await TestKernel.StartAsync(Ct, source: kernel.Source);
        await Task.Delay(300, Ct);

        await silent.Outbox.SendAsync(silent.Db, new Note("quick"), Ct);

        await Eventually.IsAsync(() => inbox.Seen.Count == 1, Ct);
    }

    [Fact]
    public async Task Without_news_the_poll_finds_a_message()
    {
        var inbox = new Inbox();
        await using var kernel = await TestKernel.StartAsync(Ct, inbox.Listen);
        await kernel.Get<Listener>().StopAsync(Ct);

        await kernel.Outbox.SendAsync(kernel.Db, new Note("polled"), Ct);

        await Eventually.IsAsync(() => inbox.Seen.Count == 1, Ct);
    }

    [Fact]
    public async Task It_stops_at_once_when_idle_and_lets_a_message_in_hand_finish()
    {
        var inbox = new Inbox { Do = (_, _, ct) => Task.Delay(400, ct) };
        await using var idle = await TestKernel.StartAsync(Ct, inbox.Listen);
        await using var busy = await TestKernel.StartAsync(Ct, inbox.Listen);
        await busy.Outbox.SendAsync(busy.Db, new Note("in hand"), Ct);
        await Eventually.IsAsync(() => inbox.Seen.Count == 1, Ct);

        var watch = Stopwatch.StartNew();
        await idle.StopAsync(Ct);
        Assert.True(watch.ElapsedMilliseconds < 1000, $"Stopping took {watch.ElapsedMilliseconds} ms.");
        await busy.StopAsync(Ct);

        Assert.Equal(0, await LeftAsync(busy));
        Assert.Single(inbox.Seen);
    }

    [Fact]
    public void Tries_come_further_apart_up_to_a_limit_and_never_all_at_once()
    {
        var pace = new OutboxPace();

        Assert.Equal(TimeSpan.FromSeconds(2), pace.RetryAfter(1, jitter: 1));
        Assert.Equal(TimeSpan.FromSeconds(1), pace.RetryAfter(1, jitter: 0));
        Assert.Equal(TimeSpan.FromSeconds(16), pace.RetryAfter(4, jitter: 1));
        Assert.Equal(TimeSpan.FromHours(1), pace.RetryAfter(100, jitter: 1));
        Assert.True(pace.ClaimFor > pace.HandleMax);
    }

    private static Task<long> LeftAsync(TestKernel kernel) =>
        kernel.Db.ValueAsync<long>($"select count(*) from kernel.outbox", Ct);

    private static Task<long> ParkedAsync(TestKernel kernel) =>
        kernel.Db.ValueAsync<long>($"select count(*) from kernel.outbox where parked_at is not null", Ct);

    private sealed record Note(string Text) : IOutboxMessage
    {
        public static string Topic => "test.note";
    }

    private sealed class Second(Inbox inbox) : IHandle<Note>
    {
        public Task HandleAsync(Note message, OutboxDelivery delivery, CancellationToken ct) => inbox.HandleAsync(message, delivery, ct);
    }

    private sealed class Inbox : IHandle<Note>
    {
        private readonly ConcurrentDictionary<Guid, byte> _inHand = new();
        private int _overlaps;

        public Func<Note, OutboxDelivery, CancellationToken, Task> Do { get; init; } = (_, _, _) => Task.CompletedTask;

        public ConcurrentQueue<(Note Note, OutboxDelivery Delivery)> Seen { get; } = new();

        public int Overlaps => _overlaps;

        public void Listen(IServiceCollection services)
        {
            services.AddSingleton(this);
            services.AddOutboxHandler<Note, Inbox>();
        }

        public async Task HandleAsync(Note message, OutboxDelivery delivery, CancellationToken ct)
        {
            if (!_inHand.TryAdd(delivery.Id, 0)) { Interlocked.Increment(ref _overlaps); }
            Seen.Enqueue((message, delivery));
            try
            {
                await Do(message, delivery, ct);
            }
            finally
            {
                _inHand.TryRemove(delivery.Id, out _);
            }
        }
    }
}
