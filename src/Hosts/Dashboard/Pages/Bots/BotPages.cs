using Wopr.Client;
using Wopr.Dashboard.Http;
using Wopr.Kernel;

namespace Wopr.Dashboard.Pages.Bots;

/// <summary>The list of bots, making one, and what can be done with it.</summary>
internal static class BotPages
{
    private const string DefaultImage = "ghcr.io/wopr-network/wopr:latest";

    public static void MapBots(this IEndpointRouteBuilder routes)
    {
        var bots = routes.MapGroup("/bots").AddEndpointFilter<SignedInOnly>();
        bots.MapGet("", ListAsync);
        bots.MapGet("/new", (Visit visit, CancellationToken ct) => NewAsync(visit, form: null, refusal: null, ct));
        bots.MapPost("/new", CreateAsync);
        var bot = bots.MapGroup("/{id:guid}");
        bot.MapGet("/state", StateAsync);
        bot.MapPost("/start", (string id, HttpRequest request, Visit visit, TimeProvider time, CancellationToken ct) =>
            ActAsync(id, visit.Platform.Fleet.StartAsync, request, visit, time, ct));
        bot.MapPost("/stop", (string id, HttpRequest request, Visit visit, TimeProvider time, CancellationToken ct) =>
            ActAsync(id, visit.Platform.Fleet.StopAsync, request, visit, time, ct));
        bot.MapPost("/restart", (string id, HttpRequest request, Visit visit, TimeProvider time, CancellationToken ct) =>
            ActAsync(id, visit.Platform.Fleet.RestartAsync, request, visit, time, ct));
        bot.MapPost("/delete", DeleteAsync);
        bot.MapPost("/restore", RestoreAsync);
        bot.MapChat();
        bot.MapBotSettings();
        bot.MapChannels();
        bot.MapToolServers();
    }

    public static string Path(BotView bot) => $"/bots/{bot.Id}";

    private static async Task<IResult> ListAsync(HttpRequest request, Visit visit, TimeProvider time, string? seen, CancellationToken ct)
    {
        var deleting = visit.Platform.Fleet.ListAsync(isDeleted: true, ct);
        var listed = await visit.Platform.Fleet.ListAsync(isDeleted: false, ct);
        var deleted = await deleting;
        if (!listed.Succeeded(out var bots, out var problem)) { return Troubles.Of(problem); }
        BotView[] gone = deleted.Value ?? [];
        var stamp = BotLooks.Stamp(bots.Concat(gone).Select(bot => BotLooks.Stamp(bot, time)));
        if (!request.AsksForPart()) { return Page.Show<BotsPage>(new { Bots = bots, Deleted = gone, Stamp = stamp }); }
        return seen == stamp ? PartRequest.Unchanged : Page.Show<BotTables>(new { Bots = bots, Deleted = gone, Stamp = stamp });
    }

    private static async Task<IResult> NewAsync(Visit visit, Form? form, Problem? refusal, CancellationToken ct)
    {
        var images = visit.Platform.Fleet.TemplatesAsync(ct);
        var tiers = await visit.Platform.Fleet.TiersAsync(ct);
        var image = (await images).Value?.FirstOrDefault()?.Image ?? DefaultImage;
        var broke = (await visit.BalanceAsync()).Value is { BalanceCents: <= 0 };
        return tiers.Succeeded(out var known, out var problem)
            ? Page.Show<NewBotPage>(new { Tiers = known, Form = form ?? BotForm.New(image), Refused = refusal, IsBroke = broke }, form)
            : Troubles.Of(problem);
    }

    private static async Task<IResult> CreateAsync(HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        if (BotForm.ReadNew(form) is not { } bot) { return await NewAsync(visit, form, refusal: null, ct); }
        var outcome = await visit.Platform.Fleet.CreateAsync(bot, BotForm.Key(form), ct);
        if (outcome.Succeeded(out var made, out var problem)) { return Page.Go($"{Path(made)}?done=bot-created"); }
        form.Refuse(problem);
        return await NewAsync(visit, BotForm.Again(form), problem, ct);
    }

    /// <summary>The top of a bot's page, when it looks different from what the browser has.</summary>
    private static async Task<IResult> StateAsync(string id, HttpRequest request, Visit visit, TimeProvider time, string? seen, CancellationToken ct)
    {
        if (!request.AsksForPart()) { return Page.Go($"/bots/{id}"); }
        if (!(await visit.Platform.Fleet.FindAsync(id, ct)).Succeeded(out var bot, out var problem))
        {
            return problem.Kind == ProblemKind.NotFound ? PartRequest.Reload(request.HttpContext.Response) : Troubles.Of(problem);
        }
        return seen == BotLooks.Stamp(bot, time) ? PartRequest.Unchanged : Page.Show<BotHead>(new { Bot = bot });
    }

    private static async Task<IResult> ActAsync(
        string id, Func<string, CancellationToken, Task<Result<Done>>> act, HttpRequest request, Visit visit, TimeProvider time, CancellationToken ct)
    {
        var refused = (await act(id, ct)).Problem;
        if (!request.AsksForPart())
        {
            return refused is null ? Page.Go($"/bots/{id}") : Troubles.Of(refused);
        }
        return (await visit.Platform.Fleet.FindAsync(id, ct)).Succeeded(out var bot, out var problem)
            ? Page.Show<BotHead>(new { Bot = bot, Refused = refused })
            : Troubles.Of(problem);
    }

    private static async Task<IResult> DeleteAsync(string id, Visit visit, CancellationToken ct) =>
        (await visit.Platform.Fleet.DeleteAsync(id, ct)).Problem is { } problem ? Troubles.Of(problem) : Page.Go("/bots?done=bot-deleted");

    private static async Task<IResult> RestoreAsync(string id, Visit visit, CancellationToken ct) =>
        (await visit.Platform.Fleet.RestoreAsync(id, ct)).Problem is { } problem
            ? Troubles.Of(problem)
            : Page.Go($"/bots/{id}?done=bot-restored");
}
