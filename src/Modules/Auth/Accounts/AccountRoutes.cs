using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>Signing up and in, and what a person changes about the account.</summary>
internal static class AccountRoutes
{
    public static void MapAccounts(this RouteGroupBuilder auth)
    {
        auth.MapPost("/sign-up/email", SignUpAsync).Requires(Access.Public);
        auth.MapPost("/sign-in/email", SignInAsync).Requires(Access.Public);
        auth.MapPost("/update-user", UpdateAsync).Requires(Access.User);
        auth.MapPost("/change-password", ChangePasswordAsync).Requires(Access.User);
        auth.MapPost("/change-email", ChangeEmailAsync).Requires(Access.User);
    }

    private static async Task<object> SignUpAsync(
        HttpContext context, AuthBody body, Accounts accounts, AuthCookies cookies, CancellationToken ct)
    {
        var (name, email, password) = (body.Text("name", 128).Trim(), body.Email(), body.Password("password"));
        var (image, remember) = (body.OptionalText("image", 2048), body.Flag("rememberMe", otherwise: true));
        if (body.Refusal is { } refusal) { return refusal; }

        var outcome = await accounts.SignUpAsync(name, email!, password, image, !remember, Origin.Of(context), ct);
        if (!outcome.Succeeded(out var session, out var problem)) { return problem; }
        cookies.SendSession(context.Response, session);
        return new { token = session.Session.Id.ToString(), user = session.User };
    }

    private static async Task<object> SignInAsync(
        HttpContext context, AuthBody body, SignIn signIn, AuthCookies cookies, CancellationToken ct)
    {
        var (email, password) = (body.Email(), body.Password("password"));
        var shortLived = !body.Flag("rememberMe", otherwise: true);
        if (body.Refusal is { } refusal) { return refusal; }

        var outcome = await signIn.ByPasswordAsync(
            email!, password, shortLived, cookies.TrustedDevice(context.Request), Origin.Of(context), ct);
        if (!outcome.Succeeded(out var way, out var problem)) { return problem; }
        if (way.Session is not { } session)
        {
            cookies.SendSecondStep(context.Response, way.SecondStep!, shortLived);
            return new { twoFactorRedirect = true };
        }
        cookies.SendSession(context.Response, session);
        return new { redirect = false, token = session.Session.Id.ToString(), user = session.User };
    }

    private static async Task<object> UpdateAsync(HttpContext context, AuthBody body, Accounts accounts, CancellationToken ct)
    {
        var (name, image) = (body.OptionalText("name", 128), body.OptionalText("image", 2048));
        if (body.Refusal is { } refusal) { return refusal; }
        return (await accounts.UpdateAsync(context.Signed()!.User, name, body.Has("image"), image, ct)).Problem as object
            ?? new { status = true };
    }

    private static async Task<object> ChangePasswordAsync(
        HttpContext context, AuthBody body, Accounts accounts, AuthCookies cookies, CancellationToken ct)
    {
        var (current, next) = (body.Password("currentPassword"), body.Password("newPassword"));
        var revokeOthers = body.Flag("revokeOtherSessions", otherwise: false);
        if (body.Refusal is { } refusal) { return refusal; }

        var signed = context.Signed()!;
        var outcome = await accounts.ChangePasswordAsync(context.Actor(), signed, current, next, revokeOthers, Origin.Of(context), ct);
        if (outcome.Problem is { } problem) { return problem; }
        if (outcome.Value is { } session) { cookies.SendSession(context.Response, session); }
        return new { token = outcome.Value?.Session.Id.ToString(), user = signed.User };
    }

    private static async Task<object> ChangeEmailAsync(
        HttpContext context, AuthBody body, EmailVerification verification, TrustedUrls urls, CancellationToken ct)
    {
        var (email, callback) = (body.Email("newEmail"), body.OptionalText("callbackURL", 2048));
        if (body.Refusal is { } refusal) { return refusal; }
        if (urls.Target(callback, otherwise: "/account") is not { } target) { return AuthProblems.InvalidRedirect; }
        return (await verification.AskToChangeAsync(context.Signed()!.User, email!, target, ct)).Problem as object
            ?? new { status = true };
    }
}
