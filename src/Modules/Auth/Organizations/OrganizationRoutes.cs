using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>Organisations over REST. Who may do what inside one is decided by the verbs.</summary>
internal static class OrganizationRoutes
{
    public static void MapOrganizations(this IEndpointRouteBuilder routes)
    {
        var orgs = routes.MapGroup("/api/orgs").WithTags("Organisations").Requires(Access.Known);
        orgs.MapGet("", async (HttpContext context, Organizations organizations, CancellationToken ct) =>
            (await organizations.ListAsync(context.Actor(), ct)).ToHttp()).WithName("listOrgs");
        orgs.MapPost("", CreateAsync).WithName("createOrg");
        orgs.MapGet("/{id}", async (HttpContext context, string id, Organizations organizations, CancellationToken ct) =>
            (await organizations.ShowAsync(context.Actor(), id, ct)).ToHttp()).WithName("getOrg");
        orgs.MapPatch("/{id}",
            async (HttpContext context, string id, OrganizationChange change, Organizations organizations, CancellationToken ct) =>
                (await organizations.UpdateAsync(context.Actor(), id, change, ct)).ToHttp()).WithName("updateOrg");
        orgs.MapDelete("/{id}", async (HttpContext context, string id, Organizations organizations, CancellationToken ct) =>
            (await organizations.DeleteAsync(context.Actor(), id, ct)).ToHttp()).WithName("deleteOrg");
        orgs.MapPost("/{id}/transfer",
            async (HttpContext context, string id, OwnershipTransfer to, Organizations organizations, CancellationToken ct) =>
                (await organizations.TransferAsync(context.Actor(), id, to.UserId, ct)).ToHttp()).WithName("transferOrg");
        orgs.MapPost("/{id}/invitations",
            async (HttpContext context, string id, InvitationRequest request, Organizations organizations, CancellationToken ct) =>
                (await organizations.InviteAsync(context.Actor(), id, request, ct)).ToHttp()).WithName("inviteMember");
        orgs.MapDelete("/{id}/invitations/{invitation}",
            async (HttpContext context, string id, string invitation, Organizations organizations, CancellationToken ct) =>
                (await organizations.RevokeInvitationAsync(context.Actor(), id, invitation, ct)).ToHttp()).WithName("revokeInvitation");
        orgs.MapPatch("/{id}/members/{userId}",
            async (HttpContext context, string id, string userId, RoleChange change, Organizations organizations, CancellationToken ct) =>
                (await organizations.ChangeRoleAsync(context.Actor(), id, userId, change.Role, ct)).ToHttp()).WithName("changeRole");
        orgs.MapDelete("/{id}/members/{userId}",
            async (HttpContext context, string id, string userId, Organizations organizations, CancellationToken ct) =>
                (await organizations.RemoveMemberAsync(context.Actor(), id, userId, ct)).ToHttp()).WithName("removeMember");

        routes.MapPost("/api/invitations/{token}/accept",
            async (HttpContext context, string token, Organizations organizations, CancellationToken ct) =>
                (await organizations.AcceptAsync(context.Actor(), context.Signed()!.User, token, ct)).ToHttp())
            .Requires(Access.User).WithTags("Organisations").WithName("acceptInvitation");
    }

    private static async Task<Results<Created<Organization>, ProblemHttpResult>> CreateAsync(
        HttpContext context, OrganizationRequest request, Organizations organizations, CancellationToken ct) =>
        (await organizations.CreateAsync(context.Actor(), request, ct)).Succeeded(out var created, out var problem)
            ? TypedResults.Created($"/api/orgs/{created.Id}", created)
            : problem.ToHttp();
}
