using Wopr.Client;
using Wopr.Kernel;

namespace Wopr.Dashboard.Http;

/// <summary>One request of one browser: who it is, and the Platform as seen with its cookies.</summary>
internal sealed class Visit
{
    private readonly HttpContext _context;
    private Task<Result<Balance>>? _balance;

    private Visit(HttpContext context, HttpClient http, DashboardOptions options)
    {
        _context = context;
        var cookie = AuthCookiesOf(context.Request);
        HasCookie = cookie.Length > 0;
        Platform = new(http, new Caller
        {
            Cookie = cookie,
            Origin = options.Origin,
            Address = context.Connection.RemoteIpAddress?.ToString(),
            UserAgent = context.Request.Headers.UserAgent,
            OnSetCookie = line => context.Response.Headers.Append("Set-Cookie", line),
        });
    }

    public PlatformClient Platform { get; }

    /// <summary>Null for a visitor who is not signed in.</summary>
    public CurrentSession? Session { get; private set; }

    public PersonView? Person => Session?.User;

    public bool IsAdmin => Person?.Role is "platform_admin" or "admin";

    public string Path => _context.Request.Path;

    public string PathAndQuery => $"{_context.Request.Path}{_context.Request.QueryString}";

    /// <summary>The news a redirect brought along, by its name.</summary>
    public string? News => _context.Request.Query["done"];

    private bool HasCookie { get; }

    public static Visit Of(IServiceProvider services) => new(
        services.GetRequiredService<IHttpContextAccessor>().HttpContext!,
        services.GetRequiredService<HttpClient>(),
        services.GetRequiredService<DashboardOptions>());

    public async Task<Problem?> LoadAsync(CancellationToken ct)
    {
        if (!HasCookie) { return null; }
        var found = await Platform.Account.SessionAsync(ct);
        Session = found.Value;
        return found.Problem;
    }

    /// <summary>Asked once, however many parts of a page show it.</summary>
    public Task<Result<Balance>> BalanceAsync() => _balance ??= Platform.Billing.BalanceAsync(_context.RequestAborted);

    // As they came: values are signed, and other programs on the same host have cookies that are none of our business.
    private static string AuthCookiesOf(HttpRequest request) => string.Join("; ", request.Headers.Cookie
        .SelectMany(line => (line ?? "").Split(';', StringSplitOptions.TrimEntries))
        .Where(cookie => cookie.StartsWith("better-auth.", StringComparison.Ordinal)
            || cookie.StartsWith("__Secure-better-auth.", StringComparison.Ordinal)));
}

/// <summary>Finds out who visits before any page is made.</summary>
internal sealed class LoadVisit : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var problem = await http.RequestServices.GetRequiredService<Visit>().LoadAsync(http.RequestAborted);
        return problem is null ? await next(context) : Pages.Troubles.Of(problem);
    }
}

/// <summary>Sends visitors to the sign-in page, and back afterwards.</summary>
internal sealed class SignedInOnly : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var visit = context.HttpContext.RequestServices.GetRequiredService<Visit>();
        if (visit.Session is not null) { return await next(context); }
        if (context.HttpContext.Request.AsksForPart()) { return PartRequest.Reload(context.HttpContext.Response); }
        var back = HttpMethods.IsGet(context.HttpContext.Request.Method) ? visit.PathAndQuery : null;
        return TypedResults.LocalRedirect(NextUrl.With("/login", back));
    }
}
