using Microsoft.AspNetCore.Http;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>Finds out who asks: a bearer token first, then the session cookie.</summary>
internal sealed class ActorMiddleware(
    RequestDelegate next, Sessions sessions, Memberships memberships, ApiTokens apiTokens, ConfiguredTokens configured,
    AuthCookies cookies, TrustedUrls urls)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var actor = await FindAsync(context);
        context.SetActor(actor with { IpAddress = Origin.Of(context).IpAddress });
        await next(context);
    }

    private async Task<Actor> FindAsync(HttpContext context)
    {
        var wanted = context.Request.Headers["x-tenant-id"].ToString();
        if (Bearer(context.Request) is { } token)
        {
            var holder = configured.Find(token) ?? await apiTokens.FindAsync(token, context.RequestAborted);
            if (holder is null) { return Actor.Anonymous with { Refusal = Problems.InvalidToken }; }
            return wanted.Length == 0 || wanted == holder.TenantId ? holder : holder with { Refusal = Problems.ForeignTenant };
        }
        if (cookies.SessionSecret(context.Request) is not { } secret) { return Actor.Anonymous; }
        if (await sessions.FindAsync(secret, context.RequestAborted) is not { } signed) { return Actor.Anonymous; }

        context.SetSigned(signed);
        var actor = new Actor(ActorKind.User, signed.User.Id)
        {
            UserId = signed.User.Id,
            TenantId = signed.User.Id,
            Role = Role.Owner,
            Scope = signed.Session.OperatorId is not null ? Scope.Read : signed.User.IsPlatformAdmin ? Scope.Admin : Scope.Write,
            IsPlatformAdmin = signed.User.IsPlatformAdmin,
            IsSuspended = signed.IsSuspended,
            SessionId = signed.Session.Id.ToString(),
            Refusal = OriginRefusal(context.Request),
        };
        return wanted.Length == 0 || wanted == actor.UserId ? actor : await ForTenantAsync(actor, wanted, context.RequestAborted);
    }

    private async Task<Actor> ForTenantAsync(Actor actor, string tenantId, CancellationToken ct) =>
        await memberships.FindAsync(tenantId, actor.UserId!, ct) is { } membership
            ? actor with { TenantId = tenantId, Role = membership.Role, IsSuspended = membership.IsSuspended }
            : actor with { TenantId = null, Refusal = Problems.ForeignTenant };

    // A cookie travels by itself, so a write by cookie must come from a page of ours.
    private Problem? OriginRefusal(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) { return null; }
        var origin = request.Headers.Origin.ToString();
        if (origin.Length == 0 || origin == "null") { return AuthProblems.MissingOrigin; }
        return urls.IsOrigin(origin) ? null : AuthProblems.InvalidOrigin;
    }

    private static string? Bearer(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header[7..].Trim() : null;
    }
}

internal static class SignedHttp
{
    private static readonly object s_key = new();

    /// <summary>The person and session behind the request's cookie, if there is one.</summary>
    public static Signed? Signed(this HttpContext context) => context.Items[s_key] as Signed;

    public static void SetSigned(this HttpContext context, Signed signed) => context.Items[s_key] = signed;
}
