using Wopr.Dashboard.Http;

namespace Wopr.Dashboard.Pages.SignIn;

/// <summary>What the links in our mails open.</summary>
internal static class RecoveryPages
{
    public static void MapRecovery(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/forgot-password", () => Forgot(Form.Empty, sent: false));
        routes.MapPost("/forgot-password", ForgotAsync);
        routes.MapGet("/reset-password", (string? token, string? error) => Reset(Form.Empty, error is null ? token : null));
        routes.MapPost("/reset-password", ResetAsync);
        routes.MapGet("/auth/verify", (string? status, string? reason, string? error) =>
            Page.Show<VerifyPage>(new { Status = status, Reason = reason, Error = error }));
    }

    private static IResult Forgot(Form form, bool sent) =>
        Page.Show<ForgotPage>(new { Form = form, Sent = sent }, form);

    private static IResult Reset(Form form, string? token) =>
        Page.Show<ResetPage>(new { Form = form, Token = token }, form);

    private static async Task<IResult> ForgotAsync(
        HttpRequest request, Visit visit, DashboardOptions options, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        form.Required("email", "Enter your e-mail address.");
        if (form.IsRefused) { return Forgot(form, sent: false); }

        var outcome =
            await visit.Platform.Account.RequestResetAsync(form.Trimmed("email"), $"{options.Origin}/reset-password", ct);
        if (outcome.Problem is { } problem) { form.Refuse(problem); }
        return Forgot(form, sent: !form.IsRefused);
    }

    private static async Task<IResult> ResetAsync(HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        form.Required("newPassword", "Choose a new password.");
        if (form.IsRefused) { return Reset(form, form["token"]); }

        var outcome = await visit.Platform.Account.ResetPasswordAsync(form["token"], form["newPassword"], ct);
        if (outcome.Problem is not { } problem) { return Page.Go("/login?done=reset"); }
        form.Refuse(problem);
        return Reset(form, form["token"]);
    }
}
