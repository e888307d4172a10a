using System.Globalization;
using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Wopr.Gateway.Catalogue;

namespace Wopr.Gateway.Tests.Catalogue;

public sealed class DecimalTextTests
{
    [Theory]
    [InlineData("0.00000015", 150_000_000)]
    [InlineData("0.000003", 3_000_000_000)]
    [InlineData("0.0000000055", 5_500_000)]
    [InlineData("0", 0)]
    [InlineData("0.0", 0)]
    [InlineData("1.5e-07", 150_000_000)]
    [InlineData("15E-8", 150_000_000)]
    [InlineData("0.000000000000001", 1)]
    [InlineData("0.0000000000000010000", 1)]
    public void A_dollar_price_per_token_becomes_nano_dollars_for_a_million(string text, long nanos)
    {
        Assert.True(DecimalText.TryScale(text, 15, out var whole));
        Assert.Equal(nanos, whole);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("")]
    [InlineData(" 1")]
    [InlineData("1,5")]
    [InlineData(".5")]
    [InlineData("5.")]
    [InlineData("NaN")]
    [InlineData("0x10")]
    [InlineData("٣")]
    [InlineData("0.0000000000000001")]
    [InlineData("0.00000015000000000000002")]
    [InlineData("9224")]
    [InlineData("1e999")]
    [InlineData("1e99999999")]
    [InlineData(null)]
    public void What_is_no_price_or_could_not_be_kept_exactly_is_refused(string? text) =>
        Assert.False(DecimalText.TryScale(text, 15, out _));

    [Fact]
    public void Every_number_that_fits_is_read_exactly_however_it_is_written() => Prop.ForAll(
        (from nanos in ArbMap.Default.GeneratorFor<long>()
         from shift in Gen.Choose(0, 30)
         select (Nanos: nanos & long.MaxValue, Shift: shift)).ToArbitrary(),
        it =>
        {
            var digits = it.Nanos.ToString(CultureInfo.InvariantCulture).PadLeft(it.Shift + 1, '0');
            var plain = it.Shift == 0 ? digits : $"{digits[..^it.Shift]}.{digits[^it.Shift..]}";
            return DecimalText.TryScale(plain, it.Shift, out var read) && read == it.Nanos
                && DecimalText.TryScale($"{it.Nanos}e-{it.Shift}", it.Shift, out var again) && again == it.Nanos;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void No_text_makes_it_throw() => Prop.ForAll((string text, int power) =>
    {
        var known = DecimalText.TryScale(text, Math.Abs(power % 40), out var whole);
        return known ? whole >= 0 : whole == 0;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void A_short_text_with_a_large_exponent_takes_no_time()
    {
        Assert.False(DecimalText.TryScale("9e999", 15, out _));
        Assert.True(DecimalText.TryScale("0e999", 15, out var zero));
        Assert.Equal(BigInteger.Zero, zero);
    }
}
