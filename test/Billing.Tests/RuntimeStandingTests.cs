using FsCheck;
using FsCheck.Fluent;
using Wopr.Credits;
using Wopr.Kernel;

namespace Wopr.Billing.Tests;

public sealed class RuntimeStandingTests
{
    private static readonly RuntimeOptions s_options = new();

    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // from, occasion, funds, has bots, time is up, to
    public static TheoryData<string> Table =>
    [
        "Funded    Charge   Enough  yes  no   Funded",
        "Funded    Charge   Low     yes  no   Warned",
        "Funded    Charge   Empty   yes  no   Grace",
        "Funded    Time     Low     no   no   Warned",
        "Funded    Time     Empty   yes  no   Warned",
        "Funded    Charge   Empty   no   no   Warned",
        "Funded    Payment  Low     yes  no   Funded",
        "Warned    Time     Enough  yes  no   Warned",
        "Warned    Time     Empty   yes  no   Warned",
        "Warned    Charge   Low     yes  no   Warned",
        "Warned    Charge   Empty   yes  no   Grace",
        "Warned    Charge   Empty   no   no   Warned",
        "Warned    Payment  Low     yes  no   Funded",
        "Warned    Payment  Enough  yes  no   Funded",
        "Warned    Payment  Empty   yes  no   Warned",
        "Grace     Time     Empty   yes  no   Grace",
        "Grace     Charge   Empty   yes  no   Grace",
        "Grace     Time     Empty   yes  yes  Suspended",
        "Grace     Charge   Empty   yes  yes  Suspended",
        "Grace     Time     Empty   no   yes  Grace",
        "Grace     Payment  Empty   yes  no   Grace",
        "Grace     Payment  Low     yes  yes  Funded",
        "Grace     Time     Enough  yes  yes  Funded",
        "Suspended Time     Empty   yes  no   Suspended",
        "Suspended Time     Empty   yes  yes  Expired",
        "Suspended Time     Empty   no   yes  Suspended",
        "Suspended Payment  Enough  yes  yes  Funded",
        "Suspended Time     Low     yes  yes  Funded",
        "Expired   Time     Empty   yes  yes  Expired",
        "Expired   Payment  Low     yes  no   Funded",
    ];

    [Theory]
    [MemberData(nameof(Table))]
    public void A_tenant_goes_where_the_table_says(string row)
    {
        var cells = row.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var to = Standing.Next(Enum.Parse<StandingState>(cells[0]), Enum.Parse<Occasion>(cells[1]), Enum.Parse<Funds>(cells[2]),
            cells[3] == "yes", cells[4] == "yes");
        Assert.Equal(Enum.Parse<StandingState>(cells[5]), to);
    }

    [Fact]
    public void Whatever_happens_an_episode_is_told_in_order_and_paying_ends_it() => Prop.ForAll(
        (from occasion in Gen.Elements(Enum.GetValues<Occasion>())
         from funds in Gen.Frequency((1, Gen.Constant(Funds.Enough)), (2, Gen.Constant(Funds.Low)), (12, Gen.Constant(Funds.Empty)))
         from hasBots in Gen.Frequency((1, Gen.Constant(false)), (9, Gen.Constant(true)))
         from hours in Gen.Frequency((6, Gen.Choose(0, 30)), (2, Gen.Choose(30, 200)), (1, Gen.Choose(200, 1000)))
         select (occasion, funds, hasBots, hours)).ListOf(120).ToArbitrary(),
        steps => Holds(steps)).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void Without_money_it_takes_three_days_and_thirty_with_reminders_at_seven_three_and_one()
    {
        var told = new List<string>();
        var standing = new Standing(StandingState.Funded, s_start);
        for (var hour = 0; hour < 24 * 40; hour++)
        {
            var (next, effects) = standing.Step(Occasion.Charge, Funds.Empty, true, s_start.AddHours(hour), s_options);
            standing = next;
            told.AddRange(effects.Select(effect => $"{hour / 24} {effect} {(effect == StandingEffect.TellReminder ? next.Reminded : null)}".Trim()));
        }

        Assert.Equal(["0 TellGrace", "3 Suspend", "3 TellSuspended", "26 TellReminder 7", "30 TellReminder 3", "32 TellReminder 1",
            "33 Expire", "33 TellDeleted"], told);
    }

