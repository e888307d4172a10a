namespace Wopr.Dashboard.Pages.Admin;

internal static class AdminPages
{
    public static void MapAdmin(this IEndpointRouteBuilder routes) { }
}
