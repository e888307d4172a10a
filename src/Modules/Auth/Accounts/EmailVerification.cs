using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>
/// Proves that an address is the person's by a mailed link. A link may be opened more than once, because mail
/// scanners open links too.
/// </summary>
internal sealed class EmailVerification(
    Db db, Verifications verifications, Outbox outbox, Sessions sessions, AccountMail mail, TrustedUrls urls, AuditLog audit,
    TimeProvider time)
{
    /// <summary>Mails the link of a new account.</summary>
    public async Task WelcomeAsync(Db tx, User user, CancellationToken ct)
    {
        var secret = await verifications.IssueAsync(tx, Purpose.VerifyEmail, user, user.Email, LinkSender.VerificationLife, ct);
        await mail.VerifyEmailAsync(tx, user, urls.Platform($"/auth/verify?token={secret}"), ct);
    }

    /// <summary>Mails a link again; silent when there is nobody, or nothing, to verify.</summary>
    public Task AskAsync(EmailAddress email, string target, CancellationToken ct) =>
        outbox.SendAsync(db, new LinkAsked(Sql.Name(Purpose.VerifyEmail), email.Text, target), ct);

    /// <summary>Mails the link to the new address. Whether somebody has it already is not told.</summary>
    public async Task<Result<Done>> AskToChangeAsync(User user, EmailAddress next, string target, CancellationToken ct)
    {
        if (next.Text == user.Email) { return AuthProblems.SameEmail; }
        await outbox.SendAsync(db, new LinkAsked(Sql.Name(Purpose.ChangeEmail), next.Text, target, user.Id), ct);
        return Done.Instance;
    }

    /// <summary>Whether the link is good; if so, what it asks for is done.</summary>
    public async Task<bool> VerifyAsync(string secret, Origin origin, CancellationToken ct)
    {
        var verified = await db.TransactAsync(async tx =>
        {
            if (await verifications.FindAsync(tx, secret, ct) is not { Purpose: Purpose.VerifyEmail or Purpose.ChangeEmail } found) { return false; }
            var user = (await UserSql.FindAsync(tx, found.UserId, ct))!;
            var changes = user.Email != found.Email;
            if (!changes && user.EmailVerified) { return true; }
            // The link of an address that is the account's no longer.
            if (changes && found.Purpose == Purpose.VerifyEmail) { return false; }

            if (!await UserSql.SetVerifiedEmailAsync(tx, user.Id, found.Email, time.Now(), ct)) { return false; }
            if (changes) { await Verifications.DropAsync(tx, user.Id, Purpose.ResetPassword, ct); }
            await audit.WriteAsync(tx, user.AsActor(origin),
                new(changes ? "auth.email_changed" : "auth.email_verified", $"user:{user.Id}"), ct);
            return true;
        }, ct);
        sessions.Forget();
        return verified;
    }
}
