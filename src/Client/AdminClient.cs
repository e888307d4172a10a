using System.Text.Json;
using Wopr.Kernel;

namespace Wopr.Client;

/// <summary>What only an administrator of the platform may ask.</summary>
public sealed class AdminClient
{
    private readonly PlatformWire _wire;

    internal AdminClient(PlatformWire wire) => _wire = wire;

    public Task<Result<Listing<AdminUserView>>> UsersAsync(string query, string? cursor, CancellationToken ct) =>
        _wire.GetAsync<Listing<AdminUserView>>($"/api/admin/users?query={Uri.EscapeDataString(query)}{Cursor(cursor)}", ct);

    public Task<Result<Done>> SuspendAsync(string userId, CancellationToken ct) => ActAsync(userId, "suspend", ct);

    public Task<Result<Done>> ReactivateAsync(string userId, CancellationToken ct) => ActAsync(userId, "reactivate", ct);

    /// <summary>Looks through the person's eyes, read-only and for a while; the answer sets the cookie.</summary>
    public Task<Result<Done>> ImpersonateAsync(string userId, CancellationToken ct) => ActAsync(userId, "impersonate", ct);

    public Task<Result<Listing<AuditView>>> AuditAsync(string query, string? cursor, CancellationToken ct) =>
        _wire.GetAsync<Listing<AuditView>>($"/api/admin/audit?query={Uri.EscapeDataString(query)}{Cursor(cursor)}", ct);

    private Task<Result<Done>> ActAsync(string userId, string verb, CancellationToken ct) =>
        _wire.PostAsync($"/api/admin/users/{Uri.EscapeDataString(userId)}/{verb}", new { }, ct);

    private static string Cursor(string? cursor) => cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}";
}

public sealed record AdminUserView(
    string Id, string Name, string Email, string? Role = null, DateTimeOffset CreatedAt = default,
    DateTimeOffset? SuspendedAt = null);

public sealed record AuditView(
    string Action, DateTimeOffset At, string? Id = null, string? Actor = null, string? Target = null, JsonElement? Details = null);
