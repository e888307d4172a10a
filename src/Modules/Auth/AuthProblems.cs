using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>Refusals under the names better-auth clients know.</summary>
internal static class AuthProblems
{
    public static Problem WrongCredentials { get; } =
        new(ProblemKind.Unauthenticated, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password");

    public static Problem EmailTaken { get; } = new(ProblemKind.Unprocessable,
        "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL", "User already exists. Use another email.");

    public static Problem PasswordTooShort { get; } = new(ProblemKind.Invalid, "PASSWORD_TOO_SHORT", "Password too short");
    public static Problem PasswordTooLong { get; } = new(ProblemKind.Invalid, "PASSWORD_TOO_LONG", "Password too long");
    public static Problem WrongPassword { get; } = new(ProblemKind.Invalid, "INVALID_PASSWORD", "Invalid password");
    public static Problem InvalidToken { get; } = new(ProblemKind.Invalid, "INVALID_TOKEN", "Invalid token");
    public static Problem NothingToUpdate { get; } = new(ProblemKind.Invalid, "NO_FIELDS_TO_UPDATE", "No fields to update");
    public static Problem Unauthorized { get; } = new(ProblemKind.Unauthenticated, "UNAUTHORIZED", "Unauthorized");

    public static Problem SessionNotFound { get; } =
        new(ProblemKind.NotFound, "SESSION_NOT_FOUND", "There is no such session of yours.");

    public static Problem SameEmail { get; } = new(ProblemKind.Invalid, "EMAIL_IS_THE_SAME", "Email is the same");
    public static Problem EmailMismatch { get; } = new(ProblemKind.Invalid, "EMAIL_MISMATCH", "Email mismatch");
    public static Problem EmailVerified { get; } = new(ProblemKind.Invalid, "EMAIL_ALREADY_VERIFIED", "Email is already verified");
    public static Problem InvalidVerification { get; } = new(ProblemKind.Unauthenticated, "INVALID_TOKEN", "invalid_token");

    public static Problem InvalidCode { get; } = new(ProblemKind.Unauthenticated, "INVALID_CODE", "Invalid code");

    public static Problem InvalidBackupCode { get; } =
        new(ProblemKind.Unauthenticated, "INVALID_BACKUP_CODE", "Invalid backup code");

    public static Problem InvalidSecondStep { get; } =
        new(ProblemKind.Unauthenticated, "INVALID_TWO_FACTOR_COOKIE", "Invalid two factor cookie");

    public static Problem TwoFactorOff { get; } = new(ProblemKind.Invalid, "TOTP_NOT_ENABLED", "TOTP not enabled");

    public static Problem TwoFactorOn { get; } = new(ProblemKind.Invalid, "TWO_FACTOR_ALREADY_ENABLED",
        "Two-factor is on already. Turn it off first to set it up anew.");

    public static Problem ProviderNotFound { get; } = new(ProblemKind.NotFound, "PROVIDER_NOT_FOUND", "Provider not found");
    public static Problem AccountNotFound { get; } = new(ProblemKind.Invalid, "ACCOUNT_NOT_FOUND", "Account not found");

    public static Problem LastAccount { get; } =
        new(ProblemKind.Invalid, "FAILED_TO_UNLINK_LAST_ACCOUNT", "You can't unlink your last account");

    public static Problem SessionTooOld { get; } = new(ProblemKind.Invalid, "SESSION_EXPIRED", "Sign in again to do this.");

    public static Problem TooManyAttempts(TimeSpan wait) => new(ProblemKind.LimitReached, "TOO_MANY_ATTEMPTS",
        "Too many login attempts. Please try again in 15 minutes.")
    { RetryAfter = wait };

    public static Problem InvalidOrigin { get; } = new(ProblemKind.Forbidden, "INVALID_ORIGIN", "Invalid origin");

    public static Problem MissingOrigin { get; } =
        new(ProblemKind.Forbidden, "MISSING_OR_NULL_ORIGIN", "Missing or null Origin");

    public static Problem InvalidRedirect { get; } =
        new(ProblemKind.Forbidden, "INVALID_CALLBACKURL", "Invalid callbackURL");

    public static Problem Invalid(string issues) => new(ProblemKind.Invalid, "VALIDATION_ERROR", issues);

    public static Problem? Password(string password) =>
        password.Length < Passwords.LengthMin ? PasswordTooShort
        : password.Length > Passwords.LengthMax ? PasswordTooLong
        : null;
}
