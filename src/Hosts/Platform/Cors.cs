using Microsoft.Extensions.Options;
using Wopr.Auth;

namespace Wopr.Platform;

/// <summary>Browsers may call from the dashboard's origins, with cookies; from nowhere else.</summary>
internal sealed class Cors(RequestDelegate next, IOptions<AuthOptions> options)
{
    private readonly HashSet<string> _origins = [.. options.Value.UiOrigins.Select(origin => origin.TrimEnd('/'))];

    public Task InvokeAsync(HttpContext context)
    {
        var (request, headers) = (context.Request, context.Response.Headers);
        headers.Append("Vary", "Origin");
        if (request.Headers.Origin.ToString() is { Length: > 0 } origin && _origins.Contains(origin))
        {
            headers.AccessControlAllowOrigin = origin;
            headers.AccessControlAllowCredentials = "true";
            headers.AccessControlExposeHeaders = "X-Request-Id, Retry-After";
        }
        if (!HttpMethods.IsOptions(request.Method)) { return next(context); }

        headers.AccessControlAllowMethods = "GET, POST, PUT, PATCH, DELETE";
        headers.AccessControlAllowHeaders = "Content-Type, Authorization, X-Tenant-Id, Idempotency-Key";
        headers.AccessControlMaxAge = "600";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
