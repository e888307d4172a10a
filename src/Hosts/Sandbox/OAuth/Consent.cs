using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;

namespace Wopr.Sandbox.OAuth;

/// <summary>The question "may this program know who you are", as a query.</summary>
internal sealed record Consent(
    [property: FromQuery(Name = "client_id")] string ClientId = "",
    [property: FromQuery(Name = "redirect_uri")] string RedirectUri = "",
    [property: FromQuery(Name = "response_type")] string? ResponseType = null,
    [property: FromQuery(Name = "scope")] string? Scope = null,
    [property: FromQuery(Name = "state")] string? State = null,
    [property: FromQuery(Name = "nonce")] string? Nonce = null,
    [property: FromQuery(Name = "code_challenge")] string? CodeChallenge = null,
    [property: FromQuery(Name = "login_hint")] string? LoginHint = null);

/// <summary>Asks who somebody is; with <c>login_hint</c> it takes that for an answer and does not ask.</summary>
internal static class ConsentPage
{
    public static void MapConsent(this IEndpointRouteBuilder routes, string path, string provider, Grants grants)
    {
        routes.MapGet(path, ([AsParameters] Consent consent) =>
            Refuse(consent) ?? (consent.LoginHint is { Length: > 0 } email ? Approve(consent, grants, email) : Ask(provider)));
        routes.MapPost(path, ([AsParameters] Consent consent, [FromForm] string? email, [FromForm] string? cancel) =>
            Refuse(consent) ?? (cancel is not null ? Back(consent, "error", "access_denied")
                : email is { Length: > 0 } ? Approve(consent, grants, email)
                : Ask(provider))).DisableAntiforgery();
    }

    private static IResult? Refuse(Consent consent) =>
        consent.ClientId.Length == 0 ? Results.BadRequest("client_id is missing.")
        : !Uri.TryCreate(consent.RedirectUri, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")
            ? Results.BadRequest("redirect_uri must be a full address.")
            : null;

    // It posts to the address of the page, query and all.
    private static IResult Ask(string provider) => Page.Show($"Sign in with a pretended {provider} account", """
        <form method="post">
        <p><label>Your e-mail address <input name="email" type="email" autocomplete="email" autofocus></label></p>
        <p><button>Sign in</button> <button name="cancel" value="yes">Cancel</button></p>
        </form>
        """);

    private static IResult Approve(Consent consent, Grants grants, string email) =>
        Back(consent, "code", grants.Code(consent, email));

    private static IResult Back(Consent consent, string name, string value)
    {
        var address = QueryHelpers.AddQueryString(consent.RedirectUri, name, value);
        return Results.Redirect(consent.State is { } state ? QueryHelpers.AddQueryString(address, "state", state) : address);
    }
}
