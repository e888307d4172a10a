using Wopr.Dashboard.Http;
using Wopr.Kernel;

namespace Wopr.Dashboard.Pages.Account;

/// <summary>The account page and the forms on it. A refused form comes back on the whole page, at its place.</summary>
internal static class AccountPages
{
    public static void MapAccount(this IEndpointRouteBuilder routes)
    {
        var account = routes.MapGroup("/account").AddEndpointFilter<SignedInOnly>();
        account.MapGet("", (Visit visit, CancellationToken ct) => ShowAsync(visit, new(null, Form.Empty), ct));
        account.MapGet("/{form}", (string form) => Page.Go($"/account#{form}"));
        account.MapPost("/name", NameAsync);
        account.MapPost("/email", EmailAsync);
        account.MapPost("/verification", VerificationAsync);
        account.MapPost("/password", PasswordAsync);
        account.MapPost("/sessions", RevokeAsync);
        account.MapPost("/sessions/others", RevokeOthersAsync);
        account.MapGet("/export", ExportAsync);
        account.MapPost("/deletion", DeletionAsync);
        account.MapPost("/deletion/cancel", CancelDeletionAsync);
        account.MapTwoFactor();
    }

    /// <summary>The whole page, with one of its forms as it was sent.</summary>
    public static async Task<IResult> ShowAsync(Visit visit, SentForm sent, CancellationToken ct)
    {
        var sessions = await visit.Platform.Security.SessionsAsync(ct);
        var deletion = await visit.Platform.Account.DeletionAsync(ct);
        return Page.Show<AccountPage>(new
        {
            Current = visit.Session,
            Sent = sent,
            Sessions = sessions,
            Deletion = deletion,
        }, sent.Form);
    }

    private static async Task<IResult> NameAsync(HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        form.Required("name", "Tell us what to call you.");
        return await FinishAsync(
            visit, "profile", form, "name", () => visit.Platform.Account.RenameAsync(form.Trimmed("name"), ct), ct);
    }

    private static async Task<IResult> EmailAsync(
        HttpRequest request, Visit visit, DashboardOptions options, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        form.Required("newEmail", "Enter the new address.");
        return await FinishAsync(visit, "email", form, "email",
            () => visit.Platform.Account.ChangeEmailAsync(form.Trimmed("newEmail"), Verified(options), ct), ct);
    }

    private static async Task<IResult> VerificationAsync(
        HttpRequest request, Visit visit, DashboardOptions options, CancellationToken ct) =>
        await FinishAsync(visit, "email", await Form.ReadAsync(request, ct), "verification",
            () => visit.Platform.Account.SendVerificationAsync(visit.Person!.Email, Verified(options), ct), ct);

    private static async Task<IResult> PasswordAsync(HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        form.Required("currentPassword", "Enter the password you use now.");
        form.Required("newPassword", "Choose a new password.");
        return await FinishAsync(visit, "password", form, "password", () => visit.Platform.Security.ChangePasswordAsync(
            form["currentPassword"], form["newPassword"], form.Checked("revokeOthers"), ct), ct);
    }

    private static async Task<IResult> RevokeAsync(HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        return await FinishAsync(
            visit, "sessions", form, "session", () => visit.Platform.Security.RevokeAsync(form["token"], ct), ct);
    }

    private static async Task<IResult> RevokeOthersAsync(HttpRequest request, Visit visit, CancellationToken ct) =>
        await FinishAsync(visit, "sessions", await Form.ReadAsync(request, ct), "sessions",
            () => visit.Platform.Security.RevokeOthersAsync(ct), ct);

    private static async Task<IResult> ExportAsync(
        HttpContext context, Visit visit, TimeProvider time, CancellationToken ct)
    {
        var outcome = await visit.Platform.Account.ExportAsync(ct);
        if (!outcome.Succeeded(out var export, out var problem)) { return Troubles.Of(problem); }
        context.Response.RegisterForDispose(export);
        return TypedResults.Stream(await export.Content.ReadAsStreamAsync(ct),
            export.Content.Headers.ContentType?.MediaType ?? "application/json", $"wopr-export-{time.Now():yyyy-MM-dd}.json");
    }

    private static async Task<IResult> DeletionAsync(HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        form.Required("phrase", "Type the words to show that you mean it.");
        form.Required("currentPassword", "Enter your password.");
        return await FinishAsync(visit, "deletion", form, "deletion",
            async () => (await visit.Platform.Account.RequestDeletionAsync(form.Trimmed("phrase"), form["currentPassword"], ct))
                .Map(_ => Done.Instance), ct);
    }

    private static async Task<IResult> CancelDeletionAsync(HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        return await FinishAsync(visit, "deletion", form, "deletion-cancelled",
            async () => (await visit.Platform.Account.CancelDeletionAsync(form["requestId"], ct)).Map(_ => Done.Instance), ct);
    }

    /// <summary>
    /// Does it unless the form is refused already; then announces it, or shows the page with the refusal.
    /// </summary>
    public static async Task<IResult> FinishAsync(
        Visit visit, string section, Form form, string news, Func<Task<Result<Done>>> act, CancellationToken ct)
    {
        if (!form.IsRefused && (await act()).Problem is { } problem) { form.Refuse(problem); }
        return form.IsRefused ? await ShowAsync(visit, new(section, form), ct) : Page.Go($"/account?done={news}#{section}");
    }

    private static string Verified(DashboardOptions options) => $"{options.Origin}/auth/verify?status=success";
}

/// <summary>Which section's form was sent, and how it stands.</summary>
public sealed record SentForm(string? Section, Form Form)
{
    public Form For(string section, Form otherwise) => Section == section ? Form : otherwise;
}