    [Fact]
    public void When_nobody_could_remind_for_weeks_the_last_reminder_still_comes_a_day_before()
    {
        var suspended = new Standing(StandingState.Suspended, s_start, DestroyAfter: s_start.AddDays(30));
        var late = s_start.AddDays(45);

        var (reminded, effects) = suspended.Step(Occasion.Time, Funds.Empty, true, late, s_options);
        Assert.Equal([StandingEffect.TellReminder], effects);
        Assert.Equal((1, late.AddDays(1)), (reminded.Reminded, reminded.DestroyAfter));
        Assert.Empty(reminded.Step(Occasion.Time, Funds.Empty, true, late.AddHours(23), s_options).Effects);
        Assert.Equal(StandingState.Expired, reminded.Step(Occasion.Time, Funds.Empty, true, late.AddDays(1), s_options).Standing.State);
    }

    [Theory]
    [InlineData(0, 0, "Empty")]
    [InlineData(99, 0, "Low")]
    [InlineData(100, 0, "Enough")]
    [InlineData(299, 100, "Low")]
    [InlineData(300, 100, "Enough")]
    [InlineData(100_000, 17, "Enough")]
    public void Low_is_less_than_a_dollar_or_three_days(long cents, long daily, string funds) =>
        Assert.Equal(funds, Standings.FundsOf(Money.FromCents(cents), Money.FromCents(daily), s_options).ToString());

    private static bool Holds(IReadOnlyList<(Occasion Occasion, Funds Funds, bool HasBots, int Hours)> steps)
    {
        var (standing, now) = (new Standing(StandingState.Funded, s_start), s_start);
        var told = new HashSet<string>();
        DateTimeOffset? suspendedAt = null, lastReminder = null;
        foreach (var (occasion, funds, hasBots, hours) in steps)
        {
            now = now.AddHours(hours);
            var from = standing;
            (standing, var effects) = standing.Step(occasion, funds, hasBots, now, s_options);
            if (occasion == Occasion.Payment && funds != Funds.Empty && standing.State != StandingState.Funded) { return false; }
            if (standing.State == StandingState.Suspended && from.State is not (StandingState.Grace or StandingState.Suspended)) { return false; }
            if (standing.State == StandingState.Suspended && from.State == StandingState.Grace && now < from.GraceUntil) { return false; }
            if (standing.State == StandingState.Funded && from.State != StandingState.Funded)
            {
                told.Clear();
                var wasOff = from.State is StandingState.Suspended or StandingState.Expired;
                if (effects.Contains(StandingEffect.Resume) != wasOff) { return false; }
            }
            foreach (var effect in effects)
            {
                var name = effect == StandingEffect.TellReminder ? $"{effect} {standing.Reminded}" : effect.ToString();
                if (!told.Add(name)) { return false; }
                if (effect == StandingEffect.TellReminder) { lastReminder = now; }
                if (effect == StandingEffect.Suspend) { (suspendedAt, lastReminder) = (now, null); }
                if (effect == StandingEffect.Expire
                    && (now - suspendedAt < TimeSpan.FromDays(30) || lastReminder is null || now - lastReminder < TimeSpan.FromDays(1)))
                {
                    return false;
                }
            }
            if (standing.NextLook(now) <= now || standing.NextLook(now) > now.AddHours(1)) { return false; }
        }
        return true;
    }
}

public sealed class RuntimeLifecycleTests : IAsyncLifetime
{
    private static readonly Guid s_bot = Guid.Parse("00000000-0000-0000-0000-000000000001");

    private RuntimeBilling _billing = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _billing = await RuntimeBilling.StartAsync();

    public ValueTask DisposeAsync() => _billing.DisposeAsync();

    [Fact]
    public async Task Who_does_not_pay_is_told_every_step_once_and_loses_its_bots_at_the_end()
    {
        await _billing.PayAsync(101);
        await _billing.ObserveAsync(s_bot, BotPresence.Active);

        await _billing.PassDaysAsync(60);

        Assert.Equal(["low-balance", "balance-empty", "bots-suspended", "bots-deletion-reminder", "bots-deletion-reminder",
            "bots-deletion-reminder", "bots-deleted"], await _billing.MailsAsync());
        Assert.Equal(["billing.bots_suspended", "billing.bots_expired"], await _billing.NewsAsync());
        Assert.Equal(StandingState.Expired, await _billing.StateAsync());
    }

