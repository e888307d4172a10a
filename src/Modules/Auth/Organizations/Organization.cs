using System.Text.Json.Serialization;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>A tenant with the people in it. Times are Unix milliseconds, as clients of this contract expect.</summary>
/// <param name="Type"><c>personal</c> or <c>org</c>.</param>
public sealed record Organization(
    string Id, string Name, string? Slug, string Type, string OwnerId, long CreatedAt,
    IReadOnlyList<Member> Members, IReadOnlyList<Invitation> Invites);

public sealed record OrganizationSummary(
    string Id, string Name, string? Slug, string Type, [property: JsonConverter(typeof(SnakeCase<Role>))] Role Role);

public sealed record OrganizationList(IReadOnlyList<OrganizationSummary> Orgs);

public sealed record Member(
    string Id, string UserId, string Name, string Email, [property: JsonConverter(typeof(SnakeCase<Role>))] Role Role, long JoinedAt);

public sealed record Invitation(
    Id<Invitation> Id, string Email, [property: JsonConverter(typeof(SnakeCase<Role>))] Role Role, string InvitedBy,
    long ExpiresAt, long CreatedAt) : IHasId
{
    public static string IdPrefix => "inv";
}

/// <param name="Slug">3 to 48 lower-case letters, digits and dashes; unique, and optional.</param>
public sealed record OrganizationRequest(string Name, string? Slug = null);

public sealed record OrganizationChange(string? Name = null, string? Slug = null);

public sealed record InvitationRequest(string Email, [property: JsonConverter(typeof(SnakeCase<Role>))] Role Role);

public sealed record RoleChange([property: JsonConverter(typeof(SnakeCase<Role>))] Role Role);

public sealed record OwnershipTransfer(string UserId);
