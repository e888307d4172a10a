using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>A new password by a mailed link, which works once and ends every session of the account.</summary>
internal sealed class PasswordReset(
    Db db, Verifications verifications, Outbox outbox, Credentials credentials, Sessions sessions, AccountMail mail, AuditLog audit)
{
    /// <summary>Mails the link if there is such an account; the caller cannot tell.</summary>
    public Task AskAsync(EmailAddress email, string target, CancellationToken ct) =>
        outbox.SendAsync(db, new LinkAsked(Sql.Name(Purpose.ResetPassword), email.Text, target), ct);

    public async Task<bool> IsGoodAsync(string secret, CancellationToken ct) =>
        await verifications.FindAsync(db, secret, ct) is { Purpose: Purpose.ResetPassword };

    public async Task<Result<Done>> ResetAsync(string secret, string password, Origin origin, CancellationToken ct)
    {
        if (AuthProblems.Password(password) is { } refusal) { return refusal; }
        if (!await IsGoodAsync(secret, ct)) { return AuthProblems.InvalidToken; }
        var hash = await Passwords.HashAsync(password, ct);
        return await db.TransactAsync<Result<Done>>(async tx =>
        {
            if (await verifications.TakeAsync(tx, secret, Purpose.ResetPassword, ct) is not { } taken) { return AuthProblems.InvalidToken; }
            var user = (await UserSql.FindAsync(tx, taken.UserId, ct))!;
            await credentials.SetAsync(tx, user.Id, hash, ct);
            await sessions.RevokeAllAsync(tx, user.Id, except: null, ct);
            await Verifications.DropAsync(tx, user.Id, Purpose.ResetPassword, ct);
            await Verifications.DropAsync(tx, user.Id, Purpose.TrustedDevice, ct);
            await mail.PasswordChangedAsync(tx, user, ct);
            await audit.WriteAsync(tx, user.AsActor(origin), new("auth.password_reset", $"user:{user.Id}"), ct);
            return Done.Instance;
        }, ct);
    }
}
