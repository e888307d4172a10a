using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wopr.Gateway.Protocols;
using Wopr.Kernel;

namespace Wopr.Gateway.Relay;

/// <summary>
/// The addresses of the gateway. They are short-circuited: sessions, roles and address limits are for people, and a
/// request for a model has a key and limits of its own.
/// </summary>
internal static class GatewayEndpoints
{
    public static void AddRelay(this IHostApplicationBuilder builder, SettingsReader settings)
    {
        var services = builder.Services;
        services.AddSingleton(settings.Read<GatewayOptions>());
        services.AddSingleton<Admission>();
        services.AddSingleton<BodyBudget>();
        services.AddSingleton<Drains>();
        services.AddSingleton<Holds>();
        services.AddSingleton<OwnKeys>();
        services.AddSingleton<Upstream>();
        services.AddSingleton<Attempts>();
        services.AddSingleton<Pipeline>();
        services.AddSingleton<LiveRequests>();
        services.AddHostedService(provider => provider.GetRequiredService<LiveRequests>());
    }

    public static void MapRelay(this IEndpointRouteBuilder routes)
    {
        routes.MapModel("/v1/chat/completions", WireFormat.Chat);
        routes.MapModel("/v1/responses", WireFormat.Responses);
        routes.MapModel("/v1/completions", WireFormat.Completions);
        routes.MapModel("/v1/embeddings", WireFormat.Embeddings);
        routes.MapModel("/v1/messages", WireFormat.Messages);
        routes.MapModel("/v1/openai/v1/chat/completions", WireFormat.Chat);
        routes.MapModel("/v1/openai/v1/responses", WireFormat.Responses);
        routes.MapModel("/v1/openai/v1/completions", WireFormat.Completions);
        routes.MapModel("/v1/openai/v1/embeddings", WireFormat.Embeddings);
        routes.MapModel("/v1/anthropic/v1/messages", WireFormat.Messages);
    }

    private static void MapModel(this IEndpointRouteBuilder routes, string path, WireFormat format)
    {
        var pipeline = routes.ServiceProvider.GetRequiredService<Pipeline>();
        routes.MapPost(path, (RequestDelegate)(context => pipeline.RunAsync(context, format)))
            .Requires(Access.GatewayKey).WithTags("Gateway").ShortCircuit();
    }
}
