using Microsoft.Extensions.Options;
using Wopr.Auth;

namespace Wopr.Billing;

/// <summary>The dashboard's pages that bills and warnings lead to.</summary>
public sealed class BillingLinks(IOptions<AuthOptions> options)
{
    public string Buy => On("/dashboard/credits");

    public string Invoices => On("/dashboard/invoices");

    public string Settings => On("/dashboard/billing");

    private string On(string path) => options.Value.UiOrigins[0].TrimEnd('/') + path;
}
