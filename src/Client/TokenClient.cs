using Wopr.Kernel;

namespace Wopr.Client;

/// <summary>API tokens of the person or organisation acted for.</summary>
public sealed class TokenClient
{
    private readonly PlatformWire _wire;

    internal TokenClient(PlatformWire wire) => _wire = wire;

    public async Task<Result<TokenView[]>> ListAsync(CancellationToken ct) =>
        (await _wire.GetAsync<Listing<TokenView>>("/api/tokens", ct)).Map(list => list.Items);

    /// <param name="expiresInDays">Null for a token that lives until it is revoked.</param>
    public Task<Result<NewToken>> CreateAsync(string name, string scope, int? expiresInDays, CancellationToken ct) =>
        _wire.PostAsync<NewToken>("/api/tokens", new { name, scope, expiresInDays }, ct);

    public Task<Result<Done>> RevokeAsync(string id, CancellationToken ct) =>
        _wire.DeleteAsync($"/api/tokens/{Uri.EscapeDataString(id)}", ct);
}

/// <param name="Hint">The last characters, by which people tell their tokens apart.</param>
public sealed record TokenView(
    string Id, string Name, string Scope, string? Hint = null, DateTimeOffset CreatedAt = default,
    DateTimeOffset? ExpiresAt = null, DateTimeOffset? LastUsedAt = null);

/// <param name="Token">Told this once; only its hash is kept.</param>
public sealed record NewToken(string Token);
