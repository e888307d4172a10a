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

    /// <summary>name, amount, balance, reference, link</summary>
    public const string PaymentReceived = "payment-received";

    /// <summary>name, amount, balance, link</summary>
    public const string PaymentRefunded = "payment-refunded";

    /// <summary>name, amount, link</summary>
    public const string PaymentDisputed = "payment-disputed";

    /// <summary>name, balance, daily, link</summary>
    public const string LowBalance = "low-balance";

    /// <summary>name, date, link</summary>
    public const string BalanceEmpty = "balance-empty";

    /// <summary>name, date, link</summary>
    public const string BotsSuspended = "bots-suspended";

    /// <summary>name, days (<c>7 days</c>), date, link</summary>
    public const string BotsDeletionReminder = "bots-deletion-reminder";

    /// <summary>name, link</summary>
    public const string BotsDeleted = "bots-deleted";

    /// <summary>name, amount, balance, link</summary>
    public const string TopUpSucceeded = "top-up-succeeded";

    /// <summary>name, amount, link</summary>
    public const string TopUpFailed = "top-up-failed";

    /// <summary>name, link</summary>
    public const string TopUpStopped = "top-up-stopped";

    /// <summary>name, what (<c>This month</c>), spent, mark (<c>80 % of your limit of $10.00</c>), link</summary>
    public const string SpendingAlert = "spending-alert";

    /// <summary>name, host, link</summary>
    public const string WebhookDisabled = "webhook-disabled";
}
