using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>Either a session, or the secret with which the second step is taken.</summary>
internal sealed record SignInOutcome(NewSession? Session, string? SecondStep);

/// <summary>The way in, by whatever the person proved first.</summary>
internal sealed class SignIn(
    Db db, Sessions sessions, Credentials credentials, Verifications verifications, LoginHistory logins)
{
    public async Task<Result<SignInOutcome>> ByPasswordAsync(
        EmailAddress email, string password, bool shortLived, string? trustedDevice, Origin origin, CancellationToken ct)
    {
        var user = await UserSql.FindByEmailAsync(db, email, ct);
        if (!(await credentials.MatchesAsync(email.Text, user?.Id, password, ct)).Succeeded(out var matches, out var problem))
        {
            await logins.RecordAsync(db, user?.Id, LoginOutcome.Throttled, origin, ct);
            return problem;
        }
        if (!matches || user is null)
        {
            await logins.RecordAsync(db, user?.Id, user is null ? LoginOutcome.UnknownUser : LoginOutcome.WrongPassword, origin, ct);
            return AuthProblems.WrongCredentials;
        }
        return await db.TransactAsync(async tx => await FinishAsync(tx, user, shortLived, trustedDevice, origin, ct), ct);
    }

    /// <summary>For somebody who has proved who they are; who uses two factors has a step left, except on a trusted device.</summary>
    public async Task<SignInOutcome> FinishAsync(
        Db tx, User user, bool shortLived, string? trustedDevice, Origin origin, CancellationToken ct)
    {
        if (user.TwoFactorEnabled && !await IsTrustedAsync(tx, user, trustedDevice, ct))
        {
            return new(null, await verifications.IssueAsync(tx, Purpose.SecondStep, user, user.Email, AuthCookies.SecondStepLife, ct));
        }
        return new(await StartAsync(tx, user, shortLived, origin, ct), null);
    }

    public async Task<NewSession> StartAsync(Db tx, User user, bool shortLived, Origin origin, CancellationToken ct)
    {
        await logins.RecordAsync(tx, user.Id, LoginOutcome.SignedIn, origin, ct);
        return await sessions.StartAsync(tx, user, origin, shortLived, ct);
    }

    private async Task<bool> IsTrustedAsync(Db tx, User user, string? secret, CancellationToken ct) =>
        secret is not null
        && await verifications.FindAsync(tx, secret, ct) is { Purpose: Purpose.TrustedDevice } device
        && device.UserId == user.Id;
}
