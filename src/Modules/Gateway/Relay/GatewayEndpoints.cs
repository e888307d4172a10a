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
    /// <param name="closed">Why nobody is served right now; null when everybody is.</param>
    public static void AddRelay(this IHostApplicationBuilder builder, SettingsReader settings, Func<IServiceProvider, Problem?> closed)
    {
        var services = builder.Services;
        services.AddSingleton(settings.Read<GatewayOptions>());
        services.AddSingleton(provider => new Closed(() => closed(provider)));
        services.AddSingleton<Admission>();
        services.AddSingleton<BodyBudget>();
        services.AddSingleton<Drains>();
        services.AddSingleton<Holds>();
        services.AddSingleton<OwnKeys>();
        services.AddSingleton<Upstream>();
        services.AddSingleton<Attempts>();
        services.AddSingleton<Pipeline>();
        services.AddSingleton<TokenCounting>();
        services.AddSingleton<ModelLists>();
        services.AddSingleton<LiveRequests>();
        services.AddHostedService(provider => provider.GetRequiredService<LiveRequests>());
    }

    public static void MapRelay(this IEndpointRouteBuilder routes)
    {
        var services = routes.ServiceProvider;
        var (pipeline, counting, lists) = (services.GetRequiredService<Pipeline>(), services.GetRequiredService<TokenCounting>(),
            services.GetRequiredService<ModelLists>());
        foreach (var prefix in (string[])["/v1", "/v1/openai/v1"])
        {
            Model($"{prefix}/chat/completions", WireFormat.Chat);
            Model($"{prefix}/responses", WireFormat.Responses);
            Model($"{prefix}/completions", WireFormat.Completions);
            Model($"{prefix}/embeddings", WireFormat.Embeddings);
            Models(prefix, WireFormat.Chat);
        }
        foreach (var prefix in (string[])["/v1", "/v1/anthropic/v1"])
        {
            Model($"{prefix}/messages", WireFormat.Messages);
            Own(routes.MapPost($"{prefix}/messages/count_tokens", (RequestDelegate)counting.RunAsync), WireFormat.Messages);
        }
        Models("/v1/anthropic/v1", WireFormat.Messages);
        Own(routes.Map("/v1/{**rest}", (RequestDelegate)lists.NowhereAsync), WireFormat.Chat);

        void Model(string path, WireFormat format) =>
            Own(routes.MapPost(path, (RequestDelegate)(context => pipeline.RunAsync(context, format))), format).WithIdempotency();

        void Models(string prefix, WireFormat format)
        {
            Own(routes.MapGet($"{prefix}/models", (RequestDelegate)(context => lists.ListAsync(context, format))), format);
            Own(routes.MapGet($"{prefix}/models/{{**id}}", (RequestDelegate)(context => lists.ShowAsync(context, format))), format);
        }
    }

    private static IEndpointConventionBuilder Own(IEndpointConventionBuilder route, WireFormat format) => route
        .Requires(Access.GatewayKey).WithTags("Gateway").ShortCircuit()
        .WithMetadata(new ProblemShape((context, problem) =>
            Refusals.WriteAsync(context, ModelLists.IsAnthropic(context, format) ? WireFormat.Messages : format, problem)));
}
