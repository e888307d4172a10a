using FsCheck;
using FsCheck.Fluent;
using Wopr.Kernel;

namespace Wopr.Credits.Tests;

public sealed class GrantExpiryTests : IAsyncLifetime
{
    private static readonly DateTimeOffset s_day = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);

    private TestLedger _home = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _home = await TestLedger.CreateAsync(Ct);

    public ValueTask DisposeAsync() => _home.DisposeAsync();

    [Fact]
    public async Task What_is_left_of_a_gift_goes_when_it_ends_and_what_was_paid_stays()
    {
        await _home.PayAsync("t", "cs_1", Money.FromCents(1000), Ct);
        await GiveAsync("gift", 500, s_day);
        await ChargeAsync("r:1", 200);

        await ExpireAsync();
        await ExpireAsync();

        Assert.Equal(1000, (await _home.BalanceAsync("t", Ct)).Total.Cents);
        Assert.Equal(Money.FromCents(300).Nanos, await _home.Db.ValueAsync<long>($"select nanos from credits.entry where kind = 'expiry'", Ct));
    }

    [Fact]
    public async Task Of_two_gifts_the_one_that_ends_first_is_used_first()
    {
        await GiveAsync("late", 500, s_day.AddYears(10));
        await GiveAsync("soon", 500, s_day);
        await ChargeAsync("r:1", 400);

        await ExpireAsync();

        Assert.Equal(500, (await _home.BalanceAsync("t", Ct)).Total.Cents);
    }

    [Fact]
    public async Task What_was_used_before_a_gift_came_does_not_count_against_it()
    {
        await _home.PayAsync("t", "cs_1", Money.FromCents(1000), Ct);
        await ChargeAsync("r:1", 400);
        await GiveAsync("gift", 500, s_day);

        await ExpireAsync();

        Assert.Equal(600, (await _home.BalanceAsync("t", Ct)).Total.Cents);
    }

    [Fact]
    public async Task What_an_allowance_holds_of_it_stays()
    {
        await GiveAsync("gift", 100, s_day);
        var replica = await _home.StartAsync(Ct);
        MeteredRequest request = new(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), "t", null, "chat", "p", "m", Money.FromCents(40));
        await replica.Meter.StartAsync(request, Ct);

        await ExpireAsync();

        var settled = await replica.Meter.SettleAsync("t", request.RequestId, new("p", "m", 1, 1, Money.Zero, Money.FromCents(40)));
        Assert.Equal(40, settled!.Charged.Cents);
        Assert.Equal(0, (await _home.BalanceAsync("t", Ct)).Free.Cents);
    }

    /// <summary>However gifts overlap, no more is counted as used than was, and none of them goes below zero.</summary>
    [Fact]
    public void Nothing_is_used_twice() => Prop.ForAll(Histories().ToArbitrary(), history =>
    {
        var (grants, spans) = history;
        var left = GrantsLeft.Of(grants, spans);
        var used = grants.Sum(grant => grant.Amount.Nanos - left[grant.Reference].Nanos);
        var spent = spans.Sum(span => span.Spent.Nanos);
        var bounded = left.Values.All(money => money >= Money.Zero) && used <= spent;
        // When something is left of a gift, everything spent in its time was counted against some gift.
        var whole = grants.Where(grant => left[grant.Reference] > Money.Zero).All(grant =>
            spans.Where(span => span.After >= grant.From && (grant.To is null || span.After < grant.To)).Sum(span => span.Spent.Nanos) <= used);
        return bounded && whole;
    }).QuickCheckThrowOnFailure();

    private static Gen<(ExpiringGrant[] Grants, (long After, Money Spent)[] Spans)> Histories() =>
        from count in Gen.Choose(1, 4)
        from starts in Gen.Choose(1, 20).ArrayOf(count)
        from lengths in Gen.Choose(1, 20).ArrayOf(count)
        from amounts in Gen.Choose(1, 100).ArrayOf(count)
        from open in ArbMap.Default.GeneratorFor<bool>().ArrayOf(count)
        from spent in Gen.Choose(0, 60).ArrayOf(count * 2)
        let grants = Enumerable.Range(0, count).Select(index => new ExpiringGrant($"g{index}", starts[index],
            open[index] ? null : starts[index] + lengths[index], new(amounts[index]), s_day.AddDays(starts[index] + lengths[index]))).ToArray()
        let edges = grants.Select(grant => grant.From).Concat(grants.Select(grant => grant.To).OfType<long>()).Distinct().Order().ToArray()
        select (grants, edges.Select((edge, index) => (edge, new Money(spent[index]))).ToArray());

    private Task GiveAsync(string reference, long cents, DateTimeOffset ends) => _home.Ledger.CreditAsync(_home.Db,
        new("t", reference, EntryKind.Grant, Money.FromCents(cents), "A gift") { ExpiresAt = ends }, Ct);

    private Task ChargeAsync(string reference, long cents) => _home.Ledger.ChargeAsync(_home.Db,
        new("t", reference, EntryKind.Runtime, Money.FromCents(cents), "A day"), Ct);

    private Task ExpireAsync() => new GrantExpiry(_home.Db, new FixedTime(s_day.AddHours(1))).RunAsync(Ct);

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
