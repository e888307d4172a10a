using Wopr.Client;
using Wopr.Dashboard.Http;

namespace Wopr.Dashboard.Pages.Organization;

internal static class OrganizationPages
{
    public static void MapOrganizations(this IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/organization").AddEndpointFilter<SignedInOnly>();
        pages.MapGet("", (Visit visit, string? id, CancellationToken ct) => ShowAsync(visit, id, Form.Empty, ct));
        pages.MapPost("", CreateAsync);
        pages.MapPost("/{id}/invitations", InviteAsync);
        pages.MapPost("/{id}/invitations/{invitation}/withdraw", (Visit visit, string id, string invitation, CancellationToken ct) =>
            DoneAsync(id, "withdrawn", visit.Platform.Organizations.WithdrawAsync(id, invitation, ct)));
        pages.MapPost("/{id}/members/{userId}/role", SetRoleAsync);
        pages.MapPost("/{id}/members/{userId}/remove", (Visit visit, string id, string userId, CancellationToken ct) =>
            DoneAsync(id, "member-removed", visit.Platform.Organizations.RemoveAsync(id, userId, ct)));
        pages.MapGet("/{id}/{**rest}", (string id) => Page.Go(At(id)));

        var invitations = routes.MapGroup("/invitations/{token}").AddEndpointFilter<SignedInOnly>();
        invitations.MapGet("", (string token) => Page.Show<InvitationPage>(new { Token = token, Form = Form.Empty }));
        invitations.MapPost("", AcceptAsync);
    }

    /// <summary>One of the person's organisations: the one asked for, or else the first.</summary>
    private static async Task<IResult> ShowAsync(Visit visit, string? id, Form form, CancellationToken ct)
    {
        if (!(await visit.Platform.Organizations.ListAsync(ct)).Succeeded(out var all, out var refusal))
        {
            return Troubles.Of(refusal);
        }
        OrganizationSummary[] mine = [.. all.Where(each => each.Type != "personal")];
        id ??= mine.FirstOrDefault()?.Id;
        if (id is null) { return Page.Show<FirstOrganizationPage>(new { Form = form }, form); }
        return (await visit.Platform.Organizations.FindAsync(id, ct)).Succeeded(out var shown, out var problem)
            ? Page.Show<OrganizationPage>(new { Mine = mine, Shown = shown, Me = visit.Person!.Id, Form = form }, form)
            : Troubles.Of(problem);
    }

    private static async Task<IResult> CreateAsync(HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        form.Required("name", "Give it a name.");
        if (!form.IsRefused)
        {
            var outcome = await visit.Platform.Organizations.CreateAsync(form.Trimmed("name"), ct);
            if (outcome.Succeeded(out var created, out var problem))
            {
                return Page.Go($"{At(created.Id)}&done=organization");
            }
            form.Refuse(problem);
        }
        return await ShowAsync(visit, id: null, form, ct);
    }

    private static async Task<IResult> InviteAsync(HttpRequest request, Visit visit, string id, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        form.Required("email", "Enter the address of the person you invite.");
        if (!form.IsRefused)
        {
            var outcome = await visit.Platform.Organizations.InviteAsync(id, form.Trimmed("email"), form["role"], ct);
            if (outcome.Problem is not { } problem) { return Page.Go($"{At(id)}&done=invited"); }
            form.Refuse(problem);
        }
        return await ShowAsync(visit, id, form, ct);
    }

    private static async Task<IResult> SetRoleAsync(
        HttpRequest request, Visit visit, string id, string userId, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        return await DoneAsync(id, "role", visit.Platform.Organizations.SetRoleAsync(id, userId, form["role"], ct));
    }

    private static async Task<IResult> AcceptAsync(Visit visit, string token, CancellationToken ct)
    {
        var outcome = await visit.Platform.Organizations.AcceptAsync(token, ct);
        if (outcome.Problem is not { } problem) { return Page.Go("/organization?done=joined"); }
        var form = Form.Of();
        form.Refuse(problem);
        return Page.Show<InvitationPage>(new { Token = token, Form = form }, form);
    }

    private static async Task<IResult> DoneAsync(string id, string news, Task<Kernel.Result<Kernel.Done>> act) =>
        (await act).Problem is { } problem ? Troubles.Of(problem) : Page.Go($"{At(id)}&done={news}");

    private static string At(string id) => $"/organization?id={Uri.EscapeDataString(id)}";
}
