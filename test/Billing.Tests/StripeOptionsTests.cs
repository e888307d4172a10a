using Wopr.Kernel;

namespace Wopr.Billing.Tests;

public sealed class StripeOptionsTests
{
    [Fact]
    public void Both_spellings_name_packs_by_their_dollars()
    {
        var (options, faults) = Read(("STRIPE_CREDITS_PRICE_30", "price_a"), ("STRIPE_CREDIT_PRICE_5", "price_b"), ("STRIPE_CREDIT_PRICE_30", "price_a"));

        Assert.Equal([new("price_b", 500, 500), new("price_a", 3000, 3000)], options.Packs());
        Assert.Empty(faults);
    }

    [Theory]
    [InlineData("STRIPE_CREDITS_PRICE", "STRIPE_CREDITS_PRICE_X", "price_x")]
    [InlineData("STRIPE_CREDITS_PRICE", "STRIPE_CREDITS_PRICES", "price_x")]
    [InlineData("STRIPE_CREDITS_PRICE", "STRIPE_CREDITS_PRICE_0", "price_x")]
    [InlineData("STRIPE_CREDITS_PRICE", "STRIPE_CREDITS_PRICE_99999999", "price_x")]
    [InlineData("two prices", "STRIPE_CREDIT_PRICE_10", "price_other")]
    [InlineData("two packs", "STRIPE_CREDIT_PRICE_11", "price_ten")]
    [InlineData("STRIPE_DEFAULT_PRICE_ID", "STRIPE_DEFAULT_PRICE_ID", "price_ten")]
    [InlineData("STRIPE_SECRET_KEY is a live key", "STRIPE_SECRET_KEY", "sk_live_of-no-account")]
    [InlineData("STRIPE_SECRET_KEY is a live key", "STRIPE_SECRET_KEY", "rk_live_of-no-account")]
    [InlineData("STRIPE_WEBHOOK_SECRET", "STRIPE_WEBHOOK_SECRET", "0123")]
    public void What_cannot_be_right_stops_the_start(string said, string name, string value)
    {
        var (_, faults) = Read(("STRIPE_CREDITS_PRICE_10", "price_ten"), (name, value));

        Assert.Contains(said, Assert.Single(faults), StringComparison.Ordinal);
        Assert.DoesNotContain(value, faults[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sk_test_0123456789abcdef", "https://api.stripe.com", "STRIPE_SECRET_KEY is a test key")]
    [InlineData("rk_test_0123456789abcdef", "https://api.stripe.com", "STRIPE_SECRET_KEY is a test key")]
    [InlineData("sk_live_of-no-account", "http://localhost:3900", "STRIPE_API_BASE")]
    public void Production_takes_a_live_key_and_the_real_Stripe(string key, string apiBase, string said)
    {
        (string, string)[] right = [("WOPR_ENV", "production"), ("STRIPE_WEBHOOK_SECRET", "whsec_of-no-account")];

        var (_, faults) = Read([.. right, ("STRIPE_SECRET_KEY", key), ("STRIPE_API_BASE", apiBase)]);

        Assert.Contains(said, Assert.Single(faults), StringComparison.Ordinal);
        Assert.Empty(Read([.. right, ("STRIPE_SECRET_KEY", "sk_live_of-no-account")]).Faults);
        Assert.Contains("STRIPE_WEBHOOK_SECRET is missing",
            Assert.Single(Read(right[0], ("STRIPE_SECRET_KEY", "sk_live_of-no-account")).Faults), StringComparison.Ordinal);
    }

    private static (StripeOptions Options, IReadOnlyList<string> Faults) Read(params (string Name, string Value)[] settings)
    {
        var reader = new SettingsReader(settings.ToDictionary(setting => setting.Name, setting => setting.Value));
        return (reader.Read<StripeOptions>(), reader.Faults);
    }
}
