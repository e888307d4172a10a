using Wopr.Client;
using Wopr.Dashboard.Http;

namespace Wopr.Dashboard.Pages.Account;

/// <summary>
/// Turning the second factor on and off. Nothing is kept here between the steps: the page carries it along.
/// </summary>
internal static class TwoFactorPages
{
    private const string Section = "two-factor";

    public static void MapTwoFactor(this IEndpointRouteBuilder account)
    {
        account.MapPost("/two-factor", BeginAsync);
        account.MapPost("/two-factor/confirm", ConfirmAsync);
        account.MapPost("/two-factor/codes", RenewAsync);
        account.MapPost("/two-factor/off", DisableAsync);
        account.MapGet("/two-factor/{step}", () => Page.Go("/account#two-factor"));
    }

    private static async Task<IResult> BeginAsync(HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        form.Required("password", "Enter your password.");
        if (form.IsRefused) { return await AccountPages.ShowAsync(visit, new(Section, form), ct); }

        var outcome = await visit.Platform.Security.EnableTwoFactorAsync(form["password"], ct);
        if (outcome.Succeeded(out var setup, out var problem)) { return Setup(Form.Of(("code", "")), setup); }
        form.Refuse(problem);
        return await AccountPages.ShowAsync(visit, new(Section, form), ct);
    }

    private static async Task<IResult> ConfirmAsync(HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        var setup = new TwoFactorSetup(form["uri"], form["codes"].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        if (!setup.TotpURI.StartsWith("otpauth://", StringComparison.Ordinal))
        {
            return Page.Go("/account#two-factor");
        }
        var code = form.Required("code", "Enter the code your app shows.").Replace(" ", "", StringComparison.Ordinal);
        if (form.IsRefused) { return Setup(form, setup); }

        if ((await visit.Platform.Security.VerifyCodeAsync(code, trustDevice: false, ct)).Problem is { } problem)
        {
            form.Refuse(problem);
            return Setup(form, setup);
        }
        return Page.Show<BackupCodesPage>(new { Codes = setup.BackupCodes, IsNew = true });
    }

    private static async Task<IResult> RenewAsync(HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        form.Required("password", "Enter your password.");
        if (form.IsRefused) { return await AccountPages.ShowAsync(visit, new(Section, form), ct); }

        var outcome = await visit.Platform.Security.NewBackupCodesAsync(form["password"], ct);
        if (outcome.Succeeded(out var codes, out var problem))
        {
            return Page.Show<BackupCodesPage>(new { codes.Codes, IsNew = false });
        }
        form.Refuse(problem);
        return await AccountPages.ShowAsync(visit, new(Section, form), ct);
    }

    private static async Task<IResult> DisableAsync(HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        form.Required("password", "Enter your password.");
        return await AccountPages.FinishAsync(visit, Section, form, "two-factor-off",
            () => visit.Platform.Security.DisableTwoFactorAsync(form["password"], ct), ct);
    }

    private static IResult Setup(Form form, TwoFactorSetup setup) =>
        Page.Show<TwoFactorSetupPage>(new { Form = form, Setup = setup }, form);
}
