using Wopr.Kernel;

namespace Wopr.Client;

/// <summary>Passwords, sessions and the second factor.</summary>
public sealed class SecurityClient
{
    private readonly PlatformWire _wire;

    internal SecurityClient(PlatformWire wire) => _wire = wire;

    public Task<Result<Done>> ChangePasswordAsync(
        string currentPassword, string newPassword, bool revokeOtherSessions, CancellationToken ct) =>
        _wire.PostAsync("/api/auth/change-password", new { currentPassword, newPassword, revokeOtherSessions }, ct);

    public Task<Result<SessionView[]>> SessionsAsync(CancellationToken ct) =>
        _wire.GetAsync<SessionView[]>("/api/auth/list-sessions", ct);

    public Task<Result<Done>> RevokeAsync(string token, CancellationToken ct) =>
        _wire.PostAsync("/api/auth/revoke-session", new { token }, ct);

    public Task<Result<Done>> RevokeOthersAsync(CancellationToken ct) =>
        _wire.PostAsync("/api/auth/revoke-other-sessions", new { }, ct);

    public Task<Result<TwoFactorSetup>> EnableTwoFactorAsync(string password, CancellationToken ct) =>
        _wire.PostAsync<TwoFactorSetup>("/api/auth/two-factor/enable", new { password }, ct);

    public Task<Result<Done>> DisableTwoFactorAsync(string password, CancellationToken ct) =>
        _wire.PostAsync("/api/auth/two-factor/disable", new { password }, ct);

    public Task<Result<BackupCodes>> NewBackupCodesAsync(string password, CancellationToken ct) =>
        _wire.PostAsync<BackupCodes>("/api/auth/two-factor/generate-backup-codes", new { password }, ct);

    public Task<Result<Done>> VerifyCodeAsync(string code, bool trustDevice, CancellationToken ct) =>
        _wire.PostAsync("/api/auth/two-factor/verify-totp", new { code, trustDevice }, ct);

    public Task<Result<Done>> VerifyBackupCodeAsync(string code, bool trustDevice, CancellationToken ct) =>
        _wire.PostAsync("/api/auth/two-factor/verify-backup-code", new { code, trustDevice }, ct);
}

public sealed record TwoFactorSetup(string TotpURI, string[] BackupCodes);

public sealed record BackupCodes([property: System.Text.Json.Serialization.JsonPropertyName("backupCodes")] string[] Codes);
