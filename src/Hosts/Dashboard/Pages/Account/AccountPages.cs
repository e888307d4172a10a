namespace Wopr.Dashboard.Pages.Account;

internal static class AccountPages
{
    public static void MapAccount(this IEndpointRouteBuilder routes) { }
}
