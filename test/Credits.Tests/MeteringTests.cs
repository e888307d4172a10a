using Npgsql;
using Wopr.Credits.Metering;
using Wopr.Kernel;

namespace Wopr.Credits.Tests;

public sealed class MeteringTests : IAsyncLifetime
{
    private static readonly Money s_cent = Money.FromCents(1);

    private TestLedger _home = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _home = await TestLedger.CreateAsync(Ct);

    public ValueTask DisposeAsync() => _home.DisposeAsync();

    [Fact]
    public async Task A_request_is_durable_before_it_starts_and_charged_before_it_ends()
    {
        await PayAsync(100);
        var replica = await _home.StartAsync(Ct);
        var request = Request(hold: 10);

        Assert.Null((await replica.Meter.StartAsync(request, Ct)).Problem);
        Assert.Equal(1, await CountAsync("start"));
        var settled = await replica.Meter.SettleAsync("t", request.RequestId, Use(cents: 3));

        Assert.Equal(new(Money.FromCents(3), Money.FromCents(3), IsEstimated: false, IsReplay: false), settled);
        Assert.Equal(0, await CountAsync("start"));
        Assert.Equal(97, await CentsAsync());
        Assert.Equal(30_000_000, await _home.Db.ValueAsync<long>($"select nanos from credits.entry where kind = 'usage'", Ct));
    }

    [Fact]
    public async Task Settling_again_tells_the_first_outcome_and_charges_nothing()
    {
        await PayAsync(100);
        var replica = await _home.StartAsync(Ct);
        var request = Request(hold: 10);
        await replica.Meter.StartAsync(request, Ct);

        var outcomes = await Task.WhenAll(Enumerable.Range(1, 5)
            .Select(cents => replica.Meter.SettleAsync("t", request.RequestId, Use(cents))));
        var late = await replica.Meter.SettleAsync("t", request.RequestId, Use(cents: 9));

        var first = Assert.Single(outcomes, outcome => !outcome!.IsReplay);
        Assert.All(outcomes, outcome => Assert.Equal(first!.Charged, outcome!.Charged));
        Assert.Equal((first!.Charged, true), (late!.Charged, late.IsReplay));
        Assert.Equal(100 - first.Charged.Cents, await CentsAsync());
    }

    [Fact]
    public async Task A_voided_request_costs_nothing_and_cannot_be_settled()
    {
        await PayAsync(100);
        var replica = await _home.StartAsync(Ct);
        var request = Request(hold: 10);
        await replica.Meter.StartAsync(request, Ct);

        await replica.Meter.VoidAsync(request.RequestId);

        Assert.Null(await replica.Meter.SettleAsync("t", request.RequestId, Use(cents: 3)));
        Assert.Equal(100, await CentsAsync());
    }

    [Fact]
    public async Task Whoever_settles_while_it_is_voided_is_not_told_that_it_was_settled()
    {
        await PayAsync(100);
        var replica = await _home.StartAsync(Ct);
        var request = Request(hold: 10);
        await replica.Meter.StartAsync(request, Ct);

        var voiding = replica.Meter.VoidAsync(request.RequestId);
        var settled = await replica.Meter.SettleAsync("t", request.RequestId, Use(cents: 3));

        await voiding;
        Assert.Null(settled);
        Assert.Equal(100, await CentsAsync());
    }

    [Fact]
    public async Task What_ends_before_its_start_is_written_is_charged_in_one_commit()
    {
        await PayAsync(100);
        var replica = await _home.StartAsync(Ct, promiseMax: TimeSpan.MaxValue);
        await SpendAsync(replica);
        await _home.Db.ExecuteAsync($"""
            create table public.begun (id uuid);
            create function public.note() returns trigger language plpgsql as 'begin insert into public.begun values (new.request_id); return new; end';
            create trigger note after insert on credits.start for each row execute function public.note()
            """, Ct);
        var (other, quick) = (Request(hold: 2), Request(hold: 3));
        await using var blocked = await BlockAsync(replica);
        var others = replica.Meter.StartAsync(other, Ct);
        await UntilAsync(IsWaitingAsync);

        Assert.True((await replica.Meter.BeginAsync(quick, Ct)).Succeeded(out var starting, out _));
        var settling = replica.Meter.SettleAsync("t", quick.RequestId, Use(cents: 1));
        Assert.False(settling.IsCompleted);
        await blocked.RollbackAsync(Ct);

        Assert.Equal(1, (await settling)!.Charged.Cents);
        Assert.Null((await starting.DurableAsync()).Problem);
        Assert.Null((await others).Problem);
        Assert.Equal([other.RequestId], await _home.Db.QueryAsync($"select id from public.begun", row => row.GetGuid(0), Ct));
    }

