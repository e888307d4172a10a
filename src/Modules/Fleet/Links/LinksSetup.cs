using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

internal static class LinksSetup
{
    public static void AddLinks(this IHostApplicationBuilder builder, SettingsReader settings)
    {
        var services = builder.Services;
        services.AddSingleton(settings.Read<LinksOptions>());
        services.TryAddSingleton(new LinksPace());
        services.AddSingleton<LinkKeys>();
        services.AddSingleton<ForwardSignature>();
        services.AddSingleton<Forwarding>();
        services.AddSingleton<InternalListener>();
        services.AddHostedService(provider => provider.GetRequiredService<InternalListener>());
        services.AddSingleton<OpenLinks>();
        services.AddHostedService(provider => provider.GetRequiredService<OpenLinks>());
        services.AddSingleton<LeaseDesk>();
        services.AddHostedService(provider => provider.GetRequiredService<LeaseDesk>());
        services.AddSingleton<Links>();
        services.AddSingleton<LinkDoor>();
        services.AddSingleton<BotAnswers>();
        services.AddSingleton(provider => new PeerAnswers(provider.GetRequiredService<BotAnswers>().Add));
        builder.AddObjectStore(settings);
        services.AddNodes();
    }

    public static void MapLinks(this IEndpointRouteBuilder routes)
    {
        var door = routes.ServiceProvider.GetRequiredService<LinkDoor>();
        var pipeline = routes.CreateApplicationBuilder();
        pipeline.UseWebSockets();
        pipeline.Run(door.ServeAsync);
        // Short-circuited: sessions, roles and address limits are for people, and a link has a key of its own.
        routes.MapGet(LinkTarget.Path, pipeline.Build()).Requires(Access.LinkKey).WithTags("Fleet").ExcludeFromDescription().ShortCircuit();
    }
}
