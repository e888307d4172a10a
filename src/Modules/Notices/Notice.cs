namespace Wopr.Notices;

/// <summary>A mail to one person. Each template says in <see cref="NoticeTemplate"/> which values it needs.</summary>
public sealed record Notice(string To, string Template, IReadOnlyDictionary<string, string> Values);

/// <summary>
/// The mails there are, each a file in Templates. <c>link</c> is a full address; <c>validFor</c> reads like
/// <c>1 hour</c>; <c>time</c> and <c>date</c> are written out for people, with their zone.
/// </summary>
public static class NoticeTemplate
{
    /// <summary>name, link, validFor</summary>
    public const string VerifyEmail = "verify-email";

    /// <summary>name, link, validFor</summary>
    public const string ResetPassword = "reset-password";

    /// <summary>name, newEmail, link, validFor</summary>
    public const string ChangeEmail = "change-email";

    /// <summary>name, time</summary>
    public const string PasswordChanged = "password-changed";

    /// <summary>name, state (<c>on</c> or <c>off</c>), time</summary>
    public const string TwoFactorChanged = "two-factor-changed";

    /// <summary>name, link, validFor</summary>
    public const string DeleteAccount = "delete-account";

    /// <summary>name, date</summary>
    public const string AccountDeletionScheduled = "account-deletion-scheduled";

    /// <summary>inviter, organization, role, link, validFor</summary>
    public const string Invitation = "invitation";

    /// <summary>email, by, time</summary>
    public const string NewAdmin = "new-admin";
}
