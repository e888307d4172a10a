using Wopr.Kernel;

namespace Wopr.Billing.Tests;

public sealed class RuntimeTests : IAsyncLifetime
{
    private static readonly Guid s_bot = Guid.Parse("00000000-0000-0000-0000-000000000001");

    private RuntimeBilling _billing = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _billing = await RuntimeBilling.StartAsync();

    public ValueTask DisposeAsync() => _billing.DisposeAsync();

    [Fact]
    public async Task A_bot_pays_once_a_day_over_midnights_at_which_nobody_tells_of_it()
    {
        await _billing.PayAsync(10_000);
        await _billing.ObserveAsync(s_bot, BotPresence.Active);
        _billing.Clock.Pass(TimeSpan.FromDays(3));

        await _billing.ChargeAsync();
        await _billing.ChargeAsync();

        // From 09:30 on the first day are 15 hours, of which 17 cents make 10.6.
        Assert.Equal(["runtime 2026-03-10 10", "runtime 2026-03-11 17", "runtime 2026-03-12 17"], await _billing.ChargesAsync());
        Assert.Equal(10_000 - 11 - 34, await _billing.CentsAsync());
    }

    [Fact]
    public async Task A_day_is_not_charged_before_it_and_who_tells_of_it_late_are_over()
    {
        await _billing.PayAsync(1000);
        await _billing.ObserveAsync(s_bot, BotPresence.Active);
        _billing.Clock.Time = new(2026, 3, 11, 0, 4, 59, TimeSpan.Zero);
        await _billing.ChargeAsync();
        Assert.Empty(await _billing.ChargesAsync());

        _billing.Clock.Pass(TimeSpan.FromSeconds(1));
        await _billing.ChargeAsync();
        Assert.Single(await _billing.ChargesAsync());
    }

    [Fact]
    public async Task A_bot_at_rest_all_day_pays_for_its_storage_only()
    {
        await _billing.PayAsync(1000);
        await _billing.ObserveAsync(s_bot, BotPresence.Active, storage: "max");
        _billing.Clock.Pass(TimeSpan.FromDays(1));
        await _billing.ObserveAsync(s_bot, BotPresence.AtRest, storage: "max");
        _billing.Clock.Pass(TimeSpan.FromDays(2));
        await _billing.ChargeAsync();

        // On the second day it ran until 09:30.
        Assert.Equal(["runtime 2026-03-10 10", "storage 2026-03-10 9", "runtime 2026-03-11 17", "storage 2026-03-11 15",
            "storage 2026-03-12 15"], await _billing.ChargesAsync());
    }

    [Fact]
    public async Task A_moment_of_running_makes_a_day_of_it()
    {
        await _billing.PayAsync(1000);
        await _billing.ObserveAsync(s_bot, BotPresence.AtRest);
        _billing.Clock.Pass(TimeSpan.FromDays(1));
        await _billing.ObserveAsync(s_bot, BotPresence.Active);
        await _billing.ObserveAsync(s_bot, BotPresence.AtRest);
        _billing.Clock.Pass(TimeSpan.FromDays(2));
        await _billing.ChargeAsync();

        Assert.Equal(["runtime 2026-03-11 17"], await _billing.ChargesAsync());
    }

    [Fact]
    public async Task The_highest_tier_of_the_day_counts_and_the_new_one_from_then_on()
    {
        await _billing.PayAsync(10_000);
        await _billing.ObserveAsync(s_bot, BotPresence.Active, "power", "max");
        _billing.Clock.Pass(TimeSpan.FromDays(1));
        await _billing.ObserveAsync(s_bot, BotPresence.Active, "beast", "plus");
        await _billing.ObserveAsync(s_bot, BotPresence.Active, "pro");
        _billing.Clock.Pass(TimeSpan.FromDays(2));
        await _billing.ChargeAsync();

        Assert.Equal(["runtime 2026-03-11 67", "storage 2026-03-11 15", "runtime 2026-03-12 27"], (await _billing.ChargesAsync())[2..]);
    }

    [Fact]
    public async Task A_deleted_bot_pays_for_its_last_day_and_no_further()
    {
        await _billing.PayAsync(1000);
        await _billing.ObserveAsync(s_bot, BotPresence.Active);
        _billing.Clock.Pass(TimeSpan.FromDays(2));
        await _billing.ObserveAsync(s_bot, BotPresence.Deleted);
        _billing.Clock.Pass(TimeSpan.FromDays(5));
        await _billing.ChargeAsync();

        Assert.Equal(["runtime 2026-03-10 10", "runtime 2026-03-11 17", "runtime 2026-03-12 17"], await _billing.ChargesAsync());
    }

