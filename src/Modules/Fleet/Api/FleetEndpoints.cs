using System.Globalization;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Wopr.Kernel;

namespace Wopr.Fleet;

/// <summary>Bots over plain HTTP, by cookie or by token. Tools of the operator's, which stand for no tenant, reach all.</summary>
internal static class FleetEndpoints
{
    private static readonly Access s_read = Access.TenantOrOperator(Role.Viewer);
    private static readonly Access s_write = Access.TenantOrOperator(Role.Member);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var bots = routes.MapGroup("/fleet/bots").WithTags("Fleet");
        bots.MapGet("", ListAsync).Requires(s_read).WithName("listBots");
        bots.MapPost("", CreateAsync).Requires(s_write).WithIdempotency().WithName("createBot");
        bots.MapGet("/{id}", ShowAsync).Requires(s_read).WithName("showBot");
        bots.MapPatch("/{id}", UpdateAsync).Requires(s_write).WithName("updateBot");
        bots.MapDelete("/{id}", DeleteAsync).Requires(s_write).WithName("deleteBot");
        bots.MapPost("/{id}/start", StartAsync).Requires(s_write).WithName("startBot");
        bots.MapPost("/{id}/stop", StopAsync).Requires(s_write).WithName("stopBot");
        bots.MapPost("/{id}/restart", RestartAsync).Requires(s_write).WithName("restartBot");
        bots.MapPost("/{id}/restore", RestoreAsync).Requires(s_write).WithName("restoreBot");
        bots.MapGet("/{id}/health", HealthAsync).Requires(s_read).WithName("botHealth");
        bots.MapGet("/{id}/metrics", MetricsAsync).Requires(s_read).WithName("botMetrics");
        bots.MapGet("/{id}/settings", SettingsAsync).Requires(s_read).WithName("botSettings");
        bots.MapPut("/{id}/identity", SetIdentityAsync).Requires(s_write).WithName("setBotIdentity");
        bots.MapGet("/{id}/events", HistoryAsync).Requires(s_read).WithName("botHistory");
        routes.MapGet("/fleet/events", FollowAsync).Requires(Access.Tenant(Role.Viewer)).WithTags("Fleet").WithName("followFleet");
        routes.MapGet("/api/fleet/resources", ResourcesAsync).Requires(Access.Tenant(Role.Viewer)).WithTags("Fleet").WithName("fleetResources");
    }

    private static async Task<BotList> ListAsync(
        HttpContext context, BotRegistry bots, BotViewing viewing, CancellationToken ct, bool deleted = false) =>
        viewing.Of(await bots.ListAsync(context.Actor(), deleted, ct));

    private static async Task<Results<Created<BotView>, Refusal>> CreateAsync(
        HttpContext context, CreateBot body, BotRegistry bots, BotViewing viewing, CancellationToken ct)
    {
        if ((await bots.CreateAsync(context.Actor(), body, ct)).Succeeded(out var bot, out var problem))
        {
            return TypedResults.Created($"/fleet/bots/{bot.Id}", viewing.Of(bot));
        }
        return new Refusal(problem) { Tenant = body.TenantId, Required = bots.Price(body) };
    }

    private static async Task<Results<Ok<BotView>, ProblemHttpResult>> ShowAsync(
        HttpContext context, string id, BotRegistry bots, BotViewing viewing, CancellationToken ct) =>
        (await bots.FindAsync(context.Actor(), id, ct)).Map(viewing.Of).ToHttp();

    private static async Task<Results<Ok<BotView>, Refusal>> UpdateAsync(
        HttpContext context, string id, BotFields body, BotRegistry bots, BotViewing viewing, CancellationToken ct)
    {
        var outcome = await OnAsync(id, bot => bots.UpdateAsync(context.Actor(), bot, body, ct));
        if (!outcome.Succeeded(out var changed, out var problem)) { return new Refusal(problem) { Bot = id }; }
        var now = await bots.FindAsync(context.Actor(), id, ct);
        return TypedResults.Ok(now.Value is { } seen ? viewing.Of(seen) : viewing.Of(changed));
    }

    private static async Task<Results<NoContent, Refusal>> DeleteAsync(HttpContext context, string id, BotRegistry bots, CancellationToken ct) =>
        (await OnAsync(id, bot => bots.DeleteAsync(context.Actor(), bot, ct))).Problem is { } problem
            ? new Refusal(problem) { Bot = id }
            : TypedResults.NoContent();

    private static async Task<Results<Ok<BotOk>, Refusal>> StartAsync(HttpContext context, string id, BotRegistry bots, CancellationToken ct) =>
        Said(id, await OnAsync(id, bot => bots.StartAsync(context.Actor(), bot, ct)));

    private static async Task<Results<Ok<BotOk>, Refusal>> StopAsync(HttpContext context, string id, BotRegistry bots, CancellationToken ct) =>
        Said(id, await OnAsync(id, bot => bots.StopAsync(context.Actor(), bot, ct)));

    private static async Task<Results<Ok<BotOk>, Refusal>> RestartAsync(HttpContext context, string id, BotRegistry bots, CancellationToken ct) =>
        Said(id, await OnAsync(id, bot => bots.RestartAsync(context.Actor(), bot, ct)));

    private static async Task<Results<Ok<BotView>, Refusal>> RestoreAsync(
        HttpContext context, string id, BotRegistry bots, BotViewing viewing, CancellationToken ct) =>
        (await OnAsync(id, bot => bots.RestoreAsync(context.Actor(), bot, ct))).Succeeded(out var back, out var problem)
            ? TypedResults.Ok(viewing.Of(back))
            : new Refusal(problem) { Bot = id };

    private static async Task<Results<Ok<BotHealth>, ProblemHttpResult>> HealthAsync(
        HttpContext context, string id, BotRegistry bots, BotViewing viewing, CancellationToken ct) =>
        (await bots.FindAsync(context.Actor(), id, ct)).Map(found => BotHealth.From(viewing.Of(found))).ToHttp();

    private static async Task<Results<Ok<BotMetrics>, ProblemHttpResult>> MetricsAsync(
        HttpContext context, string id, BotRegistry bots, BotMeasures measures, CancellationToken ct) =>
        (await bots.FindAsync(context.Actor(), id, ct)).Succeeded(out var found, out var problem)
            ? TypedResults.Ok(new BotMetrics(found.Bot.Id, BotStats.From(found), await measures.OfAsync(found.Bot, ct)))
            : problem.ToHttp();

    private static async Task<Results<Ok<SettingsView>, ProblemHttpResult>> SettingsAsync(
        HttpContext context, string id, BotRegistry bots, FleetOptions options, CancellationToken ct) =>
        (await bots.FindAsync(context.Actor(), id, ct)).Map(found => SettingsView.From(found.Bot, options.Model)).ToHttp();

    private static async Task<Results<Ok<IdentityView>, Refusal>> SetIdentityAsync(
        HttpContext context, string id, Identity body, BotRegistry bots, CancellationToken ct) =>
        (await OnAsync(id, bot => bots.UpdateAsync(context.Actor(), bot, body.Fields(), ct))).Succeeded(out var changed, out var problem)
            ? TypedResults.Ok(new IdentityView(changed.Profile.Name, changed.Profile.Avatar, changed.Profile.Description))
            : new Refusal(problem) { Bot = id };

    /// <summary>What happened to a bot, newest first.</summary>
    private static async Task<Results<Ok<EventList>, ProblemHttpResult>> HistoryAsync(
        HttpContext context, string id, BotRegistry bots, BotEvents events, CancellationToken ct, long? before = null, int limit = 50)
    {
        if (limit is < 1 or > BotEvents.PageMax) { return FleetProblems.BadLimit.ToHttp(); }
        if (!(await bots.FindAsync(context.Actor(), id, ct)).Succeeded(out var found, out var problem)) { return problem.ToHttp(); }
        var page = await events.OfAsync(found.Bot.Id, before ?? long.MaxValue, limit, ct);
        return TypedResults.Ok(new EventList(page, page.Count == limit ? page[^1].Number : null));
    }

    /// <summary>What happens to the tenant's bots, from now on or from where the reader was.</summary>
    private static async Task<EventStream> FollowAsync(HttpContext context, BotEvents events, Listener listener, CancellationToken ct)
    {
        var tenant = context.Actor().TenantId!;
        var last = long.TryParse(context.Request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out var known)
            ? known
            : await events.LastAsync(tenant, ct);
        return new(async (writer, ends) =>
        {
            var news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
            using var subscription = listener.On(BotEvents.Channel, heard =>
            {
                if (heard is null || heard == tenant) { news.Writer.TryWrite(true); }
            });
            var after = last;
            while (true)
            {
                while (await events.AfterAsync(tenant, after, ends) is { Count: > 0 } page)
                {
                    foreach (var one in page) { await writer.EventAsync(one.Number.ToString(CultureInfo.InvariantCulture), one, ends); }
                    after = page[^1].Number;
                }
                await HearAsync(news.Reader, ends);
            }
        });
    }

    // News may be lost, so it is looked for once in a while anyway.
    private static async Task HearAsync(ChannelReader<bool> news, CancellationToken ct)
    {
        using var look = CancellationTokenSource.CreateLinkedTokenSource(ct);
        look.CancelAfter(EventWriter.KeepAliveEvery);
        try
        {
            await news.ReadAsync(look.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return;
        }
    }

    private static async Task<ResourcesView> ResourcesAsync(HttpContext context, BotRegistry bots, CancellationToken ct) =>
        ResourcesView.From(await bots.ListAsync(context.Actor(), isDeleted: false, ct));

    private static Task<Result<Bot>> OnAsync(string id, Func<Guid, Task<Result<Bot>>> verb) =>
        BotRegistry.TryId(id, out var bot) ? verb(bot) : Task.FromResult<Result<Bot>>(FleetProblems.BadId);

    private static Results<Ok<BotOk>, Refusal> Said(string id, Result<Bot> result) =>
        result.Problem is { } problem ? new Refusal(problem) { Bot = id } : TypedResults.Ok(new BotOk());
}
