using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>What a person needs to set up an authenticator app, shown once.</summary>
internal sealed record TwoFactorSetup(string TotpUri, string[] BackupCodes);

/// <summary>Codes from an authenticator app beside the password, and backup codes for when the phone is lost.</summary>
internal sealed class TwoFactor(
    Db db, Credentials credentials, Sessions sessions, Vault vault, RateWindows windows, LoginHistory logins, AccountMail mail,
    AuditLog audit, TimeProvider time)
{
    private const string Label = "two-factor";
    private const string GuessScope = "auth.code";
    private const int GuessesMax = 5;
    private const int BackupCodeCount = 10;
    private static readonly TimeSpan s_guessWindow = TimeSpan.FromMinutes(15);

    /// <summary>Prepares an app; nothing is demanded at sign-in until a code was verified.</summary>
    public async Task<Result<TwoFactorSetup>> PrepareAsync(User user, string password, CancellationToken ct)
    {
        if (user.TwoFactorEnabled) { return AuthProblems.TwoFactorOn; }
        if (await credentials.RefuseAsync(user, password, ct) is { } wrong) { return wrong; }
        var secret = Totp.NewSecret();
        var codes = NewBackupCodes();
        return await db.TransactAsync<Result<TwoFactorSetup>>(async tx =>
        {
            await TwoFactorSql.SetSecretAsync(tx, user.Id, vault.Seal(Label, user.Id, secret), time.Now(), ct);
            await TwoFactorSql.ReplaceBackupCodesAsync(tx, user.Id, Hashes(codes), ct);
            return new TwoFactorSetup(Totp.Uri(secret, user.Email), codes);
        }, ct);
    }

    public async Task<Result<string>> UriAsync(User user, string password, CancellationToken ct)
    {
        if (await credentials.RefuseAsync(user, password, ct) is { } wrong) { return wrong; }
        return await SecretAsync(user.Id, ct) is { } secret ? Totp.Uri(secret, user.Email) : AuthProblems.TwoFactorOff;
    }

    public async Task<Result<string[]>> RenewBackupCodesAsync(Actor actor, User user, string password, CancellationToken ct)
    {
        if (!user.TwoFactorEnabled) { return AuthProblems.TwoFactorOff; }
        if (await credentials.RefuseAsync(user, password, ct) is { } wrong) { return wrong; }
        var codes = NewBackupCodes();
        return await db.TransactAsync<Result<string[]>>(async tx =>
        {
            await TwoFactorSql.ReplaceBackupCodesAsync(tx, user.Id, Hashes(codes), ct);
            await audit.WriteAsync(tx, actor, new("auth.backup_codes_renewed", $"user:{user.Id}"), ct);
            return codes;
        }, ct);
    }

    /// <summary>Null when the code is right, which it is once.</summary>
    public Task<Problem?> RefuseCodeAsync(User user, string code, Origin origin, CancellationToken ct) =>
        RefuseAsync(user, origin, AuthProblems.InvalidCode, async () =>
            await SecretAsync(user.Id, ct) is { } secret
            && Totp.StepOf(secret, code, time.Now()) is { } step
            && await TwoFactorSql.UseStepAsync(db, user.Id, step, ct), ct);

    public Task<Problem?> RefuseBackupCodeAsync(User user, string code, Origin origin, CancellationToken ct) =>
        RefuseAsync(user, origin, AuthProblems.InvalidBackupCode,
            () => TwoFactorSql.UseBackupCodeAsync(db, user.Id, Hash(code), ct), ct);

    /// <summary>From now on a code is demanded; the session that proved one is replaced.</summary>
    public async Task<NewSession> TurnOnAsync(Actor actor, Signed signed, Origin origin, CancellationToken ct) =>
        await db.TransactAsync(async tx =>
        {
            await UserSql.SetTwoFactorAsync(tx, signed.User.Id, enabled: true, time.Now(), ct);
            await SessionSql.RevokeAsync(tx, signed.User.Id, signed.Session.Id, ct);
            await mail.TwoFactorChangedAsync(tx, signed.User, isOn: true, ct);
            await audit.WriteAsync(tx, actor, new("auth.two_factor_on", $"user:{signed.User.Id}"), ct);
            sessions.Forget();
            var user = signed.User with { TwoFactorEnabled = true };
            return await sessions.StartAsync(tx, user, origin, signed.Session.ShortLived, ct);
        }, ct);

    public async Task<Result<Done>> TurnOffAsync(Actor actor, User user, string password, CancellationToken ct)
    {
        if (await credentials.RefuseAsync(user, password, ct) is { } wrong) { return wrong; }
        return await db.TransactAsync<Result<Done>>(async tx =>
        {
            await UserSql.SetTwoFactorAsync(tx, user.Id, enabled: false, time.Now(), ct);
            await TwoFactorSql.DropAsync(tx, user.Id, ct);
            await Verifications.DropAsync(tx, user.Id, Purpose.TrustedDevice, ct);
            await mail.TwoFactorChangedAsync(tx, user, isOn: false, ct);
            await audit.WriteAsync(tx, actor, new("auth.two_factor_off", $"user:{user.Id}"), ct);
            sessions.Forget();
            return Done.Instance;
        }, ct);
    }

    // Guesses are counted before they are looked at, so that many at once are no way around the limit.
    private async Task<Problem?> RefuseAsync(User user, Origin origin, Problem wrong, Func<Task<bool>> matches, CancellationToken ct)
    {
        var guesses = await windows.AddAsync(GuessScope, user.Id, 1, s_guessWindow, ct);
        if (guesses.Count > GuessesMax) { return AuthProblems.TooManyAttempts(guesses.Left); }
        if (!await matches())
        {
            await logins.RecordAsync(db, user.Id, LoginOutcome.WrongCode, origin, ct);
            return wrong;
        }
        await windows.ClearAsync(GuessScope, user.Id, ct);
        return null;
    }

    private async Task<byte[]?> SecretAsync(string userId, CancellationToken ct) =>
        await TwoFactorSql.SecretAsync(db, userId, ct) is { } sealedSecret
        && vault.TryOpen(Label, userId, sealedSecret, out var secret)
            ? secret
            : null;

    private static string[] NewBackupCodes() =>
        [.. Enumerable.Range(0, BackupCodeCount).Select(_ => $"{Token.New(5)}-{Token.New(5)}")];

    private static byte[][] Hashes(string[] codes) => [.. codes.Select(Hash)];

    private static byte[] Hash(string code) => Token.Hash(code.Trim());
}