    [Fact]
    public async Task What_a_writer_promised_before_it_was_ended_is_void()
    {
        await PayAsync(100);
        var replica = await _home.StartAsync(Ct, promiseMax: TimeSpan.MaxValue);
        await SpendAsync(replica);
        await using var blocked = await BlockAsync(replica, "update credits.writer set ended_at = clock_timestamp()");
        var other = replica.Meter.StartAsync(Request(hold: 2), Ct);
        await UntilAsync(IsWaitingAsync);
        var request = Request(hold: 3);
        Assert.True((await replica.Meter.BeginAsync(request, Ct)).Succeeded(out var starting, out _));
        var settling = replica.Meter.SettleAsync("t", request.RequestId, Use(cents: 1));
        await blocked.CommitAsync(Ct);

        Assert.Null(await settling);
        Assert.NotNull((await starting.DurableAsync()).Problem);
        Assert.NotNull((await other).Problem);
        Assert.Equal(0, replica.Writer.Running);
        Assert.Equal(1, await CountAsync("usage"));
    }

    [Fact]
    public async Task Nothing_is_promised_while_the_database_does_not_answer()
    {
        await PayAsync(100);
        var replica = await _home.StartAsync(Ct, promiseMax: TimeSpan.FromMilliseconds(1));
        await SpendAsync(replica);
        await using var blocked = await BlockAsync(replica);
        var others = replica.Meter.StartAsync(Request(hold: 2), Ct);
        await UntilAsync(IsWaitingAsync);

        var promise = replica.Meter.BeginAsync(Request(hold: 3), Ct);
        await Task.Delay(100, Ct);
        Assert.False(promise.IsCompleted);
        await blocked.RollbackAsync(Ct);

        Assert.Null((await promise).Problem);
        await others;
    }

    [Fact]
    public void Nothing_is_promised_from_the_limits_of_yesterday()
    {
        var today = new DateOnly(2026, 3, 2);
        Desk desk = new();
        desk.Receive([new(new("t", "chat", s_cent, s_cent), "chat", today.AddDays(-1), s_cent, null, MayComeBack: false)], now: 0);

        Assert.False(desk.Begin(new(Request(hold: 1)), today, now: 0));
        Assert.True(desk.Begin(new(Request(hold: 1)), today.AddDays(-1), now: 0));
    }

    [Fact]
    public void What_is_left_of_a_hold_is_free_once_its_charge_is_durable()
    {
        Desk desk = new();
        desk.Receive([new(new("t", "chat", s_cent, s_cent), "", Purse.NoDay, Money.FromCents(10), null, MayComeBack: false)], now: 0);
        StartOp first = new(Request(hold: 6));
        Assert.True(desk.Begin(first, default, now: 0));
        EndOp end = new(first.Request.RequestId, Use(cents: 1));
        Batch batch = new([desk.End(end)], [first], []);

        Assert.False(desk.Begin(new(Request(hold: 5)), default, now: 0));
        Assert.True(desk.Begin(new(Request(hold: 4)), default, now: 0));
        desk.Keep(batch);
        Assert.True(desk.Begin(new(Request(hold: 5)), default, now: 0));
        Assert.False(desk.Begin(new(Request(hold: 1)), default, now: 0));
        Assert.True(desk.IsSound);
    }

    [Fact]
    public void What_the_database_refused_is_as_it_was()
    {
        Desk desk = new();
        desk.Receive([new(new("t", "chat", s_cent, s_cent), "", Purse.NoDay, Money.FromCents(10), null, MayComeBack: false)], now: 0);
        StartOp first = new(Request(hold: 6));
        Assert.True(desk.Begin(first, default, now: 0));
        EndOp end = new(first.Request.RequestId, Use(cents: 8));

        Desk.TakeBack(new([desk.End(end)], [first], []));
        Assert.True(desk.Knows(first));
        Assert.False(desk.Begin(new(Request(hold: 5)), default, now: 0));
        Assert.Equal(Money.FromCents(8), desk.End(end).Charged);
        Assert.True(desk.IsSound);
    }

