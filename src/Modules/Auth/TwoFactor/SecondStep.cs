using Microsoft.AspNetCore.Http;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>The step between a right password and a session, carried by a cookie of its own for ten minutes.</summary>
internal sealed class SecondStep(Db db, Verifications verifications, SignIn signIn, AuthCookies cookies)
{
    /// <summary>Finishes signing in when the check refuses nothing.</summary>
    public async Task<object> TakeAsync(HttpContext context, bool trustDevice, Func<User, Task<Problem?>> check, CancellationToken ct)
    {
        if (cookies.SecondStep(context.Request) is not { } secret
            || await verifications.FindAsync(db, secret, ct) is not { Purpose: Purpose.SecondStep } step
            || await UserSql.FindAsync(db, step.UserId, ct) is not { } user)
        {
            return AuthProblems.InvalidSecondStep;
        }
        if (await check(user) is { } refusal) { return refusal; }

        var (session, device) = await db.TransactAsync<(NewSession?, string?)>(async tx =>
        {
            if (await verifications.TakeAsync(tx, secret, Purpose.SecondStep, ct) is null) { return (null, null); }
            var shortLived = cookies.IsShortLived(context.Request);
            return (await signIn.StartAsync(tx, user, shortLived, Origin.Of(context), ct), trustDevice
                ? await verifications.IssueAsync(tx, Purpose.TrustedDevice, user, user.Email, AuthCookies.TrustedDeviceLife, ct)
                : null);
        }, ct);
        if (session is null) { return AuthProblems.InvalidSecondStep; }

        cookies.SendSession(context.Response, session);
        cookies.ClearSecondStep(context.Response);
        if (device is not null) { cookies.SendTrustedDevice(context.Response, device); }
        return new { token = session.Session.Id.ToString(), user = session.User };
    }
}
