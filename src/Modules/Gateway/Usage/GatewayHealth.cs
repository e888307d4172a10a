using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Wopr.Gateway.Catalogue;
using Wopr.Gateway.Relay;
using Wopr.Gateway.Routing;
using Wopr.Kernel;

namespace Wopr.Gateway.Usage;

/// <param name="Status">healthy, degraded or unhealthy.</param>
/// <param name="Timestamp">Milliseconds since 1970.</param>
internal sealed record GatewayHealthView(string Status, long Timestamp, IReadOnlyList<BackendView> Backends);

/// <param name="Latency">Milliseconds to the first byte, of the last answers; null before the first.</param>
internal sealed record BackendView(string Name, string Status, long? Latency, string? Error);

/// <param name="Started">Milliseconds since 1970.</param>
/// <param name="Nanos">What it costs so far, estimated.</param>
internal sealed record LiveView(
    Guid Id, string Model, string? Provider, Guid? BotId, string Key, string State, bool Stream, long Started, long OutputTokens, long Nanos);

/// <summary>How the providers do, and what runs on this replica right now.</summary>
internal static class GatewayHealth
{
    public static void MapUsage(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/gateway/health", Show).Requires(Access.Public).WithTags("Gateway").WithName("gatewayHealth");
        routes.MapGet("/api/gateway/live", (HttpContext context, LiveRequests live) => Live(live, context.Actor().TenantId))
            .Requires(Access.Tenant(Role.Viewer)).WithTags("Gateway").WithName("gatewayLive");
        routes.MapGet("/api/admin/gateway/live", (LiveRequests live) => Live(live, tenantId: null))
            .Requires(Access.PlatformAdmin).WithTags("Gateway").WithName("allGatewayLive");
    }

    private static IResult Show(ModelCatalogue catalogue, Router router, TimeProvider time)
    {
        var health = router.Health.ToLookup(offer => offer.Provider);
        var offering = catalogue.Models.SelectMany(model => model.Offers).Select(offer => offer.Provider)
            .Where(provider => provider.ApiKey is not null || provider.TenantKey is null).DistinctBy(provider => provider.Id);
        var backends = offering.OrderBy(provider => provider.Id, StringComparer.Ordinal).Select(provider => Backend(provider.Id, [.. health[provider.Id]])).ToList();
        var down = backends.Count(backend => backend.Status == "unhealthy");
        var status = down == 0 ? backends.Any(backend => backend.Status == "degraded") ? "degraded" : "healthy"
            : down == backends.Count ? "unhealthy" : "degraded";
        GatewayHealthView view = new(status, time.GetUtcNow().ToUnixTimeMilliseconds(), backends);
        return Results.Json(view, statusCode: status == "unhealthy" ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
    }

    private static BackendView Backend(string provider, IReadOnlyList<OfferHealth> offers)
    {
        var open = offers.Count(offer => offer.State != CircuitState.Closed);
        var status = open == 0 ? "healthy" : open == offers.Count ? "unhealthy" : "degraded";
        var latencies = offers.Select(offer => offer.P50FirstByte).OfType<TimeSpan>().ToList();
        return new(provider, status, latencies.Count == 0 ? null : (long)latencies.Average(latency => latency.TotalMilliseconds),
            open == 0 ? null : $"{open} of its models did not answer and are left alone for a while");
    }

    private static List<LiveView> Live(LiveRequests live, string? tenantId) =>
    [
        .. live.Running.Where(exchange => tenantId is null || exchange.Key.TenantId == tenantId).OrderBy(exchange => exchange.Since)
            .Select(exchange =>
            {
                var use = exchange.Use(isWhole: false);
                return new LiveView(exchange.Id, exchange.Model.Id, exchange.Offer?.Provider.Id, exchange.Key.BotId, exchange.Key.Name,
                    Sql.Name(exchange.Phase), exchange.Head.Streams, exchange.Since.ToUnixTimeMilliseconds(), use.OutputUnits, use.Price.Nanos);
            }),
    ];
}
