using Wopr.Kernel;

namespace Wopr.Billing;

public sealed class BillingOptions : ISettings
{
    [Setting("STRIPE_SECRET_KEY", "Takes payments: the secret key of your Stripe account. A test key is refused in production.",
        Secret = true, RequiredInProduction = true)]
    public string? SecretKey { get; set; }

    public IEnumerable<string> Faults(bool production)
    {
        if (production && SecretKey?.StartsWith("sk_test_", StringComparison.Ordinal) == true)
        {
            yield return "STRIPE_SECRET_KEY is a test key. Use the live key of your Stripe account.";
        }
    }
}
