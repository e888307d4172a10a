using Wopr.Client;
using Wopr.Dashboard.Http;
using Wopr.Dashboard.Pages.Billing;

namespace Wopr.Dashboard.Pages.Gateway;

/// <summary>The keys with which programs ask for models, and what the models cost.</summary>
internal static class GatewayPages
{
    private const int ChartDays = 30;

    public static void MapGateway(this IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/gateway").AddEndpointFilter<SignedInOnly>();
        pages.MapGet("", (Visit visit, TimeProvider time, CancellationToken ct) => ShowAsync(visit, time, Form.Empty, made: null, ct));
        pages.MapPost("", CreateAsync);
        pages.MapGet("/keys/{id}", (Visit visit, string id, CancellationToken ct) => OneAsync(visit, id, form: null, ct));
        pages.MapPost("/keys/{id}", ChangeAsync);
        pages.MapPost("/keys/{id}/revoke", RevokeAsync);
        pages.MapGet("/{**rest}", () => Page.Go("/gateway"));
    }

    private static async Task<IResult> ShowAsync(Visit visit, TimeProvider time, Form form, NewModelKey? made, CancellationToken ct)
    {
        if (!(await visit.Platform.Gateway.KeysAsync(ct)).Succeeded(out var keys, out var problem)) { return Troubles.Of(problem); }
        var today = BillingPages.Today(time);
        var days = await visit.Platform.Billing.DaysAsync(today.AddDays(1 - ChartDays), today, ct);
        return Page.Show<GatewayPage>(new
        {
            Keys = keys,
            Form = form,
            Made = made,
            Use = ModelUse.Of(days.Value ?? new([], []), today.AddDays(1 - ChartDays), today),
        }, form);
    }

    // The answer is the page itself and no redirect: the secret is told once and kept nowhere.
    private static async Task<IResult> CreateAsync(HttpRequest request, Visit visit, TimeProvider time, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        var settings = KeyForm.Read(form);
        var days = KeyForm.Number(form, "days");
        if (form.IsRefused) { return await ShowAsync(visit, time, form, made: null, ct); }
        var outcome = await visit.Platform.Gateway.CreateAsync(settings, (int?)days, ct);
        if (outcome.Succeeded(out var made, out var problem)) { return await ShowAsync(visit, time, Form.Empty, made, ct); }
        form.Refuse(problem);
        return await ShowAsync(visit, time, form, made: null, ct);
    }

    private static async Task<IResult> OneAsync(Visit visit, string id, Form? form, CancellationToken ct) =>
        (await visit.Platform.Gateway.KeyAsync(id, ct)).Succeeded(out var key, out var problem)
            ? Page.Show<KeyPage>(new { Key = key, Form = form ?? KeyForm.Of(key) }, form)
            : Troubles.Of(problem);

    private static async Task<IResult> ChangeAsync(string id, HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        var settings = KeyForm.Read(form);
        if (!form.IsRefused)
        {
            if ((await visit.Platform.Gateway.UpdateAsync(id, settings, ct)).Problem is not { } problem)
            {
                return Page.Go("/gateway?done=key-changed");
            }
            form.Refuse(problem);
        }
        return await OneAsync(visit, id, form, ct);
    }

    private static async Task<IResult> RevokeAsync(string id, Visit visit, CancellationToken ct) =>
        (await visit.Platform.Gateway.RevokeAsync(id, ct)).Problem is { } problem
            ? Troubles.Of(problem)
            : Page.Go("/gateway?done=key-revoked");
}
