using Wopr.Dashboard.Http;

namespace Wopr.Dashboard.Pages.Home;

internal static class HomePages
{
    public static void MapHome(this IEndpointRouteBuilder routes) => routes.MapGet("/", HomeAsync);

    private static async Task<IResult> HomeAsync(Visit visit, CancellationToken ct)
    {
        if (visit.Person is not { } person) { return Page.Show<Landing>(new { }); }
        var listing = visit.Platform.Fleet.ListAsync(isDeleted: false, ct);
        var balance = await visit.BalanceAsync();
        return Page.Show<Overview>(new { Person = person, Balance = balance.Value, Bots = (await listing).Value });
    }
}
