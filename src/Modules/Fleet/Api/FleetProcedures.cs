using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>The contract's procedures. The tenant is always the caller's own.</summary>
internal static class FleetProcedures
{
    private static readonly Access s_read = Access.Tenant(Role.Viewer);
    private static readonly Access s_write = Access.Tenant(Role.Member);

    public static void Map(IEndpointRouteBuilder routes)
    {
        MapBots(routes);
        MapTiers(routes);
        routes.MapQuery<OneBot, BotHealth>("fleet.getInstanceHealth", s_read, async (context, input, ct) =>
            (await FindAsync(context, input.Id, ct)).Map(BotHealth.From));
        routes.MapQuery<OneBot, BotMetrics>("fleet.getInstanceMetrics", s_read, async (context, input, ct) =>
            (await Of<BotRegistry>(context).FindAsync(context.Actor(), input.Id, ct)).Succeeded(out var found, out var problem)
                ? new BotMetrics(found.Bot.Id, BotStats.From(found), await Of<BotMeasures>(context).OfAsync(found.Bot, ct))
                : problem);
        routes.MapQuery<TailBot, LogText>("fleet.getInstanceLogs", s_read, async (context, input, ct) =>
            input.Tail is < 1 or > BotRules.TailMax
                ? FleetProblems.BadTail
                : (await Of<BotDesk>(context).LogAsync(context.Actor(), input.Id, input.Tail ?? BotRules.TailDefault, ct)).Map(Text));
        routes.MapQuery<NoInput, TemplateList>("fleet.listTemplates", Access.Known, (context, _, _) =>
            Task.FromResult<Result<TemplateList>>(Templates.List));
        routes.MapQuery<OneBot, SettingsView>("fleet.getSettings", s_read, async (context, input, ct) =>
            (await Of<BotRegistry>(context).FindAsync(context.Actor(), input.Id, ct))
                .Map(found => SettingsView.From(found.Bot, Of<FleetOptions>(context).Model)));
        routes.MapMutation<SetIdentity, IdentityView>("fleet.updateIdentity", s_write, async (context, input, ct) =>
            (await OnAsync(context, input.Id, (bots, id) => bots.UpdateAsync(context.Actor(), id, input.Fields(), ct)))
                .Map(bot => new IdentityView(bot.Profile.Name, bot.Profile.Avatar, bot.Profile.Description)));
    }

    private static void MapBots(IEndpointRouteBuilder routes)
    {
        routes.MapQuery<NoInput, BotList>("fleet.listInstances", s_read, async (context, _, ct) =>
            Of<BotViewing>(context).Of(await Of<BotRegistry>(context).ListAsync(context.Actor(), isDeleted: false, ct)));
        routes.MapQuery<OneBot, BotView>("fleet.getInstance", s_read, (context, input, ct) => FindAsync(context, input.Id, ct));
        routes.MapMutation<CreateBot, BotView>("fleet.createInstance", s_write, async (context, input, ct) =>
            (await Of<BotRegistry>(context).CreateAsync(context.Actor(), input, ct)).Map(Of<BotViewing>(context).Of));
        routes.MapMutation<ControlBot, BotOk>("fleet.controlInstance", s_write, async (context, input, ct) =>
            (await OnAsync(context, input.Id, (bots, id) => input.Action switch
            {
                "start" => bots.StartAsync(context.Actor(), id, ct),
                "stop" => bots.StopAsync(context.Actor(), id, ct),
                "restart" => bots.RestartAsync(context.Actor(), id, ct),
                "destroy" => bots.DeleteAsync(context.Actor(), id, ct),
                _ => Task.FromResult<Result<Bot>>(FleetProblems.BadAction),
            })).Map(_ => new BotOk()));
        routes.MapMutation<UpdateBot, BotView>("fleet.updateInstance", s_write, async (context, input, ct) =>
            (await OnAsync(context, input.Id, (bots, id) => bots.UpdateAsync(context.Actor(), id, input.Fields(), ct)))
                .Succeeded(out _, out var problem) ? await FindAsync(context, input.Id, ct) : problem);
        routes.MapMutation<OneBot, BotOk>("fleet.removeInstance", s_write, async (context, input, ct) =>
            (await OnAsync(context, input.Id, (bots, id) => bots.DeleteAsync(context.Actor(), id, ct))).Map(_ => new BotOk()));
        routes.MapMutation<OneBot, BotView>("fleet.restoreInstance", s_write, async (context, input, ct) =>
            (await OnAsync(context, input.Id, (bots, id) => bots.RestoreAsync(context.Actor(), id, ct))).Map(Of<BotViewing>(context).Of));
    }

    private static void MapTiers(IEndpointRouteBuilder routes)
    {
        routes.MapQuery<OneBot, ResourceTierView>("fleet.getResourceTier", s_read, async (context, input, ct) =>
            (await Of<BotRegistry>(context).FindAsync(context.Actor(), input.Id, ct)).Map(found => ResourceTierView.From(found.Bot)));
        routes.MapMutation<SetTier, ResourceTierView>("fleet.setResourceTier", s_write, async (context, input, ct) =>
            (await OnAsync(context, input.Id, (bots, id) => bots.SetResourceTierAsync(context.Actor(), id, input.Tier, ct)))
                .Map(ResourceTierView.From));
        routes.MapQuery<OneBot, StorageTierView>("fleet.getStorageTier", s_read, async (context, input, ct) =>
            (await Of<BotRegistry>(context).FindAsync(context.Actor(), input.Id, ct)).Map(found => StorageTierView.From(found.Bot)));
        routes.MapMutation<SetTier, StorageTierView>("fleet.setStorageTier", s_write, async (context, input, ct) =>
            (await OnAsync(context, input.Id, (bots, id) => bots.SetStorageTierAsync(context.Actor(), id, input.Tier, ct)))
                .Map(StorageTierView.From));
        routes.MapQuery<OneBot, StorageUsageView>("fleet.getStorageUsage", s_read, async (context, input, ct) =>
            (await Of<BotRegistry>(context).FindAsync(context.Actor(), input.Id, ct)).Map(StorageUsageView.From));
    }

    private static async Task<Result<BotView>> FindAsync(HttpContext context, string id, CancellationToken ct) =>
        (await Of<BotRegistry>(context).FindAsync(context.Actor(), id, ct)).Map(Of<BotViewing>(context).Of);

    private static Task<Result<Bot>> OnAsync(HttpContext context, string id, Func<BotRegistry, Guid, Task<Result<Bot>>> verb) =>
        BotRegistry.TryId(id, out var bot) ? verb(Of<BotRegistry>(context), bot) : Task.FromResult<Result<Bot>>(FleetProblems.BadId);

    private static LogText Text(List<LogLine> lines) => new(
        [.. lines.Where(line => line.Message.Length > 0).Select(line => string.Create(CultureInfo.InvariantCulture,
            $"{line.At.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffZ} [{line.Level.ToUpperInvariant()}] {line.Message}"))]);

    private static T Of<T>(HttpContext context) where T : notnull => context.RequestServices.GetRequiredService<T>();
}
