using Wopr.Kernel;

namespace Wopr.Auth;

/// <param name="Email">Where the link goes; it may belong to nobody.</param>
/// <param name="Target">The page the link leads to in the end.</param>
/// <param name="UserId">Whose address is to change, when that is what it is for.</param>
internal sealed record LinkAsked(string Purpose, string Email, string Target, string? UserId = null) : IOutboxMessage
{
    public static string Topic => "auth.link_asked";
}

/// <summary>
/// Mails the links people ask for. It works after the answer was given, so that neither the answer nor its time
/// tells whether somebody has an account.
/// </summary>
internal sealed class LinkSender(Db db, Verifications verifications, AccountMail mail, TrustedUrls urls) : IHandle<LinkAsked>
{
    public static readonly TimeSpan ResetLife = TimeSpan.FromHours(1);
    public static readonly TimeSpan VerificationLife = TimeSpan.FromHours(24);

    public async Task HandleAsync(LinkAsked message, OutboxDelivery delivery, CancellationToken ct)
    {
        if (!EmailAddress.TryParse(message.Email, out var email)) { return; }
        await db.TransactAsync(async tx =>
        {
            var holder = await UserSql.FindByEmailAsync(tx, email, ct);
            switch (SnakeCase<Purpose>.Parse(message.Purpose))
            {
                case Purpose.ResetPassword when holder is not null:
                    await ResetAsync(tx, holder, message.Target, ct);
                    break;
                case Purpose.VerifyEmail when holder is { EmailVerified: false }:
                    await VerifyAsync(tx, holder, message.Target, ct);
                    break;
                case Purpose.ChangeEmail when holder is null && await UserSql.FindAsync(tx, message.UserId!, ct) is { } user:
                    await ChangeAsync(tx, user, email, message.Target, ct);
                    break;
            }
            return Done.Instance;
        }, ct);
    }

    private async Task ResetAsync(Db tx, User user, string target, CancellationToken ct)
    {
        var secret = await verifications.IssueAsync(tx, Purpose.ResetPassword, user, user.Email, ResetLife, ct);
        var link = TrustedUrls.With(urls.Platform($"/api/auth/reset-password/{secret}"), "callbackURL", target);
        await mail.ResetPasswordAsync(tx, user, link, ct);
    }

    private async Task VerifyAsync(Db tx, User user, string target, CancellationToken ct)
    {
        var secret = await verifications.IssueAsync(tx, Purpose.VerifyEmail, user, user.Email, VerificationLife, ct);
        await mail.VerifyEmailAsync(tx, user, Link(secret, target), ct);
    }

    private async Task ChangeAsync(Db tx, User user, EmailAddress next, string target, CancellationToken ct)
    {
        await Verifications.DropAsync(tx, user.Id, Purpose.ChangeEmail, ct);
        var secret = await verifications.IssueAsync(tx, Purpose.ChangeEmail, user, next.Text, VerificationLife, ct);
        await mail.ChangeEmailAsync(tx, user, next.Text, Link(secret, target), ct);
    }

    private string Link(string secret, string target) =>
        TrustedUrls.With(urls.Platform($"/api/auth/verify-email?token={secret}"), "callbackURL", target);
}
