using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>Finds out who asks: a bearer token first, then the session cookie.</summary>
internal sealed class ActorMiddleware(
    RequestDelegate next, Db db, Sessions sessions, AuthCookies cookies, IOptions<AuthOptions> options)
{
    private static readonly object s_signedKey = new();

    private readonly byte[]? _adminToken = options.Value.AdminToken is { Length: > 0 } token ? Token.Hash(token) : null;
    private readonly HashSet<string> _origins =
        [.. options.Value.UiOrigins.Select(origin => origin.TrimEnd('/')), options.Value.BaseUrl.GetLeftPart(UriPartial.Authority)];

    public async Task InvokeAsync(HttpContext context)
    {
        context.SetActor(await FindAsync(context));
        await next(context);
    }

    public static Signed? SignedIn(HttpContext context) => context.Items[s_signedKey] as Signed;

    private async Task<Actor> FindAsync(HttpContext context)
    {
        if (Bearer(context.Request) is { } token) { return FromToken(token); }
        if (cookies.SessionSecret(context.Request) is not { } secret) { return Actor.Anonymous; }
        if (await sessions.FindAsync(secret, context.RequestAborted) is not { } signed) { return Actor.Anonymous; }

        context.Items[s_signedKey] = signed;
        var actor = new Actor(ActorKind.User, signed.User.Id)
        {
            UserId = signed.User.Id,
            TenantId = signed.User.Id,
            Role = Role.Owner,
            Scope = signed.User.IsPlatformAdmin ? Scope.Admin : Scope.Write,
            IsPlatformAdmin = signed.User.IsPlatformAdmin,
            SessionId = signed.Session.Id.ToString(),
            Refusal = OriginRefusal(context.Request),
        };
        return await ForTenantAsync(context, actor);
    }

    private Actor FromToken(string token) =>
        _adminToken is not null && CryptographicOperations.FixedTimeEquals(Token.Hash(token), _adminToken)
            ? new(ActorKind.Token, "admin") { Scope = Scope.Admin, IsPlatformAdmin = true }
            : Actor.Anonymous with { Refusal = Problems.InvalidToken };

    private async Task<Actor> ForTenantAsync(HttpContext context, Actor actor)
    {
        var wanted = context.Request.Headers["x-tenant-id"].ToString();
        if (wanted.Length == 0 || wanted == actor.UserId) { return actor; }
        return await UserSql.RoleAsync(db, wanted, actor.UserId!, context.RequestAborted) is { } role
            ? actor with { TenantId = wanted, Role = Enum.Parse<Role>(role, ignoreCase: true) }
            : actor with { TenantId = null, Refusal = Problems.ForeignTenant };
    }

    // A cookie travels by itself, so a write by cookie must come from a page of ours.
    private Problem? OriginRefusal(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) { return null; }
        var origin = request.Headers.Origin.ToString();
        if (origin.Length == 0 || origin == "null") { return AuthProblems.MissingOrigin; }
        return _origins.Contains(origin) ? null : AuthProblems.InvalidOrigin;
    }

    private static string? Bearer(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header[7..].Trim() : null;
    }
}