    [Fact]
    public async Task Paying_resumes_at_once_and_begins_anew()
    {
        await _billing.PayAsync(101);
        await _billing.ObserveAsync(s_bot, BotPresence.Active);
        await _billing.PassDaysAsync(11);
        Assert.Equal(StandingState.Suspended, await _billing.StateAsync());

        await _billing.PayAsync(1000);

        Assert.Equal(StandingState.Funded, await _billing.StateAsync());
        Assert.Equal(["billing.bots_suspended", "billing.bots_resumed"], await _billing.NewsAsync());
        await _billing.PassDaysAsync(1);
        Assert.Equal(StandingState.Funded, await _billing.StateAsync());
    }

    [Fact]
    public async Task News_of_a_payment_that_is_lost_is_made_up_for()
    {
        await _billing.PayAsync(101);
        await _billing.ObserveAsync(s_bot, BotPresence.Active);
        await _billing.PassDaysAsync(11);
        await _billing.PayAsync(1000, isHeard: false);

        _billing.Clock.Pass(TimeSpan.FromHours(1));
        await _billing.WatchAsync();

        Assert.Equal(StandingState.Funded, await _billing.StateAsync());
    }

    [Fact]
    public async Task What_fails_while_a_step_is_taken_leaves_nothing_of_it()
    {
        await _billing.PayAsync(50);
        await _billing.ObserveAsync(s_bot, BotPresence.Active);
        await _billing.Db.ExecuteAsync($"alter table notices.mail add constraint no_mail check (template <> 'low-balance')", Ct);
        _billing.Clock.Pass(TimeSpan.FromHours(1));
        await _billing.WatchAsync();
        Assert.Equal(StandingState.Funded, await _billing.StateAsync());

        await _billing.Db.ExecuteAsync($"alter table notices.mail drop constraint no_mail", Ct);
        _billing.Clock.Pass(TimeSpan.FromMinutes(5));
        await _billing.WatchAsync();
        Assert.Equal(StandingState.Warned, await _billing.StateAsync());
        Assert.Equal(["low-balance"], await _billing.MailsAsync());
    }

    [Fact]
    public async Task The_gate_opens_for_money_and_for_nothing_else()
    {
        var price = _billing.Get<BotPrices>().Of("pro", "plus").Total;
        var gate = _billing.Get<BillingStanding>();

        var stranger = await gate.RefuseAsync(_billing.Db, "nobody", Money.Zero, Ct);
        Assert.Equal((ProblemKind.PaymentRequired, "insufficient_credits"), (stranger!.Kind, stranger.Code));
        await _billing.PayAsync(29);
        Assert.Equal("Your balance is $0.29, and this needs $0.30. Buy credits at http://localhost:3000/dashboard/credits and try again.",
            (await gate.RefuseAsync(_billing.Db, RuntimeBilling.Tenant, price, Ct))?.Detail);
        await _billing.PayAsync(1);
        Assert.Null(await gate.RefuseAsync(_billing.Db, RuntimeBilling.Tenant, price, Ct));

        await _billing.Ledger.ClawbackAsync(_billing.Db,
            new(RuntimeBilling.Tenant, "dp_1", EntryKind.Dispute, Money.FromCents(500), "Dispute"), Ct);
        Assert.Equal("credits.owing", (await gate.RefuseAsync(_billing.Db, RuntimeBilling.Tenant, Money.Zero, Ct))?.Code);
        await _billing.PayAsync(1000);
        Assert.Null(await gate.RefuseAsync(_billing.Db, RuntimeBilling.Tenant, price, Ct));

        await _billing.Ledger.FreezeAsync(Actor.System, _billing.Db, RuntimeBilling.Tenant, true, "a test", Ct);
        Assert.Equal("credits.frozen", (await gate.RefuseAsync(_billing.Db, RuntimeBilling.Tenant, price, Ct))?.Code);
    }

    [Fact]
    public async Task Until_suspended_bots_are_resumed_nothing_else_starts()
    {
        await _billing.PayAsync(101);
        await _billing.ObserveAsync(s_bot, BotPresence.Active);
        await _billing.PassDaysAsync(11);
        await _billing.PayAsync(1000, isHeard: false);

        Assert.Equal("billing.resuming",
            (await _billing.Get<BillingStanding>().RefuseAsync(_billing.Db, RuntimeBilling.Tenant, Money.Zero, Ct))?.Code);
    }
}
