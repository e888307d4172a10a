using Wopr.Dashboard.Pages;

namespace Wopr.Dashboard.Http;

/// <summary>
/// A cookie travels by itself, so a write counts only when the browser says that a page of ours sent it. Together
/// with the cookie's SameSite=Lax this stands in for tokens in forms.
/// </summary>
internal sealed class SameOrigin(RequestDelegate next, DashboardOptions options, ILogger<SameOrigin> logger)
{
    private readonly HashSet<string> _origins = [.. options.UiOrigins.Select(origin => origin.TrimEnd('/'))];

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || IsOurs(request))
        {
            return next(context);
        }
        Log.ForeignPost(logger, request.Method, request.Path);
        return Troubles.Foreign().ExecuteAsync(context);
    }

    private bool IsOurs(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0 && site != "same-origin") { return false; }
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0
            ? site == "same-origin"
            : origin == $"{request.Scheme}://{request.Host}" || _origins.Contains(origin);
    }
}
