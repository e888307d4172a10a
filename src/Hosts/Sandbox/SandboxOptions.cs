using System.Net;
using Wopr.Kernel;

namespace Wopr.Sandbox;

public sealed class SandboxOptions : ISettings
{
    [Setting("SANDBOX_PORT", "The port of the stand-in for the outside world; 0 takes a free one.", Min = 0, Max = 65535)]
    public int Port { get; set; } = 3900;

    [Setting("SANDBOX_BIND", "The address it listens on; 0.0.0.0 inside a container.")]
    public string Bind { get; set; } = "127.0.0.1";

    [Setting("SANDBOX_STRIPE_CHECKOUT_HOST", "How the address of a checkout begins. The page itself is always served by the sandbox.")]
    public Uri StripeCheckoutHost { get; set; } = new("https://checkout.stripe.com");

    [Setting("SANDBOX_STRIPE_WEBHOOK_URL", "Where the pretended Stripe sends its events; several are separated by commas.")]
    public string[] StripeWebhookUrls { get; set; } = [];

    [Setting("STRIPE_WEBHOOK_SECRET", "Signs Stripe's events, whsec_ and all; several are separated by commas while one is replaced.",
        Secret = true)]
    public string? StripeWebhookSecret { get; set; }

    internal IEnumerable<Uri> StripeWebhooks => StripeWebhookUrls.Select(url => new Uri(url));

    internal IPAddress Address => IPAddress.Parse(Bind);

    public IEnumerable<string> Faults(bool production)
    {
        if (production)
        {
            yield return "WOPR_ENV is production, and the sandbox only pretends. Do not start it there.";
        }
        if (StripeWebhookUrls.Any(url => !Uri.TryCreate(url, UriKind.Absolute, out var at) || at.Scheme is not ("http" or "https")))
        {
            yield return "SANDBOX_STRIPE_WEBHOOK_URL must be a full address such as http://localhost:3100/api/billing/webhook.";
        }
        if (StripeWebhookUrls.Length > 0 && string.IsNullOrEmpty(StripeWebhookSecret))
        {
            yield return "STRIPE_WEBHOOK_SECRET is missing: without it the events to SANDBOX_STRIPE_WEBHOOK_URL cannot be signed.";
        }
        if (!IPAddress.TryParse(Bind, out _)) { yield return "SANDBOX_BIND must be an address such as 127.0.0.1."; }
    }
}
