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

    public static Problem Throttled { get; } = new(ProblemKind.LimitReached, "TOO_MANY_ATTEMPTS",
        "Too many login attempts. Please try again in 15 minutes.");

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
