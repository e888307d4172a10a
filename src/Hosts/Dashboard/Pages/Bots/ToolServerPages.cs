using Wopr.Client;
using Wopr.Dashboard.Http;

namespace Wopr.Dashboard.Pages.Bots;

/// <summary>The servers whose tools a bot may use.</summary>
internal static class ToolServerPages
{
    private const string DefaultHeader = "Authorization";

    public static void MapToolServers(this RouteGroupBuilder bot)
    {
        var servers = bot.MapGroup("/tools");
        servers.MapGet("", (string id, Visit visit, CancellationToken ct) => ShowAsync(id, visit, null, null, ct));
        servers.MapPost("", PutAsync);
        servers.MapPost("/{server}/delete", DeleteAsync);
    }

    private static async Task<IResult> ShowAsync(string id, Visit visit, Form? form, BotToolTest? tested, CancellationToken ct)
    {
        var fleet = visit.Platform.Fleet;
        var (finding, listing) = (fleet.FindAsync(id, ct), fleet.ToolServersAsync(id, ct));
        await Task.WhenAll(finding, listing);
        if (!(await finding).Succeeded(out var bot, out var problem)) { return Troubles.Of(problem); }
        return Page.Show<ToolServersPage>(new
        {
            Bot = bot,
            Servers = BotSettingsPages.Of(await listing),
            Form = form ?? Form.Of(("header", DefaultHeader)),
            Tested = tested,
        }, form);
    }

    private static async Task<IResult> PutAsync(string id, HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        var name = form.Required("name", "Give it a name.").Trim();
        var url = form.Required("url", "Give its address, like https://tools.example.com/mcp.").Trim();
        var server = Id(name);
        if (server.Length == 0) { form.Refuse("name", "Use letters or digits in its name."); }
        if (form.IsRefused) { return await ShowAsync(id, visit, form, null, ct); }
        Dictionary<string, string?> headers = [];
        if (form.Trimmed("value") is { Length: > 0 } value) { headers[form.Trimmed("header") is { Length: > 0 } header ? header : DefaultHeader] = value; }
        NewToolServer wanted = new(name, url, IsEnabled: true, headers);
        // It is tested first: a wrong address or key is said here, where it can be put in again. At rest the bot tests nothing.
        if (form["act"] != "keep")
        {
            var tested = await visit.Platform.Fleet.TestToolServerAsync(id, server, wanted, ct);
            if (tested.Problem is { } untested) { form.Refuse(untested); }
            if (form["act"] == "test" || tested.Value is not { Problem: null }) { return await ShowAsync(id, visit, form, tested.Value, ct); }
        }
        if ((await visit.Platform.Fleet.PutToolServerAsync(id, server, wanted, ct)).Problem is not { } problem)
        {
            return Page.Go($"/bots/{id}/tools?done=tools-put");
        }
        form.Refuse(problem);
        return await ShowAsync(id, visit, form, null, ct);
    }

    private static async Task<IResult> DeleteAsync(string id, string server, Visit visit, CancellationToken ct) =>
        (await visit.Platform.Fleet.DeleteToolServerAsync(id, server, ct)).Problem is { } problem
            ? Troubles.Of(problem)
            : Page.Go($"/bots/{id}/tools?done=tools-deleted");

    /// <summary>The same name is the same server: put again it is changed.</summary>
    private static string Id(string name)
    {
        var letters = name.ToLowerInvariant().Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-').ToArray();
        var id = new string(letters).Trim('-');
        return id.Length <= 24 ? id : id[..24].Trim('-');
    }
}
