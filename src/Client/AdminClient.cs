using System.Text.Json;
using Wopr.Kernel;

namespace Wopr.Client;

/// <summary>What only an operator of the platform may ask.</summary>
public sealed class AdminClient
{
    private readonly PlatformWire _wire;

    internal AdminClient(PlatformWire wire) => _wire = wire;

    public Task<Result<Listing<AdminUserView>>> UsersAsync(string query, string? cursor, CancellationToken ct) =>
        _wire.GetAsync<Listing<AdminUserView>>($"/api/admin/users?query={Uri.EscapeDataString(query)}{Optional("cursor", cursor)}", ct);

    /// <summary>Stops everything a tenant does. A person's own tenant has the person's id.</summary>
    public Task<Result<Done>> SuspendAsync(string tenantId, string reason, CancellationToken ct) =>
        _wire.PostAsync($"/api/admin/tenants/{Uri.EscapeDataString(tenantId)}/suspend", new { reason }, ct);

    public Task<Result<Done>> ReactivateAsync(string tenantId, CancellationToken ct) =>
        _wire.PostAsync($"/api/admin/tenants/{Uri.EscapeDataString(tenantId)}/reactivate", new { }, ct);

    /// <summary>Looks through the person's eyes, read-only and for a while; the answer sets the cookies.</summary>
    public Task<Result<Done>> ImpersonateAsync(string userId, CancellationToken ct) =>
        _wire.PostAsync($"/api/admin/users/{Uri.EscapeDataString(userId)}/impersonate", new { }, ct);

    public Task<Result<Done>> StopImpersonatingAsync(CancellationToken ct) =>
        _wire.PostAsync("/api/admin/stop-impersonating", new { }, ct);

    public Task<Result<Listing<AuditView>>> AuditAsync(AuditSearch search, string? cursor, CancellationToken ct) =>
        _wire.GetAsync<Listing<AuditView>>("/api/admin/audit?limit=50" + Optional("actor", search.Actor)
            + Optional("action", search.Action) + Optional("target", search.Target) + Optional("cursor", cursor), ct);

    private static string Optional(string name, string? value) =>
        string.IsNullOrEmpty(value) ? "" : $"&{name}={Uri.EscapeDataString(value)}";
}

public sealed record AdminUserView(
    string Id, string Name, string Email, bool EmailVerified = false, bool TwoFactorEnabled = false, string Role = "user",
    string Status = "active", DateTimeOffset CreatedAt = default);

/// <param name="Actor">An id, or kind and id: <c>user:4f…</c>.</param>
/// <param name="Action">The whole action, or its general part: <c>auth.*</c>.</param>
public sealed record AuditSearch(string? Actor, string? Action, string? Target);

public sealed record AuditView(
    long Id, DateTimeOffset At, string Actor, string Action, string Target, string? TenantId = null,
    JsonElement? Details = null, string? IpAddress = null);
