using System.Globalization;
using Wopr.Client;
using Wopr.Dashboard.Http;
using Wopr.Dashboard.Parts;
using Wopr.Kernel;

namespace Wopr.Dashboard.Pages.Admin;

/// <summary>Tenants' money and the platform's books, for operators. The Platform decides who is one.</summary>
internal static class CreditPages
{
    public static void MapCredits(this IEndpointRouteBuilder admin)
    {
        admin.MapGet("/credits", FindAsync);
        admin.MapPost("/credits/reconcile", (Visit visit, CancellationToken ct) => ReconcileAsync(visit, ct));
        admin.MapGet("/credits/reconcile", () => Page.Go("/admin/credits"));
        admin.MapGet("/credits/{tenant}", (Visit visit, string tenant, CancellationToken ct) =>
            ShowAsync(visit, tenant, Form.Empty, "", ct));
        admin.MapPost("/credits/{tenant}/adjust", AdjustAsync);
        admin.MapPost("/credits/{tenant}/grant", GrantAsync);
        admin.MapPost("/credits/{tenant}/freeze", FreezeAsync);
        admin.MapGet("/credits/{tenant}/{**rest}", (string tenant) => Page.Go(At(tenant)));
    }

    private static async Task<IResult> FindAsync(Visit visit, string? tenant, CancellationToken ct)
    {
        if (tenant?.Trim() is not { Length: > 0 } wanted) { return await BooksAsync(visit, Form.Empty, report: null, ct); }
        if ((await visit.Platform.Credits.FindAsync(wanted, ct)).Problem is not { } problem) { return Page.Go(At(wanted)); }
        var form = Form.Of(("tenant", wanted));
        if (problem.Kind != ProblemKind.NotFound) { return Troubles.Of(problem); }
        form.Refuse("tenant", "There is no such tenant. A person's own tenant has the person's id.");
        return await BooksAsync(visit, form, report: null, ct);
    }

    private static async Task<IResult> BooksAsync(Visit visit, Form form, ReconciliationReport? report, CancellationToken ct) =>
        (await visit.Platform.Credits.AccountsAsync(ct)).Succeeded(out var accounts, out var problem)
            ? Page.Show<BooksPage>(new { Accounts = accounts, Report = report, Form = form }, form)
            : Troubles.Of(problem);

    private static async Task<IResult> ReconcileAsync(Visit visit, CancellationToken ct) =>
        (await visit.Platform.Credits.ReconcileAsync(ct)).Succeeded(out var report, out var problem)
            ? await BooksAsync(visit, Form.Empty, report, ct)
            : Troubles.Of(problem);

    private static async Task<IResult> ShowAsync(Visit visit, string tenant, Form form, string refused, CancellationToken ct)
    {
        if (!(await visit.Platform.Credits.FindAsync(tenant, ct)).Succeeded(out var credits, out var problem)) { return Troubles.Of(problem); }
        return Page.Show<TenantCreditsPage>(new
        {
            Credits = credits,
            AdjustForm = refused == "adjust" ? form : Form.Empty,
            GrantForm = refused == "grant" ? form : Form.Empty,
            FreezeForm = refused == "freeze" ? form : Form.Empty,
        }, form);
    }

    private static async Task<IResult> AdjustAsync(HttpRequest request, Visit visit, string tenant, CancellationToken ct)
    {
        var (form, cents) = await ReadAsync(request, ct);
        if (!form.IsRefused)
        {
            var outcome = await visit.Platform.Credits.AdjustAsync(tenant, cents, form.Trimmed("reason"), form["reference"], ct);
            if (outcome.Problem is not { } problem) { return Page.Go($"{At(tenant)}?done=adjusted"); }
            form.Refuse(problem);
        }
        return await ShowAsync(visit, tenant, form, "adjust", ct);
    }

    private static async Task<IResult> GrantAsync(HttpRequest request, Visit visit, string tenant, CancellationToken ct)
    {
        var (form, cents) = await ReadAsync(request, ct);
        DateTimeOffset? end = null;
        if (form.Trimmed("ends") is { Length: > 0 } text)
        {
            if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            {
                end = new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero);
            }
            else { form.Refuse("ends", "Give a day such as 2026-03-31, or leave it empty."); }
        }
        if (!form.IsRefused)
        {
            var outcome = await visit.Platform.Credits.GrantAsync(tenant, cents, form.Trimmed("reason"), end, form["reference"], ct);
            if (outcome.Problem is not { } problem) { return Page.Go($"{At(tenant)}?done=granted"); }
            form.Refuse(problem);
        }
        return await ShowAsync(visit, tenant, form, "grant", ct);
    }

    private static async Task<IResult> FreezeAsync(HttpRequest request, Visit visit, string tenant, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        form.Required("reason", "Say why; it goes on the record.");
        var isFrozen = form["frozen"] == "yes";
        if (!form.IsRefused)
        {
            var outcome = await visit.Platform.Credits.FreezeAsync(tenant, isFrozen, form.Trimmed("reason"), ct);
            if (outcome.Problem is not { } problem) { return Page.Go($"{At(tenant)}?done={(isFrozen ? "frozen" : "unfrozen")}"); }
            form.Refuse(problem);
        }
        return await ShowAsync(visit, tenant, form, "freeze", ct);
    }

    private static async Task<(Form Form, long Cents)> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        form.Required("reason", "Say why; it goes on the record.");
        var cents = Dollars.ParseCents(form["amount"]);
        if (cents is null) { form.Refuse("amount", "Give dollars such as 20 or 20.50."); }
        return (form, cents ?? 0);
    }

    private static string At(string tenant) => $"/admin/credits/{Uri.EscapeDataString(tenant)}";
}
