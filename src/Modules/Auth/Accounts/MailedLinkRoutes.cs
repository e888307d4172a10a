using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>Links that people get by mail: asking for one, and opening it.</summary>
internal static class MailedLinkRoutes
{
    private const string SentIfKnown = "If this email exists in our system, check your email for the reset link";

    public static void MapMailedLinks(this RouteGroupBuilder auth)
    {
        auth.MapPost("/request-password-reset", AskResetAsync).Requires(Access.Public);
        auth.MapGet("/reset-password/{token}", OpenResetAsync).Requires(Access.Public);
        auth.MapPost("/reset-password", ResetAsync).Requires(Access.Public);
        auth.MapPost("/send-verification-email", AskVerificationAsync).Requires(Access.Public);
        auth.MapGet("/verify-email", VerifyAsync).Requires(Access.Public);
    }

    /// <summary>The link in the first mail leads here, and on to the dashboard.</summary>
    public static void MapVerificationLink(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/auth/verify", OpenVerificationAsync).Requires(Access.Public).WithTags("Auth");

    private static async Task<object> AskResetAsync(AuthBody body, PasswordReset reset, TrustedUrls urls, CancellationToken ct)
    {
        var (email, redirectTo) = (body.Email(), body.OptionalText("redirectTo", 2048));
        if (body.Refusal is { } refusal) { return refusal; }
        if (urls.Target(redirectTo, otherwise: "/reset-password") is not { } target) { return AuthProblems.InvalidRedirect; }
        await reset.AskAsync(email!, target, ct);
        return new { status = true, message = SentIfKnown };
    }

    private static async Task<object> OpenResetAsync(
        string token, string? callbackURL, PasswordReset reset, TrustedUrls urls, CancellationToken ct)
    {
        if (urls.Target(callbackURL, otherwise: "/reset-password") is not { } target) { return AuthProblems.InvalidRedirect; }
        return TypedResults.Redirect(await reset.IsGoodAsync(token, ct)
            ? TrustedUrls.With(target, "token", token)
            : TrustedUrls.With(target, "error", "INVALID_TOKEN"));
    }

    private static async Task<object> ResetAsync(HttpContext context, AuthBody body, PasswordReset reset, CancellationToken ct)
    {
        var (token, password) = (body.Text("token"), body.Password("newPassword"));
        if (body.Refusal is { } refusal) { return refusal; }
        return (await reset.ResetAsync(token, password, Origin.Of(context), ct)).Problem as object ?? new { status = true };
    }

    private static async Task<object> AskVerificationAsync(
        HttpContext context, AuthBody body, EmailVerification verification, TrustedUrls urls, CancellationToken ct)
    {
        var (email, callback) = (body.Email(), body.OptionalText("callbackURL", 2048));
        if (body.Refusal is { } refusal) { return refusal; }
        if (urls.Target(callback, otherwise: "/auth/verify?status=success") is not { } target) { return AuthProblems.InvalidRedirect; }
        if (context.Signed() is { } signed)
        {
            if (signed.User.Email != email!.Text) { return AuthProblems.EmailMismatch; }
            if (signed.User.EmailVerified) { return AuthProblems.EmailVerified; }
        }
        await verification.AskAsync(email!, target, ct);
        return new { status = true };
    }

    private static async Task<object> VerifyAsync(
        HttpContext context, string? token, string? callbackURL, EmailVerification verification, TrustedUrls urls, CancellationToken ct)
    {
        var target = callbackURL is null ? null : urls.Target(callbackURL, otherwise: "/");
        if (callbackURL is not null && target is null) { return AuthProblems.InvalidRedirect; }
        var verified = await verification.VerifyAsync(token ?? "", Origin.Of(context), ct);
        if (target is not null)
        {
            return TypedResults.Redirect(verified ? target : TrustedUrls.With(target, "error", "invalid_token"));
        }
        return verified ? new { status = true, user = (User?)null } : AuthProblems.InvalidVerification;
    }

    private static async Task<IResult> OpenVerificationAsync(
        HttpContext context, string? token, EmailVerification verification, TrustedUrls urls, CancellationToken ct)
    {
        var outcome = string.IsNullOrEmpty(token) ? "status=error&reason=missing_token"
            : await verification.VerifyAsync(token, Origin.Of(context), ct) ? "status=success"
            : "status=error&reason=invalid_or_expired";
        return TypedResults.Redirect(urls.Dashboard($"/auth/verify?{outcome}"));
    }
}
