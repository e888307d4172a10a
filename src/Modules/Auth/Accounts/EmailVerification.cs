using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>
/// Proves that an address is the person's by a mailed link. A link may be opened more than once, because mail
/// scanners open links too.
/// </summary>
internal sealed class EmailVerification(
    Db db, Verifications verifications, Sessions sessions, AccountMail mail, TrustedUrls urls, AuditLog audit, TimeProvider time)
{
    private static readonly TimeSpan s_life = TimeSpan.FromHours(24);

    /// <summary>Mails the link of a new account.</summary>
    public async Task AskAsync(Db tx, User user, CancellationToken ct)
    {
        var secret = await verifications.IssueAsync(tx, Purpose.VerifyEmail, user, user.Email, s_life, ct);
        await mail.VerifyEmailAsync(tx, user, urls.Platform($"/auth/verify?token={secret}"), ct);
    }

    /// <summary>Mails a link again; silent when there is nobody, or nothing, to verify.</summary>
    public async Task AskAgainAsync(EmailAddress email, string? callback, CancellationToken ct)
    {
        if (await UserSql.FindByEmailAsync(db, email, ct) is not { EmailVerified: false } user) { return; }
        await db.TransactAsync(async tx =>
        {
            var secret = await verifications.IssueAsync(tx, Purpose.VerifyEmail, user, user.Email, s_life, ct);
            await mail.VerifyEmailAsync(tx, user, Link(secret, callback), ct);
            return Done.Instance;
        }, ct);
    }

    /// <summary>Mails the link to the new address. Whether somebody has it already is not told.</summary>
    public async Task<Result<Done>> AskToChangeAsync(User user, EmailAddress next, string? callback, CancellationToken ct)
    {
        if (next.Text == user.Email) { return AuthProblems.SameEmail; }
        if (await UserSql.FindByEmailAsync(db, next, ct) is not null) { return Done.Instance; }
        return await db.TransactAsync<Result<Done>>(async tx =>
        {
            await Verifications.DropAsync(tx, user.Id, Purpose.ChangeEmail, ct);
            var secret = await verifications.IssueAsync(tx, Purpose.ChangeEmail, user, next.Text, s_life, ct);
            await mail.ChangeEmailAsync(tx, user, next.Text, Link(secret, callback), ct);
            return Done.Instance;
        }, ct);
    }

    /// <summary>Whether the link is good; if so, what it asks for is done.</summary>
    public async Task<bool> VerifyAsync(string secret, Origin origin, CancellationToken ct) => await db.TransactAsync(async tx =>
    {
        if (await verifications.FindAsync(tx, secret, ct) is not { Purpose: Purpose.VerifyEmail or Purpose.ChangeEmail } found) { return false; }
        var user = (await UserSql.FindAsync(tx, found.UserId, ct))!;
        if (user.Email == found.Email && user.EmailVerified) { return true; }
        if (found.Purpose == Purpose.VerifyEmail && user.Email != found.Email) { return false; }

        if (!await UserSql.SetVerifiedEmailAsync(tx, user.Id, found.Email, time.Now(), ct)) { return false; }
        // Links sent to the old address must not act on the account any more.
        if (user.Email != found.Email) { await Verifications.DropAsync(tx, user.Id, Purpose.ResetPassword, ct); }
        await audit.WriteAsync(tx, user.AsActor(origin), new("auth.email_verified", $"user:{user.Id}"), ct);
        sessions.Forget();
        return true;
    }, ct);

    private string Link(string secret, string? callback)
    {
        var link = urls.Platform($"/api/auth/verify-email?token={secret}");
        return TrustedUrls.With(link, "callbackURL", callback ?? urls.Dashboard("/auth/verify?status=success"));
    }
}