    [Fact]
    public async Task Of_many_at_once_over_two_replicas_exactly_as_many_pass_as_the_money_allows()
    {
        await PayAsync(50);
        TestReplica[] replicas = [await _home.StartAsync(Ct), await _home.StartAsync(Ct)];
        var requests = Enumerable.Range(0, 200).Select(_ => Request(hold: 1)).ToArray();

        var starts = await Task.WhenAll(requests.Select((request, index) => replicas[index % 2].Meter.StartAsync(request, Ct)));
        Assert.Equal(50, starts.Count(start => start.Problem is null));
        Assert.All(starts.Where(start => start.Problem is not null), start => Assert.Equal("insufficient_credits", start.Problem!.Code));

        foreach (var (request, index) in requests.Select((request, index) => (request, index)).Where(pair => starts[pair.index].Problem is null))
        {
            await replicas[index % 2].Meter.SettleAsync("t", request.RequestId, Use(cents: 1));
        }
        Assert.Equal(0, await CentsAsync());
    }

    [Fact]
    public async Task Money_that_one_replica_does_not_need_passes_to_the_other()
    {
        await PayAsync(10);
        var (one, two) = (await _home.StartAsync(Ct), await _home.StartAsync(Ct));
        var first = Request(hold: 10);
        await one.Meter.StartAsync(first, Ct);
        await one.Meter.VoidAsync(first.RequestId);

        // A process that has just begun may not hear yet that its money is wanted.
        await UntilAsync(async () => (await two.Meter.StartAsync(Request(hold: 10), Ct)).Problem is null);
    }

    [Fact]
    public async Task What_the_balance_does_not_reach_is_our_loss_and_is_counted()
    {
        await PayAsync(5);
        var replica = await _home.StartAsync(Ct);
        var request = Request(hold: 2);
        await replica.Meter.StartAsync(request, Ct);

        var settled = await replica.Meter.SettleAsync("t", request.RequestId, Use(cents: 8));

        Assert.Equal((8, 5), (settled!.Price.Cents, settled.Charged.Cents));
        Assert.Equal(0, await CentsAsync());
        Assert.Equal(Money.FromCents(3).Nanos, await _home.Db.ValueAsync<long>($"select nanos from credits.entry where kind = 'shortfall'", Ct));
    }

    [Fact]
    public async Task A_writer_that_died_is_settled_at_its_last_note_and_can_write_nothing_afterwards()
    {
        await PayAsync(100);
        var replica = await _home.StartAsync(Ct);
        var (noted, silent) = (Request(hold: 20), Request(hold: 20));
        await replica.Meter.StartAsync(noted, Ct);
        await replica.Meter.StartAsync(silent, Ct);
        replica.Meter.Note(noted.RequestId, Use(cents: 4));
        await UntilAsync(async () => await _home.Db.ValueAsync<long?>(
            $"select price_nanos from credits.start where request_id = {noted.RequestId}", Ct) is not null);

        Assert.True(await _home.Sweep().EndAsync(replica.Writer.Id, Ct));
        Assert.False(await _home.Sweep().EndAsync(replica.Writer.Id, Ct));
        var settled = await replica.Meter.SettleAsync("t", noted.RequestId, Use(cents: 15));

        Assert.Contains($"Credit debit failed after proxy: request {noted.RequestId} of tenant t, 110000000 nano-dollars short", replica.Said);
        Assert.Equal(new(Money.FromCents(4), Money.FromCents(4), IsEstimated: true, IsReplay: true), settled);
        Assert.Equal((96, 0), (await CentsAsync(), await CountAsync("start")));
        Assert.Equal(2, await CountAsync("usage"));
        // It begins anew and goes on.
        var next = Request(hold: 1);
        await UntilAsync(async () => (await replica.Meter.StartAsync(next, Ct)).Problem is null);
        await replica.Meter.SettleAsync("t", next.RequestId, Use(cents: 1));
        Assert.Equal(95, await CentsAsync());
    }

