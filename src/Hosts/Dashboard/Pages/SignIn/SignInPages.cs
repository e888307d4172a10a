using Wopr.Dashboard.Http;

namespace Wopr.Dashboard.Pages.SignIn;

/// <summary>Signing up, in and out, with and without a second factor.</summary>
internal static class SignInPages
{
    public static void MapSignIn(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/signup", (Visit visit, string? next) => Guest(visit, next, () => SignUp(Form.Empty, next)));
        routes.MapPost("/signup", SignUpAsync);
        routes.MapGet("/login", (Visit visit, string? next, string? error) =>
            Guest(visit, next, () => LogIn(Form.Empty, next, error is not null)));
        routes.MapPost("/login", LogInAsync);
        routes.MapPost("/login/{provider}", LogInWithAsync);
        routes.MapGet("/two-factor", (string? next, bool? backup) => TwoFactor(Form.Empty, next, backup == true));
        routes.MapPost("/two-factor", TwoFactorAsync);
        routes.MapPost("/logout", LogOutAsync);
        routes.MapRecovery();
    }

    private static IResult Guest(Visit visit, string? next, Func<IResult> show) =>
        visit.Session is null ? show() : Page.Go(NextUrl.Safe(next));

    private static IResult SignUp(Form form, string? next) =>
        Page.Show<SignUpPage>(new { Form = form, Next = next }, form);

    private static IResult LogIn(Form form, string? next, bool providerFailed = false) =>
        Page.Show<LogInPage>(new { Form = form, Next = next, ProviderFailed = providerFailed }, form);

    private static IResult TwoFactor(Form form, string? next, bool backup) =>
        Page.Show<TwoFactorPage>(new { Form = form, Next = next, Backup = backup }, form);

    private static async Task<IResult> SignUpAsync(HttpRequest request, Visit visit, string? next, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        form.Required("name", "Tell us what to call you.");
        form.Required("email", "Enter your e-mail address.");
        form.Required("password", "Choose a password.");
        if (form.IsRefused) { return SignUp(form, next); }

        var outcome =
            await visit.Platform.Account.SignUpAsync(form.Trimmed("name"), form.Trimmed("email"), form["password"], ct);
        if (outcome.Problem is not { } problem) { return Page.Go(NextUrl.Safe(next)); }
        form.Refuse(problem);
        return SignUp(form, next);
    }

    private static async Task<IResult> LogInAsync(HttpRequest request, Visit visit, string? next, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        form.Required("email", "Enter your e-mail address.");
        form.Required("password", "Enter your password.");
        if (form.IsRefused) { return LogIn(form, next); }

        var outcome = await visit.Platform.Account.SignInAsync(
            form.Trimmed("email"), form["password"], form.Checked("remember"), ct);
        if (outcome.Succeeded(out var signedIn, out var problem))
        {
            return Page.Go(signedIn.TwoFactorRedirect ? NextUrl.With("/two-factor", next) : NextUrl.Safe(next));
        }
        form.Refuse(problem);
        return LogIn(form, next);
    }

    private static async Task<IResult> LogInWithAsync(
        string provider, Visit visit, DashboardOptions options, string? next, CancellationToken ct)
    {
        var callback = options.Origin + NextUrl.Safe(next);
        var outcome = await visit.Platform.Account.SignInWithAsync(provider, callback, ct);
        if (outcome.Succeeded(out var answer, out var problem) && Uri.TryCreate(answer.Url, UriKind.Absolute, out var url)
            && url.Scheme is "http" or "https")
        {
            // A redirect would fall under form-action, which knows only ourselves.
            return Page.Show<LeavePage>(new { Url = url.ToString() });
        }
        return problem is null ? Troubles.NotFound() : Troubles.Of(problem);
    }

    private static async Task<IResult> TwoFactorAsync(
        HttpRequest request, Visit visit, string? next, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        var backup = form.Checked("backup");
        var code = form.Required("code", "Enter the code.").Replace(" ", "", StringComparison.Ordinal);
        if (form.IsRefused) { return TwoFactor(form, next, backup); }

        var security = visit.Platform.Security;
        var outcome = backup
            ? await security.VerifyBackupCodeAsync(code, form.Checked("trust"), ct)
            : await security.VerifyCodeAsync(code, form.Checked("trust"), ct);
        if (outcome.Problem is not { } problem) { return Page.Go(NextUrl.Safe(next)); }
        form.Refuse(problem);
        return TwoFactor(form, next, backup);
    }

    private static async Task<IResult> LogOutAsync(Visit visit, CancellationToken ct)
    {
        var outcome = await visit.Platform.Account.SignOutAsync(ct);
        return outcome.Problem is { } problem ? Troubles.Of(problem) : Page.Go("/login?done=signed-out");
    }
}
