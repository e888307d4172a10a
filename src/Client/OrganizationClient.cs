using System.Text.Json;
using Wopr.Kernel;

namespace Wopr.Client;

public sealed class OrganizationClient
{
    private readonly PlatformWire _wire;

    internal OrganizationClient(PlatformWire wire) => _wire = wire;

    public async Task<Result<OrganizationSummary[]>> ListAsync(CancellationToken ct) =>
        (await _wire.GetAsync<OrganizationList>("/api/orgs", ct)).Map(list => list.Orgs);

    public Task<Result<OrganizationView>> CreateAsync(string name, CancellationToken ct) =>
        _wire.PostAsync<OrganizationView>("/api/orgs", new { name }, ct);

    public Task<Result<OrganizationView>> FindAsync(string id, CancellationToken ct) =>
        _wire.GetAsync<OrganizationView>(Path(id), ct);

    public Task<Result<Done>> InviteAsync(string id, string email, string role, CancellationToken ct) =>
        _wire.PostAsync($"{Path(id)}/invitations", new { email, role }, ct);

    public Task<Result<Done>> WithdrawAsync(string id, string invitation, CancellationToken ct) =>
        _wire.DeleteAsync($"{Path(id)}/invitations/{Uri.EscapeDataString(invitation)}", ct);

    public Task<Result<Done>> SetRoleAsync(string id, string userId, string role, CancellationToken ct) =>
        _wire.PatchAsync($"{Path(id)}/members/{Uri.EscapeDataString(userId)}", new { role }, ct);

    public Task<Result<Done>> RemoveAsync(string id, string userId, CancellationToken ct) =>
        _wire.DeleteAsync($"{Path(id)}/members/{Uri.EscapeDataString(userId)}", ct);

    public Task<Result<JsonElement>> AcceptAsync(string invitation, CancellationToken ct) =>
        _wire.PostAsync<JsonElement>($"/api/invitations/{Uri.EscapeDataString(invitation)}/accept", new { }, ct);

    private static string Path(string id) => $"/api/orgs/{Uri.EscapeDataString(id)}";

    private sealed record OrganizationList(OrganizationSummary[] Orgs);
}

/// <param name="Type"><c>personal</c> or <c>org</c>.</param>
/// <param name="Role">The caller's own role in it.</param>
public sealed record OrganizationSummary(string Id, string Name, string Type, string Role);

public sealed record OrganizationView(
    string Id, string Name, string Type, string OwnerId, MemberView[] Members, InvitationView[] Invites);

public sealed record MemberView(string UserId, string Name, string Email, string Role, long JoinedAt);

public sealed record InvitationView(string Id, string Email, string Role, long ExpiresAt);
