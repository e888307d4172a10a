using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Wopr.Kernel;

namespace Wopr.Auth;

internal static class TwoFactorRoutes
{
    public static void MapTwoFactor(this RouteGroupBuilder auth)
    {
        var group = auth.MapGroup("/two-factor");
        group.MapPost("/enable", EnableAsync).Requires(Access.User);
        group.MapPost("/disable", DisableAsync).Requires(Access.User);
        group.MapPost("/get-totp-uri", UriAsync).Requires(Access.User);
        group.MapPost("/generate-backup-codes", RenewBackupCodesAsync).Requires(Access.User);
        // Somebody in the middle of signing in has no session yet.
        group.MapPost("/verify-totp", VerifyCodeAsync).Requires(Access.Public);
        group.MapPost("/verify-backup-code", VerifyBackupCodeAsync).Requires(Access.Public);
    }

    private static async Task<object> EnableAsync(HttpContext context, AuthBody body, TwoFactor twoFactor, CancellationToken ct)
    {
        var password = body.Password("password");
        if (body.Refusal is { } refusal) { return refusal; }
        return (await twoFactor.PrepareAsync(context.Signed()!.User, password, ct)).Succeeded(out var setup, out var problem)
            ? new { totpURI = setup.TotpUri, backupCodes = setup.BackupCodes }
            : problem;
    }

    private static async Task<object> DisableAsync(HttpContext context, AuthBody body, TwoFactor twoFactor, CancellationToken ct)
    {
        var password = body.Password("password");
        if (body.Refusal is { } refusal) { return refusal; }
        return (await twoFactor.TurnOffAsync(context.Actor(), context.Signed()!.User, password, ct)).Problem as object
            ?? new { status = true };
    }

    private static async Task<object> UriAsync(HttpContext context, AuthBody body, TwoFactor twoFactor, CancellationToken ct)
    {
        var password = body.Password("password");
        if (body.Refusal is { } refusal) { return refusal; }
        return (await twoFactor.UriAsync(context.Signed()!.User, password, ct)).Succeeded(out var uri, out var problem)
            ? new { totpURI = uri }
            : problem;
    }

    private static async Task<object> RenewBackupCodesAsync(HttpContext context, AuthBody body, TwoFactor twoFactor, CancellationToken ct)
    {
        var password = body.Password("password");
        if (body.Refusal is { } refusal) { return refusal; }
        return (await twoFactor.RenewBackupCodesAsync(context.Actor(), context.Signed()!.User, password, ct))
            .Succeeded(out var codes, out var problem)
                ? new { status = true, backupCodes = codes }
                : problem;
    }

    private static async Task<object> VerifyCodeAsync(
        HttpContext context, AuthBody body, TwoFactor twoFactor, SecondStep secondStep, AuthCookies cookies, CancellationToken ct)
    {
        var (code, trust) = (body.Text("code", 32), body.Flag("trustDevice", otherwise: false));
        if ((body.Refusal ?? Refusal(context)) is { } refusal) { return refusal; }
        if (context.Signed() is not { } signed)
        {
            return await secondStep.TakeAsync(context, trust, user => twoFactor.RefuseCodeAsync(user, code, Origin.Of(context), ct), ct);
        }

        if (await twoFactor.RefuseCodeAsync(signed.User, code, Origin.Of(context), ct) is { } wrong) { return wrong; }
        if (signed.User.TwoFactorEnabled) { return new { token = signed.Session.Id.ToString(), user = signed.User }; }
        var session = await twoFactor.TurnOnAsync(context.Actor(), signed, Origin.Of(context), ct);
        cookies.SendSession(context.Response, session);
        return new { token = session.Session.Id.ToString(), user = session.User };
    }

    private static async Task<object> VerifyBackupCodeAsync(
        HttpContext context, AuthBody body, TwoFactor twoFactor, SecondStep secondStep, CancellationToken ct)
    {
        var (code, trust) = (body.Text("code", 32), body.Flag("trustDevice", otherwise: false));
        if ((body.Refusal ?? Refusal(context)) is { } refusal) { return refusal; }
        if (context.Signed() is not { } signed)
        {
            return await secondStep.TakeAsync(context, trust, user => twoFactor.RefuseBackupCodeAsync(user, code, Origin.Of(context), ct), ct);
        }
        return await twoFactor.RefuseBackupCodeAsync(signed.User, code, Origin.Of(context), ct) as object
            ?? new { token = signed.Session.Id.ToString(), user = signed.User };
    }

    // These routes are open, so what the access check would refuse is refused here.
    private static Problem? Refusal(HttpContext context) =>
        context.Signed() is null ? null : Access.User.Refuse(context.Actor(), writes: true);
}
