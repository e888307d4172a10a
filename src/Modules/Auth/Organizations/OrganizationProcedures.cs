using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Wopr.Kernel;

namespace Wopr.Auth;

internal sealed record OrgUpdate(string OrgId, string? Name = null, string? Slug = null);
internal sealed record OrgName(string OrgId);
internal sealed record OrgInvite(string OrgId, string Email, [property: JsonConverter(typeof(SnakeCase<Role>))] Role Role);
internal sealed record OrgInviteName(string OrgId, string InviteId);
internal sealed record OrgMemberRole(string OrgId, string UserId, [property: JsonConverter(typeof(SnakeCase<Role>))] Role Role);
internal sealed record OrgMemberName(string OrgId, string UserId);

/// <summary>The same verbs as REST, under the names tRPC clients know.</summary>
internal static class OrganizationProcedures
{
    public static void MapOrganizationProcedures(this IEndpointRouteBuilder routes)
    {
        routes.MapQuery<NoInput, Organization>("org.getOrganization", Access.User,
            (context, _, ct) => Of(context).ShowAsync(context.Actor(), context.Actor().UserId!, ct));
        routes.MapMutation<OrgUpdate, Organization>("org.updateOrganization", Access.User,
            (context, input, ct) => Of(context).UpdateAsync(context.Actor(), input.OrgId, new(input.Name, input.Slug), ct));
        routes.MapMutation<OrgName, object>("org.deleteOrganization", Access.User, async (context, input, ct) =>
            (await Of(context).DeleteAsync(context.Actor(), input.OrgId, ct)).Map<object>(_ => new { deleted = true }));
        routes.MapMutation<OrgInvite, Invitation>("org.inviteMember", Access.User, (context, input, ct) =>
            Of(context).InviteAsync(context.Actor(), input.OrgId, new(input.Email, input.Role), ct));
        routes.MapMutation<OrgInviteName, object>("org.revokeInvite", Access.User, async (context, input, ct) =>
            (await Of(context).RevokeInvitationAsync(context.Actor(), input.OrgId, input.InviteId, ct)).Map<object>(_ => new { revoked = true }));
        routes.MapMutation<OrgMemberRole, object>("org.changeRole", Access.User, async (context, input, ct) =>
            (await Of(context).ChangeRoleAsync(context.Actor(), input.OrgId, input.UserId, input.Role, ct)).Map<object>(_ => new { updated = true }));
        routes.MapMutation<OrgMemberName, object>("org.removeMember", Access.User, async (context, input, ct) =>
            (await Of(context).RemoveMemberAsync(context.Actor(), input.OrgId, input.UserId, ct)).Map<object>(_ => new { removed = true }));
        routes.MapMutation<OrgMemberName, object>("org.transferOwnership", Access.User, async (context, input, ct) =>
            (await Of(context).TransferAsync(context.Actor(), input.OrgId, input.UserId, ct)).Map<object>(_ => new { transferred = true }));
    }

    private static Organizations Of(HttpContext context) => context.RequestServices.GetRequiredService<Organizations>();
}
