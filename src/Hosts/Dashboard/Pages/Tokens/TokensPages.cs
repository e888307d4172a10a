namespace Wopr.Dashboard.Pages.Tokens;

internal static class TokensPages
{
    public static void MapTokens(this IEndpointRouteBuilder routes) { }
}
