using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Wopr.Gateway.Catalogue;
using Wopr.Kernel;

namespace Wopr.Gateway.Tests.Catalogue;

public sealed class PriceTests
{
    private static readonly BigInteger s_million = 1_000_000;

    private static readonly Gen<long> s_tokens = Gen.OneOf(
        Gen.Choose(-5, 2_000_000).Select(count => (long)count), Gen.Constant(0L), Gen.Constant(10_000_000_000L));

    private static readonly Gen<long> s_nanos = Gen.OneOf(
        Gen.Choose(0, int.MaxValue).Select(nanos => (long)nanos), Gen.Constant(0L), Gen.Constant(1_000_000_000_000L));

    private static readonly Arbitrary<(Price Price, TokenUsage Usage)> s_requests = Arb.From(
        from prices in Gen.ArrayOf(s_nanos, 5)
        from margin in Gen.Choose(0, 20_000)
        from tokens in Gen.ArrayOf(s_tokens, 4)
        from said in Gen.OneOf(Gen.Constant((long?)null), s_nanos.Select(nanos => (long?)nanos), Gen.Constant((long?)-7))
        select (new Price(prices[0], prices[1], prices[2], prices[3], prices[4], margin),
            new TokenUsage(tokens[0], tokens[1], tokens[2], tokens[3], said is { } nanos ? new Money(nanos) : null)));

    [Fact]
    public void Cost_and_price_are_the_exact_sums_rounded_up_once() => Check(it =>
    {
        var millionths = Exact(it.Price, it.Usage);
        var (wholesale, price) = it.Price.Of(it.Usage);
        return wholesale.Nanos == Up(millionths, s_million)
            && price.Nanos == Up(millionths * (10_000 + it.Price.MarginBasisPoints), s_million * 10_000);
    });

    [Fact]
    public void A_fee_is_the_exact_part_of_the_cost_rounded_up_once() => Check(it =>
        it.Price.FeeOf(it.Usage, 500).Nanos == Up(Exact(it.Price, it.Usage) * 500, s_million * 10_000));

    [Fact]
    public void Nobody_pays_less_than_it_costs() => Check(it =>
    {
        var (wholesale, price) = it.Price.Of(it.Usage);
        return price >= wholesale && wholesale >= Money.Zero;
    });

    [Fact]
    public void A_million_tokens_cost_what_the_price_says()
    {
        var price = new Price(2_500_000_000, 1_250_000_000, 2_500_000_000, 10_000_000_000, 0, 3000);

        Assert.Equal((new(2_500_000_000), new(3_250_000_000)), price.Of(new(1_000_000, 0, 0, 0)));
        Assert.Equal((new(1_250_000_000), new(1_625_000_000)), price.Of(new(1_000_000, 1_000_000, 0, 0)));
        Assert.Equal((new(10_000_000_000), new(13_000_000_000)), price.Of(new(0, 0, 0, 1_000_000)));
    }

    [Fact]
    public void What_the_provider_says_it_costs_counts_before_the_list()
    {
        var price = new Price(2_500_000_000, 0, 0, 10_000_000_000, 77, 3000);

        Assert.Equal((new(1001), new(1302)), price.Of(new(1_000, 0, 0, 1_000, new Money(1001))));
        Assert.Equal((Money.Zero, Money.Zero), price.Of(new(1_000, 0, 0, 1_000, Money.Zero)));
    }

    [Fact]
    public void A_count_or_a_cost_below_zero_gives_nobody_anything()
    {
        var price = new Price(1_000_000, 1_000_000, 1_000_000, 1_000_000, 0, 0);

        Assert.Equal(Money.Zero, price.Of(new(-5, -5, -5, -5)).Price);
        Assert.Equal(new(10), price.Of(new(5, -3, -3, 5)).Price);
        Assert.Equal(new(10), price.Of(new(5, 0, 0, 5, new Money(-1))).Price);
    }

    [Fact]
    public void More_tokens_from_the_cache_than_were_read_cost_no_more_than_were_read()
    {
        var price = new Price(4_000_000, 1_000_000, 5_000_000, 0, 0, 0);

        Assert.Equal(new(10), price.Of(new(10, 99, 99, 0)).Price);
        Assert.Equal(new(3 + (7 * 5)), price.Of(new(10, 3, 99, 0)).Price);
    }

    [Theory]
    [InlineData(long.MaxValue, long.MaxValue, 0, 0)]
    [InlineData(long.MaxValue, 1_000_000_000_000, long.MaxValue, 100_000)]
    [InlineData(1_000_000_000_000_000, 1_000_000_000_000_000, 0, 0)]
    public void A_price_that_no_amount_can_hold_is_refused(long tokens, long perMillion, long perRequest, int margin)
    {
        var price = new Price(perMillion, perMillion, perMillion, perMillion, perRequest, margin);

        Assert.Throws<OverflowException>(() => price.Of(new(tokens, 0, 0, tokens)));
        Assert.Throws<OverflowException>(() => price.FeeOf(new(tokens, 0, 0, tokens), int.MaxValue));
    }

    [Fact]
    public void A_fee_beyond_all_bounds_does_not_come_round_to_nothing()
    {
        // Their product is two to the power of 128.
        var price = new Price(1L << 62, 0, 0, 0, 0, 0);

        Assert.Throws<OverflowException>(() => price.FeeOf(new(1L << 62, 0, 0, 0), 16));
    }

    private static void Check(Func<(Price Price, TokenUsage Usage), bool> holds) =>
        Prop.ForAll(s_requests, holds).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    private static BigInteger Exact(Price price, TokenUsage usage)
    {
        if (usage.Cost is { Nanos: >= 0 } said) { return said.Nanos * s_million; }
        BigInteger input = Math.Max(0, usage.Input);
        var cached = BigInteger.Min(input, Math.Max(0, usage.CachedInput));
        var written = BigInteger.Min(input - cached, Math.Max(0, usage.CacheWrite));
        return ((input - cached - written) * price.InputPerMillion) + (cached * price.CachedInputPerMillion)
            + (written * price.CacheWritePerMillion) + (BigInteger.Max(0, usage.Output) * price.OutputPerMillion)
            + (price.PerRequest * s_million);
    }

    private static BigInteger Up(BigInteger amount, BigInteger unit) => (amount + unit - 1) / unit;
}
