using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wopr.Auth;
using Wopr.Billing;
using Wopr.Kernel;
using Wopr.Protocol;
using Wopr.Quotas;

namespace Wopr.Fleet;

public static class FleetModule
{
    public static void AddFleet(this IHostApplicationBuilder builder, SettingsReader settings)
    {
        builder.AddLinks(settings);
        builder.AddBots(settings);
        builder.AddReconciling();
        builder.AddChat();
        builder.AddAsking();
        builder.Services.AddSingleton<ChannelProbe>();
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.Converters.Add(new SnakeCase<EntryRole>());
            json.SerializerOptions.Converters.Add(new SnakeCase<TurnEnd>());
            json.SerializerOptions.Converters.Add(new SnakeCase<MissedRuns>());
            json.SerializerOptions.Converters.Add(new SnakeCase<ChannelKind>());
            json.SerializerOptions.Converters.Add(new SnakeCase<ChannelState>());
        });
    }

    public static void MapFleet(this IEndpointRouteBuilder routes)
    {
        routes.MapLinks();
        FleetProcedures.Map(routes);
        FleetEndpoints.Map(routes);
        BotEndpoints.Map(routes);
        ArchiveEndpoints.Map(routes);
        ChannelEndpoints.Map(routes);
        HookEndpoint.Map(routes);
        ChannelProbe.Map(routes);
        ToolServerEndpoints.Map(routes);
        ChatEndpoints.Map(routes);
    }

    private static void AddBots(this IHostApplicationBuilder builder, SettingsReader settings)
    {
        var services = builder.Services;
        services.AddSingleton(settings.Read<FleetOptions>());
        services.AddSingleton(new QuotaUsage(Quota.Instances, BotSql.CountAsync));
        services.AddSingleton<BotRegistry>();
        services.AddSingleton<BotChanges>();
        services.AddSingleton<BotEvents>();
        services.AddSingleton<BotViewing>();
        services.AddSingleton<BotSecrets>();
        services.AddSingleton(provider => provider.GetRequiredService<BotSecrets>().AsSealedStore());
        services.AddOutboxHandler<BotsSuspended, StandingNews>();
        services.AddOutboxHandler<BotsResumed, StandingNews>();
        services.AddOutboxHandler<BotsExpired, StandingNews>();
        services.AddOutboxHandler<TenantStatusChanged, StandingNews>();
        services.AddOutboxHandler<TenantErased, StandingNews>();
        services.AddExclusiveJob<FleetCleaning>("fleet-cleaning", every: TimeSpan.FromHours(1));
    }

    private static void AddAsking(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<BotLine>();
        services.AddSingleton<BotMeasures>();
        services.AddSingleton<BotArchives>();
        services.AddSingleton<BotDesk>();
        services.AddSingleton<Letters>();
        services.AddSingleton(provider => provider.GetRequiredService<Letters>().AsSealedStore());
        services.AddSingleton<LetterDelivery>();
        services.AddHostedService(provider => provider.GetRequiredService<LetterDelivery>());
        services.AddExclusiveJob<LetterRounds>("fleet-letter-rounds", every: TimeSpan.FromSeconds(10));
    }

    private static void AddReconciling(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<BotPass>();
        services.AddSingleton<SpecWriter>();
        services.AddSingleton<NodeTeller>();
        services.AddHostedService(provider => provider.GetRequiredService<NodeTeller>());
        services.AddSingleton<Reconciler>();
        services.AddHostedService(provider => provider.GetRequiredService<Reconciler>());
        services.AddSingleton<FleetNews>();
        services.AddSingleton(provider => new PeerAnswers((answers, peer) => provider.GetRequiredService<FleetNews>().Answer(answers, peer)));
        services.AddSingleton(provider => new PeerNews
        {
            Opened = (peer, ct) => provider.GetRequiredService<FleetNews>().OpenedAsync(peer, ct),
        });
        services.AddSingleton<Func<LinkPeer, BotsSeen, CancellationToken, Task>>(provider =>
            (node, seen, ct) => provider.GetRequiredService<FleetNews>().SeenAsync(node, seen, ct));
        services.AddExclusiveJob<FleetScan>(FleetScan.Name, every: TimeSpan.FromSeconds(5));
        services.AddExclusiveJob<NodeRounds>("fleet-node-rounds", every: TimeSpan.FromMinutes(1));
    }

    private static void AddChat(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<TurnDelivery>();
        services.AddHostedService(provider => provider.GetRequiredService<TurnDelivery>());
        services.AddSingleton<ChatRoom>();
        services.AddSingleton<ChatStream>();
        services.AddExclusiveJob<TurnRounds>("fleet-turn-rounds", every: TimeSpan.FromSeconds(10));
    }
}
