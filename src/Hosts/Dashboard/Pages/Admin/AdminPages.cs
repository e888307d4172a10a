using Wopr.Dashboard.Http;

namespace Wopr.Dashboard.Pages.Admin;

/// <summary>For the platform's operators. The Platform decides who is one; everybody else gets its refusal.</summary>
internal static class AdminPages
{
    public static void MapAdmin(this IEndpointRouteBuilder routes)
    {
        var admin = routes.MapGroup("/admin").AddEndpointFilter<SignedInOnly>();
        admin.MapGet("", UsersAsync);
        admin.MapGet("/users/{id}", (Visit visit, string id, CancellationToken ct) => UserAsync(visit, id, Form.Empty, ct));
        admin.MapPost("/users/{id}/suspend", SuspendAsync);
        admin.MapPost("/users/{id}/reactivate", async (Visit visit, string id, CancellationToken ct) =>
            (await visit.Platform.Admin.ReactivateAsync(id, ct)).Problem is { } problem
                ? Troubles.Of(problem)
                : Page.Go($"{At(id)}?done=reactivated"));
        admin.MapPost("/users/{id}/impersonate", async (Visit visit, string id, CancellationToken ct) =>
            (await visit.Platform.Admin.ImpersonateAsync(id, ct)).Problem is { } problem ? Troubles.Of(problem) : Page.Go("/"));
        admin.MapPost("/impersonation/stop", async (Visit visit, CancellationToken ct) =>
            (await visit.Platform.Admin.StopImpersonatingAsync(ct)).Problem is { } problem ? Troubles.Of(problem) : Page.Go("/admin"));
        admin.MapGet("/users/{id}/{**rest}", (string id) => Page.Go(At(id)));
        admin.MapGet("/audit", AuditAsync);
        admin.MapCredits();
        admin.MapPayments();
    }

    private static async Task<IResult> UsersAsync(Visit visit, string? query, string? cursor, CancellationToken ct) =>
        (await visit.Platform.Admin.UsersAsync(query ?? "", cursor, ct)).Succeeded(out var users, out var problem)
            ? Page.Show<UsersPage>(new { Users = users, Form = Form.Of(("query", query)) })
            : Troubles.Of(problem);

    private static async Task<IResult> UserAsync(Visit visit, string id, Form form, CancellationToken ct)
    {
        if (!(await visit.Platform.Admin.UsersAsync(id, cursor: null, ct)).Succeeded(out var found, out var problem))
        {
            return Troubles.Of(problem);
        }
        return found.Items.FirstOrDefault(each => each.Id == id) is { } user
            ? Page.Show<UserPage>(new { User = user, Form = form }, form)
            : Troubles.NotFound();
    }

    private static async Task<IResult> SuspendAsync(HttpRequest request, Visit visit, string id, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        form.Required("reason", "Say why; it goes on the record.");
        if (!form.IsRefused)
        {
            if ((await visit.Platform.Admin.SuspendAsync(id, form.Trimmed("reason"), ct)).Problem is not { } problem)
            {
                return Page.Go($"{At(id)}?done=suspended");
            }
            form.Refuse(problem);
        }
        return await UserAsync(visit, id, form, ct);
    }

    private static async Task<IResult> AuditAsync(
        Visit visit, string? actor, string? action, string? target, string? cursor, CancellationToken ct)
    {
        var outcome = await visit.Platform.Admin.AuditAsync(new(actor, action, target), cursor, ct);
        return outcome.Succeeded(out var entries, out var problem)
            ? Page.Show<AuditPage>(new { Entries = entries, Form = Form.Of(("actor", actor), ("action", action), ("target", target)) })
            : Troubles.Of(problem);
    }

    private static string At(string id) => $"/admin/users/{Uri.EscapeDataString(id)}";
}
