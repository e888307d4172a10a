using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>What a person can do with an account, whoever asks.</summary>
internal sealed class Accounts(
    Db db, Sessions sessions, Credentials credentials, EmailVerification verification, LoginHistory logins,
    AccountMail mail, AuditLog audit, TimeProvider time)
{
    /// <summary>Creates the person and their personal tenant, and signs them in.</summary>
    public async Task<Result<NewSession>> SignUpAsync(
        string name, EmailAddress email, string password, string? image, bool shortLived, Origin origin, CancellationToken ct)
    {
        if (AuthProblems.Password(password) is { } refusal) { return refusal; }
        var hash = await Passwords.HashAsync(password, ct);
        return await db.TransactAsync<Result<NewSession>>(async tx =>
        {
            var user = NewUser(name, email, image);
            if (!await UserSql.InsertAsync(tx, user, ct)) { return AuthProblems.EmailTaken; }
            await credentials.SetAsync(tx, user.Id, hash, ct);
            await verification.WelcomeAsync(tx, user, ct);
            return await WelcomeAsync(tx, user, shortLived, origin, ct);
        }, ct);
    }

    /// <summary>A person whom a provider vouched for: no password, and an address that is known to be theirs.</summary>
    public async Task<Result<NewSession>> SignUpVouchedAsync(
        Db tx, string name, EmailAddress email, string? image, Origin origin, CancellationToken ct)
    {
        var user = NewUser(name, email, image) with { EmailVerified = true };
        if (!await UserSql.InsertAsync(tx, user, ct)) { return AuthProblems.EmailTaken; }
        return await WelcomeAsync(tx, user, shortLived: false, origin, ct);
    }

    /// <summary>Answers with a new session when the others were to be revoked.</summary>
    public async Task<Result<NewSession?>> ChangePasswordAsync(
        Actor actor, Signed signed, string current, string next, bool revokeOthers, Origin origin, CancellationToken ct)
    {
        if (AuthProblems.Password(next) is { } refusal) { return refusal; }
        if (await credentials.RefuseAsync(signed.User, current, ct) is { } wrong) { return wrong; }
        var hash = await Passwords.HashAsync(next, ct);
        return await db.TransactAsync<Result<NewSession?>>(async tx =>
        {
            await credentials.SetAsync(tx, signed.User.Id, hash, ct);
            await mail.PasswordChangedAsync(tx, signed.User, ct);
            await audit.WriteAsync(tx, actor, new("auth.password_changed", $"user:{signed.User.Id}"), ct);
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

    /// <summary>A new administrator's first password; null when the address is taken, or when a first one is wanted and there is one.</summary>
    public async Task<string?> CreateAdminAsync(EmailAddress email, bool onlyFirst, CancellationToken ct)
    {
        if (onlyFirst && await UserSql.AnyAdminAsync(db, ct)) { return null; }
        var password = Token.New(20);
        var hash = await Passwords.HashAsync(password, ct);
        var user = NewUser("Administrator", email, image: null) with { EmailVerified = true, IsPlatformAdmin = true };
        return await db.TransactAsync(async tx =>
        {
            if (!await UserSql.InsertAsync(tx, user, ct)) { return null; }
            await credentials.SetAsync(tx, user.Id, hash, ct);
            await audit.WriteAsync(tx, Actor.System, new("auth.admin_created", $"user:{user.Id}"), ct);
            return password;
        }, ct);
    }

    private async Task<NewSession> WelcomeAsync(Db tx, User user, bool shortLived, Origin origin, CancellationToken ct)
    {
        await logins.RecordAsync(tx, user.Id, LoginOutcome.SignedIn, origin, ct);
        await audit.WriteAsync(tx, user.AsActor(origin), new("auth.signed_up", $"user:{user.Id}"), ct);
        return await sessions.StartAsync(tx, user, origin, shortLived, ct);
    }

    private User NewUser(string name, EmailAddress email, string? image)
    {
        var now = time.Now();
        return new(name, email.Text, EmailVerified: false, image, now, now, TwoFactorEnabled: false, Token.New());
    }
}
