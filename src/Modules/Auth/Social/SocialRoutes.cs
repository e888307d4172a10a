using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Wopr.Kernel;

namespace Wopr.Auth;

internal static class SocialRoutes
{
    public static void MapSocial(this RouteGroupBuilder auth)
    {
        auth.MapPost("/sign-in/social", (HttpContext context, AuthBody body, SocialSignIn social, TrustedUrls urls,
            AuthCookies cookies, CancellationToken ct) => BeginAsync(context, body, social, urls, cookies, link: false, ct))
            .Requires(Access.Public);
        auth.MapPost("/link-social", (HttpContext context, AuthBody body, SocialSignIn social, TrustedUrls urls,
            AuthCookies cookies, CancellationToken ct) => BeginAsync(context, body, social, urls, cookies, link: true, ct))
            .Requires(Access.User);
        auth.MapGet("/callback/{provider}", FinishAsync).Requires(Access.Public);
        auth.MapGet("/list-accounts", async (HttpContext context, Db db, CancellationToken ct) =>
            await SocialSql.ListAsync(db, context.Actor().UserId!, ct)).Requires(Access.User);
        auth.MapPost("/unlink-account", UnlinkAsync).Requires(Access.User);
        auth.MapGet("/providers", (SocialSignIn social) => new { providers = social.Providers }).Requires(Access.Public);
    }

    private static async Task<object> BeginAsync(HttpContext context, AuthBody body, SocialSignIn social, TrustedUrls urls,
        AuthCookies cookies, bool link, CancellationToken ct)
    {
        var provider = body.Text("provider");
        var (callback, error) = (body.OptionalText("callbackURL", 2048), body.OptionalText("errorCallbackURL", 2048));
        var redirect = !body.Flag("disableRedirect", otherwise: false);
        if (body.Refusal is { } refusal) { return refusal; }
        if (urls.Target(callback, otherwise: "/") is not { } callbackUrl
            || urls.Target(error, otherwise: link ? "/account" : "/login") is not { } errorUrl)
        {
            return AuthProblems.InvalidRedirect;
        }
        var begun = await social.BeginAsync(provider, callbackUrl, errorUrl, link ? context.Actor().UserId : null, ct);
        if (begun.Problem is { } problem) { return problem; }
        cookies.SendOAuthState(context.Response, begun.Value.State);
        return new { url = begun.Value.Url, redirect };
    }

    private static async Task<object> FinishAsync(HttpContext context, string provider, string? state, string? code,
        SocialSignIn social, AuthCookies cookies, CancellationToken ct)
    {
        var outcome = await social.FinishAsync(
            provider, state, cookies.OAuthState(context.Request), code, context.Signed(), Origin.Of(context), ct);
        cookies.ClearOAuthState(context.Response);
        if (outcome.SignIn?.Session is { } session) { cookies.SendSession(context.Response, session); }
        if (outcome.SignIn?.SecondStep is { } secret) { cookies.SendSecondStep(context.Response, secret, shortLived: false); }
        return TypedResults.Redirect(outcome.Url);
    }

    private static async Task<object> UnlinkAsync(HttpContext context, AuthBody body, SocialSignIn social, CancellationToken ct)
    {
        var (provider, account) = (body.Text("providerId"), body.OptionalText("accountId"));
        if (body.Refusal is { } refusal) { return refusal; }
        return (await social.UnlinkAsync(context.Actor(), provider, account, ct)).Problem as object ?? new { status = true };
    }
}
