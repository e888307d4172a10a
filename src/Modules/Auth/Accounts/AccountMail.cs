using System.Globalization;
using Wopr.Kernel;
using Wopr.Notices;

namespace Wopr.Auth;

/// <summary>What we write to people about their accounts.</summary>
internal sealed class AccountMail(NoticeQueue notices, TimeProvider time)
{
    public Task VerifyEmailAsync(Db tx, User user, string link, CancellationToken ct) => SendAsync(tx, user.Email,
        NoticeTemplate.VerifyEmail, ct, ("name", user.Name), ("link", link), ("validFor", "24 hours"));

    public Task ResetPasswordAsync(Db tx, User user, string link, CancellationToken ct) => SendAsync(tx, user.Email,
        NoticeTemplate.ResetPassword, ct, ("name", user.Name), ("link", link), ("validFor", "1 hour"));

    public Task ChangeEmailAsync(Db tx, User user, string newEmail, string link, CancellationToken ct) => SendAsync(tx, newEmail,
        NoticeTemplate.ChangeEmail, ct, ("name", user.Name), ("newEmail", newEmail), ("link", link), ("validFor", "24 hours"));

    public Task PasswordChangedAsync(Db tx, User user, CancellationToken ct) => SendAsync(tx, user.Email,
        NoticeTemplate.PasswordChanged, ct, ("name", user.Name), ("time", Moment(time.Now())));

    public Task TwoFactorChangedAsync(Db tx, User user, bool isOn, CancellationToken ct) => SendAsync(tx, user.Email,
        NoticeTemplate.TwoFactorChanged, ct, ("name", user.Name), ("state", isOn ? "on" : "off"), ("time", Moment(time.Now())));

    public Task DeletionScheduledAsync(Db tx, User user, DateTimeOffset eraseAfter, CancellationToken ct) => SendAsync(tx, user.Email,
        NoticeTemplate.AccountDeletionScheduled, ct, ("name", user.Name), ("date", Moment(eraseAfter)));

    public Task InvitationAsync(
        Db tx, string email, string inviter, string organization, Role role, string link, CancellationToken ct) => SendAsync(tx, email,
        NoticeTemplate.Invitation, ct, ("inviter", inviter), ("organization", organization), ("role", Sql.Name(role)),
        ("link", link), ("validFor", "7 days"));

    public Task NewAdminAsync(Db tx, string to, string email, string by, CancellationToken ct) => SendAsync(tx, to,
        NoticeTemplate.NewAdmin, ct, ("email", email), ("by", by), ("time", Moment(time.Now())));

    private static string Moment(DateTimeOffset at) => at.ToString("d MMMM yyyy, HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private Task SendAsync(
        Db tx, string to, string template, CancellationToken ct, params (string Name, string Value)[] values) =>
        notices.SendAsync(tx,
            new(to, template, values.ToDictionary(value => value.Name, value => value.Value, StringComparer.Ordinal)), ct);
}
