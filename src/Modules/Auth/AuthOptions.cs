using System.Text;
using Wopr.Kernel;

namespace Wopr.Auth;

public sealed class AuthOptions : ISettings
{
    [Setting("BETTER_AUTH_SECRET", "Signs session cookies; changing it ends every session.", Secret = true, Required = true)]
    public string Secret { get; set; } = "";

    [Setting("BETTER_AUTH_SECRET_PREVIOUS", "The secret before the last change; cookies it signed stay valid.", Secret = true)]
    public string? PreviousSecret { get; set; }

    [Setting("BETTER_AUTH_URL", "Where browsers reach this API; https makes cookies secure.", RequiredInProduction = true)]
    public Uri BaseUrl { get; set; } = new("http://localhost:3100");

    [Setting("COOKIE_DOMAIN", "The domain of the session cookie, with a leading dot; localhost or empty means this host only.",
        RequiredInProduction = true)]
    public string CookieDomain { get; set; } = "";

    [Setting("UI_ORIGIN", "The dashboard's origins, separated by commas; browsers may call from these.", RequiredInProduction = true)]
    public string[] UiOrigins { get; set; } = ["http://localhost:3000"];

    [Setting("ADMIN_TOKEN", "The bearer token of the operator's tools.", Secret = true, RequiredInProduction = true)]
    public string? AdminToken { get; set; }

    [Setting("FLEET_API_TOKEN", "A bearer token for all tenants' fleets; its scope is the one it names, else admin.", Secret = true)]
    public string? FleetToken { get; set; }

    [Setting("FLEET_API_TOKEN_READ", "A bearer token that reads.", Secret = true)]
    public string? FleetReadToken { get; set; }

    [Setting("FLEET_API_TOKEN_WRITE", "A bearer token that reads and writes.", Secret = true)]
    public string? FleetWriteToken { get; set; }

    [Setting("FLEET_API_TOKEN_ADMIN", "A bearer token that may do everything.", Secret = true)]
    public string? FleetAdminToken { get; set; }

    [Setting("FLEET_TOKEN_*", "A bearer token bound to the tenant that the name ends with, as scope:token.", Secret = true)]
    public IReadOnlyDictionary<string, string> TenantTokens { get; set; } = new Dictionary<string, string>();

    internal bool IsSecure => BaseUrl.Scheme == Uri.UriSchemeHttps;

    internal string? Domain => CookieDomain is "" or "localhost" ? null : CookieDomain;

    internal byte[] Key => Encoding.UTF8.GetBytes(Secret);

    public IEnumerable<string> Faults(bool production)
    {
        foreach (var (tenant, text) in TenantTokens)
        {
            if (!ConfiguredTokens.TryParse(tenant, text, out _, out _))
            {
                yield return $"FLEET_TOKEN_{tenant} must be a scope and a token, such as write:wopr_write_…, for a tenant of letters and digits.";
            }
        }
        if (!production) { yield break; }
        if (!IsSecure) { yield return "BETTER_AUTH_URL must begin with https:// in production."; }
        if (Domain is { } domain && !domain.StartsWith('.')) { yield return "COOKIE_DOMAIN must begin with a dot in production."; }
        if (Domain is null) { yield return "COOKIE_DOMAIN must name your domain in production, such as .wopr.bot."; }
        if (Secret.Length is > 0 and < 32) { yield return "BETTER_AUTH_SECRET must be 32 characters or longer in production."; }
    }
}
