using Wopr.Kernel;

namespace Wopr.Client;

/// <summary>Signing up, in and out, and what a person says about themselves.</summary>
public sealed class AccountClient
{
    private readonly PlatformWire _wire;

    internal AccountClient(PlatformWire wire) => _wire = wire;

    public Task<Result<SignedIn>> SignUpAsync(string name, string email, string password, CancellationToken ct) =>
        _wire.PostAsync<SignedIn>("/api/auth/sign-up/email", new { name, email, password }, ct);

    public Task<Result<SignedIn>> SignInAsync(string email, string password, bool rememberMe, CancellationToken ct) =>
        _wire.PostAsync<SignedIn>("/api/auth/sign-in/email", new { email, password, rememberMe }, ct);

    public Task<Result<Redirection>> SignInWithAsync(string provider, string callbackUrl, CancellationToken ct) =>
        _wire.PostAsync<Redirection>("/api/auth/sign-in/social", new { provider, callbackURL = callbackUrl }, ct);

    /// <summary>The names of the outside accounts this server lets people sign in with.</summary>
    public async Task<Result<string[]>> ProvidersAsync(CancellationToken ct) =>
        (await _wire.GetAsync<ProviderList>("/api/auth/providers", ct)).Map(list => list.Providers);

    public Task<Result<Done>> SignOutAsync(CancellationToken ct) => _wire.PostAsync("/api/auth/sign-out", new { }, ct);

    /// <summary>Null when nobody is signed in.</summary>
    public Task<Result<CurrentSession?>> SessionAsync(CancellationToken ct) =>
        _wire.GetAsync<CurrentSession?>("/api/auth/get-session", ct);

    public Task<Result<Done>> RenameAsync(string name, CancellationToken ct) =>
        _wire.PostAsync("/api/auth/update-user", new { name }, ct);

    public Task<Result<Done>> ChangeEmailAsync(string newEmail, string callbackUrl, CancellationToken ct) =>
        _wire.PostAsync("/api/auth/change-email", new { newEmail, callbackURL = callbackUrl }, ct);

    public Task<Result<Done>> SendVerificationAsync(string email, string callbackUrl, CancellationToken ct) =>
        _wire.PostAsync("/api/auth/send-verification-email", new { email, callbackURL = callbackUrl }, ct);

    public Task<Result<Done>> RequestResetAsync(string email, string redirectTo, CancellationToken ct) =>
        _wire.PostAsync("/api/auth/request-password-reset", new { email, redirectTo }, ct);

    public Task<Result<Done>> ResetPasswordAsync(string token, string newPassword, CancellationToken ct) =>
        _wire.PostAsync("/api/auth/reset-password", new { token, newPassword }, ct);

    /// <summary>Everything WOPR keeps about the person, as a file.</summary>
    public Task<Result<HttpResponseMessage>> ExportAsync(CancellationToken ct) =>
        _wire.DownloadAsync("/api/account/export", ct);

    public Task<Result<DeletionStatus>> DeletionAsync(CancellationToken ct) =>
        _wire.QueryAsync<DeletionStatus>("account.deletionStatus", new { }, ct);

    public Task<Result<DeletionRequested>> RequestDeletionAsync(
        string confirmPhrase, string currentPassword, CancellationToken ct) =>
        _wire.MutateAsync<DeletionRequested>("account.requestDeletion", new { confirmPhrase, currentPassword }, ct);

    public Task<Result<DeletionCancelled>> CancelDeletionAsync(string requestId, CancellationToken ct) =>
        _wire.MutateAsync<DeletionCancelled>("account.cancelDeletion", new { requestId }, ct);

    private sealed record ProviderList(string[] Providers);
}

/// <param name="TwoFactorRedirect">The password was right, and a second factor is still asked for.</param>
public sealed record SignedIn(string? Token = null, PersonView? User = null, bool TwoFactorRedirect = false);

public sealed record Redirection(string? Url = null, bool Redirect = false);

public sealed record CurrentSession(SessionView Session, PersonView User);

/// <param name="Role">The person's role on the whole platform.</param>
public sealed record PersonView(
    string Id, string Name, string Email, bool EmailVerified = false, bool TwoFactorEnabled = false, string? Role = null,
    DateTimeOffset CreatedAt = default);

/// <param name="Token">A handle that can revoke the session but never authenticates.</param>
/// <param name="ImpersonatedBy">The administrator who looks through this person's eyes.</param>
public sealed record SessionView(
    string Id, string Token, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, DateTimeOffset ExpiresAt,
    string? IpAddress = null, string? UserAgent = null, string? ImpersonatedBy = null);

public sealed record DeletionStatus(bool HasPendingDeletion, string? RequestId = null, DateTimeOffset? DeleteAfter = null);

public sealed record DeletionRequested(string RequestId, DateTimeOffset DeleteAfter, string Status);

public sealed record DeletionCancelled(bool Cancelled);
