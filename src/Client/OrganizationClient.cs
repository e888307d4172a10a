using Wopr.Kernel;

namespace Wopr.Client;

public sealed class OrganizationClient
{
    private readonly PlatformWire _wire;

    internal OrganizationClient(PlatformWire wire) => _wire = wire;

    public async Task<Result<OrganizationView[]>> ListAsync(CancellationToken ct) =>
        (await _wire.GetAsync<Listing<OrganizationView>>("/api/organizations", ct)).Map(list => list.Items);

    public Task<Result<OrganizationView>> CreateAsync(string name, CancellationToken ct) =>
        _wire.PostAsync<OrganizationView>("/api/organizations", new { name }, ct);

    public Task<Result<OrganizationView>> FindAsync(string id, CancellationToken ct) =>
        _wire.GetAsync<OrganizationView>(Path(id), ct);

    public async Task<Result<MemberView[]>> MembersAsync(string id, CancellationToken ct) =>
        (await _wire.GetAsync<Listing<MemberView>>($"{Path(id)}/members", ct)).Map(list => list.Items);

    public Task<Result<Done>> InviteAsync(string id, string email, string role, CancellationToken ct) =>
        _wire.PostAsync($"{Path(id)}/invitations", new { email, role }, ct);

    public Task<Result<Done>> SetRoleAsync(string id, string userId, string role, CancellationToken ct) =>
        _wire.PatchAsync($"{Path(id)}/members/{Uri.EscapeDataString(userId)}", new { role }, ct);

    public Task<Result<Done>> RemoveAsync(string id, string userId, CancellationToken ct) =>
        _wire.DeleteAsync($"{Path(id)}/members/{Uri.EscapeDataString(userId)}", ct);

    public Task<Result<Done>> AcceptAsync(string invitation, CancellationToken ct) =>
        _wire.PostAsync($"/api/invitations/{Uri.EscapeDataString(invitation)}/accept", new { }, ct);

    private static string Path(string id) => $"/api/organizations/{Uri.EscapeDataString(id)}";
}

/// <param name="Role">The caller's own role in it.</param>
public sealed record OrganizationView(string Id, string Name, string? Role = null);

public sealed record MemberView(
    string UserId, string Role, string? Name = null, string? Email = null, DateTimeOffset? JoinedAt = null);
