using System.Globalization;
using Wopr.Dashboard.Http;

namespace Wopr.Dashboard.Pages.Tokens;

internal static class TokensPages
{
    public static void MapTokens(this IEndpointRouteBuilder routes)
    {
        var tokens = routes.MapGroup("/tokens").AddEndpointFilter<SignedInOnly>();
        tokens.MapGet("", (Visit visit, CancellationToken ct) => ShowAsync(visit, Form.Empty, created: null, ct));
        tokens.MapPost("", CreateAsync);
        tokens.MapPost("/{id}/revoke", RevokeAsync);
        tokens.MapGet("/{**rest}", () => Page.Go("/tokens"));
    }

    private static async Task<IResult> ShowAsync(Visit visit, Form form, string? created, CancellationToken ct)
    {
        var tokens = await visit.Platform.Tokens.ListAsync(ct);
        return tokens.Succeeded(out var list, out var problem)
            ? Page.Show<TokensPage>(new { Tokens = list, Form = form, Created = created }, form)
            : Troubles.Of(problem);
    }

    // The answer is the page itself and no redirect: the token is told once and kept nowhere.
    private static async Task<IResult> CreateAsync(HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        form.Required("name", "Say what the token is for.");
        if (form.IsRefused) { return await ShowAsync(visit, form, created: null, ct); }

        int? days =
            int.TryParse(form["days"], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        var outcome = await visit.Platform.Tokens.CreateAsync(form.Trimmed("name"), form["scope"], days, ct);
        if (outcome.Succeeded(out var created, out var problem))
        {
            return await ShowAsync(visit, Form.Empty, created.Token, ct);
        }
        form.Refuse(problem);
        return await ShowAsync(visit, form, created: null, ct);
    }

    private static async Task<IResult> RevokeAsync(string id, Visit visit, CancellationToken ct) =>
        (await visit.Platform.Tokens.RevokeAsync(id, ct)).Problem is { } problem
            ? Troubles.Of(problem)
            : Page.Go("/tokens?done=token-revoked");
}