    [Fact]
    public async Task An_id_that_was_used_before_is_refused_and_spoils_nothing_for_the_others()
    {
        await PayAsync(100);
        var (one, two) = (await _home.StartAsync(Ct), await _home.StartAsync(Ct));
        var known = Request(hold: 1);
        await one.Meter.StartAsync(known, Ct);

        var starts = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Request(hold: 1)).Append(known)
            .Select(request => two.Meter.StartAsync(request, Ct)));

        Assert.Equal("credits.request_known", Assert.Single(starts, start => start.Problem is not null).Problem!.Code);
        await one.Meter.SettleAsync("t", known.RequestId, Use(cents: 1));
        Assert.Null((await two.Meter.StartAsync(known, Ct)).Problem);
        var again = await two.Meter.SettleAsync("t", known.RequestId, Use(cents: 9));
        Assert.Equal((1, true), (again!.Charged.Cents, again.IsReplay));
        Assert.Equal(99, await CentsAsync());
    }

    [Fact]
    public async Task An_id_that_was_charged_before_does_not_keep_a_dead_writer_from_being_settled()
    {
        await PayAsync(100);
        var (one, two) = (await _home.StartAsync(Ct), await _home.StartAsync(Ct));
        var known = Request(hold: 1);
        await one.Meter.StartAsync(known, Ct);
        await one.Meter.SettleAsync("t", known.RequestId, Use(cents: 1));
        await two.Meter.StartAsync(known, Ct);
        await two.Meter.StartAsync(Request(hold: 5), Ct);

        Assert.True(await _home.Sweep().EndAsync(two.Writer.Id, Ct));

        Assert.Equal((99, 0, 2), (await CentsAsync(), await CountAsync("start"), await CountAsync("usage")));
    }

    [Fact]
    public async Task A_clean_stop_leaves_nothing_set_aside()
    {
        await PayAsync(1000);
        var replica = await _home.StartAsync(Ct);
        var request = Request(hold: 10);
        await replica.Meter.StartAsync(request, Ct);
        await replica.Meter.SettleAsync("t", request.RequestId, Use(cents: 3));

        await replica.DisposeAsync();

        var balance = await _home.BalanceAsync("t", Ct);
        Assert.Equal((997, 997), (balance.Total.Cents, balance.Free.Cents));
        Assert.Equal(0, await CountAsync("allowance"));
    }

    [Fact]
    public async Task Nothing_paid_starts_while_a_debt_is_open_or_the_account_is_frozen()
    {
        await PayAsync(100);
        await _home.Ledger.ClawbackAsync(_home.Db, new("t", "dp_1", EntryKind.Dispute, Money.FromCents(150), "Contested"), Ct);
        var replica = await _home.StartAsync(Ct);

        Assert.Equal("credits.owing", (await replica.Meter.StartAsync(Request(hold: 1), Ct)).Problem!.Code);
        await _home.PayAsync("t", "cs_2", Money.FromCents(100), Ct);
        Assert.Null((await replica.Meter.StartAsync(Request(hold: 1), Ct)).Problem);

        await _home.Ledger.FreezeAsync(TestLedger.Admin, _home.Db, "t", frozen: true, "Odd", Ct);
        await UntilAsync(async () => (await replica.Meter.StartAsync(Request(hold: 1), Ct)).Problem?.Code == "credits.frozen");
    }

    private static MeteredRequest Request(int hold) => new(
        Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), "t", null, "chat", "sandbox", "echo", new(s_cent.Nanos * hold));

    private static MeteredUse Use(int cents) => new("sandbox", "echo", 10, 20, Money.Zero, new(s_cent.Nanos * cents));

    private async Task PayAsync(long cents) => await _home.PayAsync("t", "cs_1", Money.FromCents(cents), Ct);

    /// <summary>So that the replica has money at hand.</summary>
    private static async Task SpendAsync(TestReplica replica)
    {
        var request = Request(hold: 4);
        Assert.Null((await replica.Meter.StartAsync(request, Ct)).Problem);
        await replica.Meter.SettleAsync("t", request.RequestId, Use(cents: 1));
    }

    /// <summary>Until it is over the replica commits nothing.</summary>
    private async Task<NpgsqlTransaction> BlockAsync(TestReplica replica, string change = "update credits.writer set beat_at = clock_timestamp()")
    {
        var connection = await _home.Source.OpenConnectionAsync(Ct);
        var transaction = await connection.BeginTransactionAsync(Ct);
        await using var command = new NpgsqlCommand($"{change} where id = '{replica.Writer.Id}'", connection, transaction);
        await command.ExecuteNonQueryAsync(Ct);
        return transaction;
    }

    private async Task<bool> IsWaitingAsync() => await _home.Db.ValueAsync<bool>(
        $"select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')", Ct);

    private async Task<long> CentsAsync() => (await _home.BalanceAsync("t", Ct)).Total.Cents;

    private Task<long> CountAsync(string table) => table switch
    {
        "start" => _home.Db.ValueAsync<long>($"select count(*) from credits.start", Ct),
        "usage" => _home.Db.ValueAsync<long>($"select count(*) from credits.usage", Ct),
        _ => _home.Db.ValueAsync<long>($"select count(*) from credits.allowance", Ct),
    };

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        for (var tries = 0; tries < 200; tries++)
        {
            if (await holds()) { return; }
            await Task.Delay(50, Ct);
        }
        Assert.Fail("It did not come to pass in 10 seconds.");
    }
}
