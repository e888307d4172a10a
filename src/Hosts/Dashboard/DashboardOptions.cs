using Wopr.Kernel;

namespace Wopr.Dashboard;

internal sealed class DashboardOptions : ISettings
{
    [Setting("DASHBOARD_PORT", "The port the dashboard listens on; 0 takes a free one.", Min = 0, Max = 65535)]
    public int Port { get; set; } = 3000;

    [Setting("PLATFORM_URL", "Where the dashboard reaches the platform.")]
    public Uri PlatformUrl { get; set; } = new("http://localhost:3100");

    [Setting("PUBLIC_API_URL", "Where customers reach the platform; shown beside their API tokens.")]
    public Uri? PublicApiUrl { get; set; }

    [Setting("UI_ORIGIN", "The dashboard's origins, separated by commas; the first one is used in mails.", RequiredInProduction = true)]
    public string[] UiOrigins { get; set; } = ["http://localhost:3000"];

    [Setting("STRIPE_API_BASE", "Where Stripe's API is. Of another than Stripe's own the pages to pay at are there, too.")]
    public Uri StripeApiBase { get; set; } = new("https://api.stripe.com");

    [Setting("TRUSTED_PROXY_IPS", "Addresses of your proxies, separated by commas; only they may name the caller's address.")]
    public string[] TrustedProxies { get; set; } = [];

    public Uri ApiUrl => PublicApiUrl ?? PlatformUrl;

    public string Origin => UiOrigins[0].TrimEnd('/');

    public IEnumerable<string> Faults(bool production)
    {
        if (UiOrigins.Length == 0)
        {
            yield return "UI_ORIGIN must name at least one origin, such as https://wopr.bot.";
        }
    }
}
