using Wopr.Dashboard.Http;
using Wopr.Dashboard.Parts;
using Wopr.Kernel;

namespace Wopr.Dashboard.Pages.Admin;

/// <summary>Payments that could not be applied, and refunds.</summary>
internal static class PaymentPages
{
    private const string Here = "/admin/payments";

    public static void MapPayments(this IEndpointRouteBuilder admin)
    {
        admin.MapGet("/payments", (Visit visit, string? tenant, string? cursor, CancellationToken ct) =>
            ShowAsync(visit, cursor, Form.Empty, Form.Of(("tenant", tenant)), ct));
        admin.MapPost("/payments/refund", RefundAsync);
        admin.MapPost("/payments/{id}/retry", async (HttpRequest request, Visit visit, string id, CancellationToken ct) =>
            await DoneAsync(visit, await Form.ReadAsync(request, ct), "event-applied", visit.Platform.Credits.RetryAsync(id, ct), ct));
        admin.MapPost("/payments/{id}/assign", AssignAsync);
        admin.MapPost("/payments/{id}/dismiss", DismissAsync);
        admin.MapGet("/payments/{**rest}", () => Page.Go(Here));
    }

    private static async Task<IResult> ShowAsync(Visit visit, string? cursor, Form form, Form refund, CancellationToken ct) =>
        (await visit.Platform.Credits.StraysAsync(cursor, ct)).Succeeded(out var strays, out var problem)
            ? Page.Show<PaymentsPage>(new { Strays = strays, Form = form, RefundForm = refund }, form.IsRefused ? form : refund)
            : Troubles.Of(problem);

    private static async Task<IResult> AssignAsync(HttpRequest request, Visit visit, string id, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        if (form.Trimmed("tenant").Length > 0)
        {
            return await DoneAsync(visit, form, "event-applied", visit.Platform.Credits.AssignAsync(id, form.Trimmed("tenant"), ct), ct);
        }
        form.Refuse("", "Say which tenant paid.");
        return await ShowAsync(visit, cursor: null, form, Form.Empty, ct);
    }

    private static async Task<IResult> DismissAsync(HttpRequest request, Visit visit, string id, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        return await DoneAsync(visit, form, "event-dismissed", visit.Platform.Credits.DismissAsync(id, form.Trimmed("reason"), ct), ct);
    }

    private static async Task<IResult> DoneAsync(Visit visit, Form form, string news, Task<Result<Done>> act, CancellationToken ct)
    {
        if ((await act).Problem is not { } problem) { return Page.Go($"{Here}?done={news}"); }
        form.Refuse(problem);
        return await ShowAsync(visit, cursor: null, form, Form.Empty, ct);
    }

    private static async Task<IResult> RefundAsync(HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        form.Required("tenant", "Say whose payment it is.");
        form.Required("reference", "Give the payment's reference; it begins with cs_, in_ or pi_.");
        form.Required("reason", "Say why; it goes on the record.");
        long? cents = form.Trimmed("amount").Length == 0 ? null : Dollars.ParseCents(form["amount"]) ?? 0;
        if (cents <= 0) { form.Refuse("amount", "Give dollars such as 20 or 20.50, or leave it empty for all that is left."); }
        if (!form.IsRefused)
        {
            var outcome = await visit.Platform.Credits.RefundAsync(
                form.Trimmed("tenant"), form.Trimmed("reference"), form.Trimmed("reason"), cents, ct);
            if (outcome.Problem is not { } problem) { return Page.Go($"{Here}?done=refunded"); }
            form.Refuse(problem);
        }
        return await ShowAsync(visit, cursor: null, Form.Empty, form, ct);
    }
}
