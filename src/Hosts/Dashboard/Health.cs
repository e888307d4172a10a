namespace Wopr.Dashboard;

internal sealed record HealthView(string Status, string Service);

/// <summary>
/// What a browser may know of how this dashboard is set up; it follows the environment at every start.
/// </summary>
internal sealed record ConfigView(Uri ApiUrl);

internal static class Health
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health", () => new HealthView("ok", "wopr-platform-ui"));
        routes.MapGet("/config.json", (DashboardOptions options) => new ConfigView(options.ApiUrl));
    }
}
