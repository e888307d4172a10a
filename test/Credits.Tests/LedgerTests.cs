using Wopr.Kernel;

namespace Wopr.Credits.Tests;

public sealed class LedgerTests : IAsyncLifetime
{
    private TestLedger _home = null!;
    private Db _db = null!;
    private Ledger _ledger = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _home = await TestLedger.CreateAsync(Ct);
        (_db, _ledger) = (_home.Db, _home.Ledger);
    }

    public ValueTask DisposeAsync() => _home.DisposeAsync();

    [Fact]
    public async Task The_same_payment_ten_times_at_once_is_credited_once()
    {
        var posts = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => PayAsync("cs_1", 3000)));

        Assert.Single(posts, posted => !posted.IsReplay);
        Assert.All(posts, posted => Assert.Equal(Money.FromCents(3000), posted.Amount));
        Assert.Equal(3000, (await BalanceAsync()).Total.Cents);
        Assert.Equal(1, await _db.ValueAsync<long>($"select count(*) from credits.credit_transactions where tenant_id = {"t"}", Ct));
    }

    [Fact]
    public async Task A_charge_takes_what_is_there_and_a_replay_tells_the_first_outcome()
    {
        await PayAsync("cs_1", 10);
        var day = new LedgerPost("t", "runtime:1", EntryKind.Runtime, Money.FromCents(17), "A day");

        var first = await _ledger.ChargeAsync(_db, day, Ct);
        await PayAsync("cs_2", 100);
        var again = await _ledger.ChargeAsync(_db, day, Ct);

        Assert.Equal((10, 7, false), (first.Amount.Cents, first.Missing.Cents, first.IsReplay));
        Assert.Equal((10, 7, true), (again.Amount.Cents, again.Missing.Cents, again.IsReplay));
        Assert.Equal(100, (await BalanceAsync()).Total.Cents);
    }

    [Fact]
    public async Task A_charge_that_found_nothing_is_remembered_too()
    {
        var day = new LedgerPost("t", "runtime:1", EntryKind.Runtime, Money.FromCents(17), "A day");

        var first = await _ledger.ChargeAsync(_db, day, Ct);
        await PayAsync("cs_1", 100);
        var again = await _ledger.ChargeAsync(_db, day, Ct);

        Assert.Equal(17, first.Missing.Cents);
        Assert.True(again.IsReplay);
        Assert.Equal(100, (await BalanceAsync()).Total.Cents);
    }

    [Fact]
    public async Task What_a_clawback_cannot_take_is_owed_and_the_next_payment_repays_it_first()
    {
        await PayAsync("cs_1", 1000);
        await _ledger.ChargeAsync(_db, new("t", "r:1", EntryKind.Runtime, Money.FromCents(400), "A day"), Ct);

        var taken = await _ledger.ClawbackAsync(_db, new("t", "dp_1", EntryKind.Dispute, Money.FromCents(1000), "Contested"), Ct);
        Assert.Equal((600, 400), (taken.Amount.Cents, taken.Missing.Cents));
        Assert.Equal(400, (await BalanceAsync()).Owed.Cents);

        await PayAsync("cs_2", 300);
        Assert.Equal((0, 100), ((await BalanceAsync()).Total.Cents, (await BalanceAsync()).Owed.Cents));
        await PayAsync("cs_3", 300);
        Assert.Equal((200, 0), ((await BalanceAsync()).Total.Cents, (await BalanceAsync()).Owed.Cents));
        Assert.Equal(0L, await _db.ValueAsync<long>(
            $"select sum(nanos)::bigint from credits.posting where account = 'receivable'", Ct));
    }

    [Fact]
    public async Task An_operator_cannot_take_more_than_there_is_and_is_written_down()
    {
        await PayAsync("cs_1", 500);

        var tooMuch = await _ledger.AdjustAsync(TestLedger.Admin, _db, "t", "adj_1", Money.FromCents(-501), "Wrong", Ct);
        var right = await _ledger.AdjustAsync(TestLedger.Admin, _db, "t", "adj_2", Money.FromCents(-500), "Right", Ct);

        Assert.Equal("credits.not_that_much", tooMuch.Problem!.Code);
        Assert.Null(right.Problem);
        Assert.Equal(1, await _db.ValueAsync<long>($"select count(*) from audit.event where action = 'credits.adjusted'", Ct));
    }

    [Fact]
    public async Task The_view_of_the_runbook_shows_each_movement_with_the_balance_after_it()
    {
        await PayAsync("cs_1", 3000);
        await _ledger.ChargeAsync(_db, new("t", "r:1", EntryKind.Runtime, Money.FromCents(17), "A day"), Ct);

        var rows = await _db.QueryAsync($"select * from credits.credit_transactions order by created_at desc",
            row => (row.GetInt64(row.GetOrdinal("amount_credits")), row.GetInt64(row.GetOrdinal("balance_after_credits"))), Ct);

        Assert.Equal([(-170_000_000, 29_830_000_000), (30_000_000_000, 30_000_000_000)], rows);
    }

    private Task<Posted> PayAsync(string reference, long cents) => _home.PayAsync("t", reference, Money.FromCents(cents), Ct);

    private Task<TenantBalance> BalanceAsync() => _home.BalanceAsync("t", Ct);
}
