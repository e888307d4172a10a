using Wopr.Dashboard.Parts;

namespace Wopr.Dashboard.Tests;

public sealed class DollarsTests
{
    [Theory]
    [InlineData(0, "$0.00")]
    [InlineData(19_999_999, "$0.01")]
    [InlineData(-1, "−$0.01")]
    [InlineData(1_234_567_890_000_000, "$1,234,567.89")]
    [InlineData(long.MaxValue, "$9,223,372,036.85")]
    public void A_balance_has_two_decimals_and_no_cent_that_is_not_there(long nanos, string text) =>
        Assert.Equal(text, Dollars.Balance(nanos));

    [Theory]
    [InlineData(0, "$0.00")]
    [InlineData(10_000_000_000, "$10.00")]
    [InlineData(1, "$0.000000001")]
    [InlineData(123_456, "$0.000123456")]
    [InlineData(1_234_567, "$0.00123457")]
    [InlineData(120_000_000, "$0.12")]
    [InlineData(1_234_567_890, "$1.23457")]
    [InlineData(98_765_432_100, "$98.7654")]
    [InlineData(123_456_789_000_000, "$123,456.79")]
    [InlineData(-250_000, "−$0.00025")]
    [InlineData(long.MinValue, "−$9,223,372,036.85")]
    public void A_charge_has_up_to_six_significant_digits(long nanos, string text) => Assert.Equal(text, Dollars.Exact(nanos));

    [Theory]
    [InlineData("20", 2000L)]
    [InlineData(" $1,000.50 ", 100_050L)]
    [InlineData("-5.00", -500L)]
    [InlineData("−5", -500L)]
    [InlineData("0.001", null)]
    [InlineData("12,5", null)]
    [InlineData("12,50", null)]
    [InlineData("1e3", null)]
    [InlineData("", null)]
    [InlineData("99999999999999999999999999", null)]
    public void What_somebody_types_is_whole_cents_or_nothing(string typed, long? cents) => Assert.Equal(cents, Dollars.ParseCents(typed));

    [Fact]
    public void Books_show_every_nano_dollar() => Assert.Equal("−$1,234.000000001", Dollars.Full(-1_234_000_000_001));
}
