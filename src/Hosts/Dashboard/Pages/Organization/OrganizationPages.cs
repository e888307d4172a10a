namespace Wopr.Dashboard.Pages.Organization;

internal static class OrganizationPages
{
    public static void MapOrganizations(this IEndpointRouteBuilder routes) { }
}
