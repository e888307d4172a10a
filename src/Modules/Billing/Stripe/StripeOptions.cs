using System.Globalization;
using Wopr.Kernel;

namespace Wopr.Billing;

public sealed class StripeOptions : ISettings
{
    private const string PriceNames = "STRIPE_CREDITS_PRICE";
    private const int DollarsMax = 999_999;

    [Setting("STRIPE_SECRET_KEY", "Takes payments: the secret key of your Stripe account. A test key is refused in production.",
        Secret = true, RequiredInProduction = true)]
    public string? SecretKey { get; set; }

    [Setting("STRIPE_API_BASE", "Where Stripe's API is. Without a secret key, payments go to the sandbox.")]
    public Uri ApiBase { get; set; } = new("https://api.stripe.com");

    [Setting("STRIPE_WEBHOOK_SECRET",
        "Proves that events come from Stripe: the endpoint's whole whsec_… text. Several, separated by commas, while you change it.",
        Secret = true, RequiredInProduction = true)]
    public string[] WebhookSecrets { get; set; } = [];

    [Setting("STRIPE_DEFAULT_PRICE_ID", "The Stripe price of the subscription of $5 a month.")]
    public string? SubscriptionPriceId { get; set; }

    [Setting("STRIPE_CREDITS_PRICE*", "The Stripe price of a credit pack; the name ends in its dollars: STRIPE_CREDITS_PRICE_25.")]
    public IReadOnlyDictionary<string, string> PackPrices { get; set; } = new Dictionary<string, string>();

    [Setting("STRIPE_CREDIT_PRICE*", "Another spelling of STRIPE_CREDITS_PRICE*.")]
    public IReadOnlyDictionary<string, string> PackPricesAlias { get; set; } = new Dictionary<string, string>();

    /// <summary>The packs on sale, the smallest first.</summary>
    internal IReadOnlyList<CreditPack> Packs() =>
    [
        .. from price in Prices()
           let dollars = Dollars(price.Suffix)
           where dollars is not null
           group price.Id by dollars.Value into same
           orderby same.Key
           select CreditPack.Of(same.First(), same.Key),
    ];

    internal bool HasKey => SecretKey is not null && !SettingsReader.IsPlaceholder(SecretKey);

    /// <summary>With a live key, events of Stripe's test mode are no money.</summary>
    internal bool IsLive => Is("live");

    public IEnumerable<string> Faults(bool production)
    {
        if (production && Is("test"))
        {
            yield return "STRIPE_SECRET_KEY is a test key. Use the live key of your Stripe account.";
        }
        if (!production && Is("live"))
        {
            yield return "STRIPE_SECRET_KEY is a live key, which takes real money. Use a test key, or set WOPR_ENV=production.";
        }
        if (production && ApiBase.Scheme != Uri.UriSchemeHttps)
        {
            yield return "STRIPE_API_BASE must begin with https:// in production.";
        }
        if (WebhookSecrets.Any(secret => secret.Length <= 6 || !secret.StartsWith("whsec_", StringComparison.Ordinal)))
        {
            yield return "STRIPE_WEBHOOK_SECRET must be the whole text that begins with whsec_. "
                + "Copy it from the webhook's page in Stripe's dashboard, or from `stripe listen`.";
        }
        foreach (var (suffix, _) in Prices().Where(price => Dollars(price.Suffix) is null))
        {
            yield return $"{PriceNames}{suffix} must end in whole dollars from 1 to {DollarsMax}: {PriceNames}_25.";
        }
        var packs = Prices().Where(price => Dollars(price.Suffix) is not null).ToList();
        if (packs.GroupBy(price => Dollars(price.Suffix)).Any(same => same.Select(price => price.Id).Distinct().Count() > 1))
        {
            yield return $"{PriceNames}* and STRIPE_CREDIT_PRICE* name two prices for one pack. Remove one of them.";
        }
        if (packs.GroupBy(price => price.Id).Any(same => same.Select(price => Dollars(price.Suffix)).Distinct().Count() > 1))
        {
            yield return $"{PriceNames}* names one price for two packs. Each pack has its own price in Stripe.";
        }
        if (packs.Any(price => price.Id == SubscriptionPriceId))
        {
            yield return "STRIPE_DEFAULT_PRICE_ID is the price of a pack too. The subscription has a price of its own in Stripe.";
        }
    }

    private bool Is(string mode) => SecretKey is { } key
        && (key.StartsWith($"sk_{mode}_", StringComparison.Ordinal) || key.StartsWith($"rk_{mode}_", StringComparison.Ordinal));

    private IEnumerable<(string Suffix, string Id)> Prices() => PackPrices.Concat(PackPricesAlias)
        .Where(price => price.Value.Length > 0).Select(price => (price.Key, price.Value));

    private static long? Dollars(string suffix) => suffix.StartsWith('_')
        && long.TryParse(suffix.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var dollars)
        && dollars is >= 1 and <= DollarsMax
            ? dollars
            : null;
}