    [Fact]
    public async Task A_charged_day_stays_as_it_was_charged()
    {
        await _billing.PayAsync(1000);
        await _billing.ObserveAsync(s_bot, BotPresence.Active);
        _billing.Clock.Pass(TimeSpan.FromDays(1));
        await _billing.ChargeAsync();
        _billing.Clock.Pass(TimeSpan.FromDays(-1));
        await _billing.ObserveAsync(s_bot, BotPresence.Active, "beast");
        _billing.Clock.Pass(TimeSpan.FromDays(1));
        await _billing.ChargeAsync();

        Assert.Equal(["runtime 2026-03-10 10"], await _billing.ChargesAsync());
        Assert.Equal(170_000_000, await _billing.Db.ValueAsync<long>(
            $"select runtime_nanos from billing.bot_day where day = '2026-03-10'", Ct));
    }

    [Fact]
    public async Task A_tenant_that_cannot_be_charged_holds_up_nobody()
    {
        await _billing.AddTenantAsync("aaa");
        await _billing.PayAsync(1000, "aaa");
        await _billing.PayAsync(1000);
        await _billing.ObserveAsync(Guid.CreateVersion7(), BotPresence.Active, tenant: "aaa");
        await _billing.ObserveAsync(s_bot, BotPresence.Active);
        await _billing.Db.ExecuteAsync($"""
            create function credits.refuse() returns trigger language plpgsql as
            'begin if new.tenant_id = ''aaa'' and new.kind = ''runtime'' then raise exception ''no''; end if; return new; end'
            """, Ct);
        await _billing.Db.ExecuteAsync($"create trigger refuse before insert on credits.entry for each row execute function credits.refuse()", Ct);
        _billing.Clock.Pass(TimeSpan.FromDays(1));

        await _billing.ChargeAsync();
        Assert.Empty(await _billing.ChargesAsync("aaa"));
        Assert.Single(await _billing.ChargesAsync());

        // When the fault is gone, the day is still due, once.
        await _billing.Db.ExecuteAsync($"drop trigger refuse on credits.entry", Ct);
        await _billing.ChargeAsync();
        Assert.Single(await _billing.ChargesAsync("aaa"));
    }

    [Fact]
    public async Task Two_runs_at_a_time_charge_once()
    {
        await _billing.PayAsync(100_000);
        for (var bot = 0; bot < 20; bot++) { await _billing.ObserveAsync(Guid.CreateVersion7(), BotPresence.Active); }
        _billing.Clock.Pass(TimeSpan.FromDays(10));

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _billing.ChargeAsync()));

        Assert.Equal(20 * 10, (await _billing.ChargesAsync()).Count);
        Assert.Equal(0, await _billing.Db.ValueAsync<long>($"select count(*) from billing.bot_day where charged_at is null", Ct));
    }

    [Fact]
    public async Task What_is_missing_is_written_down_and_never_taken_later()
    {
        await _billing.PayAsync(5);
        await _billing.ObserveAsync(s_bot, BotPresence.Active);
        _billing.Clock.Pass(TimeSpan.FromDays(1));
        await _billing.ChargeAsync();
        await _billing.PayAsync(1000);
        await _billing.ChargeAsync();

        Assert.Equal(1000, await _billing.CentsAsync());
        Assert.Equal((17 * Money.NanosPerCent * 15 / 24) - (5 * Money.NanosPerCent),
            await _billing.Db.ValueAsync<long>($"select missing_nanos from billing.bot_day", Ct));
    }

    [Fact]
    public async Task Undone_with_the_transaction_that_told_of_it()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => _billing.Db.TransactAsync<int>(async tx =>
        {
            await _billing.Get<BotMeter>().ObserveAsync(tx, new(s_bot, RuntimeBilling.Tenant, "x", BotPresence.Active, "pro", "plus"), Ct);
            throw new InvalidOperationException("undone");
        }, Ct));
        Assert.Equal(0, await _billing.Db.ValueAsync<long>($"select count(*) from billing.bot", Ct));
        await Assert.ThrowsAsync<InvalidOperationException>(() => _billing.Get<BotMeter>()
            .ObserveAsync(_billing.Db, new(s_bot, RuntimeBilling.Tenant, "x", BotPresence.Active, "pro", "plus"), Ct));
        await Assert.ThrowsAsync<ArgumentException>(() => _billing.ObserveAsync(s_bot, BotPresence.Active, "giant"));
    }

    [Theory]
    [InlineData("standard", "standard", 17, 0)]
    [InlineData("pro", "plus", 27, 3)]
    [InlineData("power", "pro", 44, 8)]
    [InlineData("beast", "max", 67, 15)]
    public void A_day_costs_its_base_and_its_tiers(string tier, string storage, long runtime, long kept) =>
        Assert.Equal(new DayPrice(Money.FromCents(runtime), Money.FromCents(kept)), new BotPrices(new()).Of(tier, storage));

    [Theory]
    [InlineData(0, 0, 24)]
    [InlineData(0, 59, 24)]
    [InlineData(9, 30, 15)]
    [InlineData(23, 0, 1)]
    [InlineData(23, 59, 1)]
    public void On_its_first_day_an_hour_that_has_begun_counts(int hour, int minute, int hours) =>
        Assert.Equal(hours, BotPrices.HoursLeft(new(2026, 3, 10, hour, minute, 1, TimeSpan.Zero)));
}
