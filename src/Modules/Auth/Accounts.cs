using Microsoft.Extensions.Logging;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>What a person can do with an account, whoever asks.</summary>
internal sealed class Accounts(Db db, Sessions sessions, TimeProvider time, ILogger<Accounts> logger)
{
    public static readonly TimeSpan ResetLife = TimeSpan.FromHours(1);

    /// <summary>Creates the person and their personal tenant, and signs them in.</summary>
    public async Task<Result<NewSession>> SignUpAsync(
        string name, EmailAddress email, string password, string? image, bool shortLived, Origin origin, CancellationToken ct)
    {
        if (AuthProblems.Password(password) is { } refusal) { return refusal; }
        var hash = await Passwords.HashAsync(password, ct);
        var user = NewUser(name, email, image);
        return await db.TransactAsync<Result<NewSession>>(async tx =>
        {
            if (!await UserSql.InsertAsync(tx, user, hash, ct)) { return AuthProblems.EmailTaken; }
            await RecordAsync(tx, user.Id, LoginOutcome.SignedIn, origin, ct);
            return await sessions.StartAsync(tx, user, origin, shortLived, ct);
        }, ct);
    }

    public async Task<Result<NewSession>> SignInAsync(
        EmailAddress email, string password, bool shortLived, Origin origin, CancellationToken ct)
    {
        var user = await UserSql.FindByEmailAsync(db, email, ct);
        var stored = user is null ? null : await UserSql.PasswordHashAsync(db, user.Id, ct);
        if (!await Passwords.MatchesAsync(password, stored, ct) || user is null)
        {
            await RecordAsync(db, user?.Id, user is null ? LoginOutcome.UnknownUser : LoginOutcome.WrongPassword, origin, ct);
            return AuthProblems.WrongCredentials;
        }
        if (Passwords.IsOutdated(stored!))
        {
            await UserSql.SetPasswordAsync(db, user.Id, await Passwords.HashAsync(password, ct), time.Now(), ct);
        }
        return await db.TransactAsync<Result<NewSession>>(async tx =>
        {
            await RecordAsync(tx, user.Id, LoginOutcome.SignedIn, origin, ct);
            return await sessions.StartAsync(tx, user, origin, shortLived, ct);
        }, ct);
    }

    /// <summary>Answers with a new session when the others were to be revoked.</summary>
    public async Task<Result<NewSession?>> ChangePasswordAsync(
        Signed signed, string current, string next, bool revokeOthers, Origin origin, CancellationToken ct)
    {
        if (AuthProblems.Password(next) is { } refusal) { return refusal; }
        var stored = await UserSql.PasswordHashAsync(db, signed.User.Id, ct);
        if (!await Passwords.MatchesAsync(current, stored, ct)) { return AuthProblems.WrongPassword; }
        var hash = await Passwords.HashAsync(next, ct);
        return await db.TransactAsync<Result<NewSession?>>(async tx =>
        {
            await UserSql.SetPasswordAsync(tx, signed.User.Id, hash, time.Now(), ct);
            if (!revokeOthers) { return (NewSession?)null; }
            await sessions.RevokeAllAsync(tx, signed.User.Id, except: null, ct);
            return await sessions.StartAsync(tx, signed.User, origin, signed.Session.ShortLived, ct);
        }, ct);
    }

    public async Task<Result<User>> UpdateAsync(User user, string? name, bool setImage, string? image, CancellationToken ct)
    {
        if (name is null && !setImage) { return AuthProblems.NothingToUpdate; }
        await UserSql.UpdateAsync(db, user.Id, name, setImage, image, time.Now(), ct);
        sessions.Forget();
        return (await UserSql.FindAsync(db, user.Id, ct))!;
    }

    /// <summary>A new password by a mailed token, which ends every session of the account.</summary>
    public async Task<Result<Done>> ResetPasswordAsync(string token, string password, CancellationToken ct)
    {
        if (AuthProblems.Password(password) is { } refusal) { return refusal; }
        var hash = await Passwords.HashAsync(password, ct);
        return await db.TransactAsync<Result<Done>>(async tx =>
        {
            var userId = await UserSql.TakeVerificationAsync(tx, Token.Hash(token), "reset_password", time.Now(), ct);
            if (userId is null) { return AuthProblems.InvalidToken; }
            await UserSql.SetPasswordAsync(tx, userId, hash, time.Now(), ct);
            await sessions.RevokeAllAsync(tx, userId, except: null, ct);
            Log.PasswordReset(logger, userId);
            return Done.Instance;
        }, ct);
    }

    /// <summary>The first administrator; null when the address is taken, or when there is one and only a first is wanted.</summary>
    public async Task<string?> CreateAdminAsync(EmailAddress email, bool onlyFirst, CancellationToken ct)
    {
        if (onlyFirst && await UserSql.AnyAdminAsync(db, ct)) { return null; }
        var password = Token.New(20);
        var hash = await Passwords.HashAsync(password, ct);
        var user = NewUser("Administrator", email, image: null) with { IsPlatformAdmin = true };
        return await UserSql.InsertAsync(db, user, hash, ct) ? password : null;
    }

    private User NewUser(string name, EmailAddress email, string? image)
    {
        var now = time.Now();
        return new(name, email.Text, EmailVerified: false, image, now, now, TwoFactorEnabled: false, Token.New());
    }

    private Task RecordAsync(Db tx, string? userId, LoginOutcome outcome, Origin origin, CancellationToken ct) =>
        UserSql.RecordLoginAsync(tx, Guid.CreateVersion7(time.GetUtcNow()), userId, outcome, origin, time.Now(), ct);
}
