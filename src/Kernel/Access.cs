using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Wopr.Kernel;

/// <summary>
/// What a route demands of its caller. Every route declares one; a route that declares none is refused,
/// so forgetting it fails closed.
/// </summary>
public sealed record Access
{
    private Access(string name) => Name = name;

    public string Name { get; }
    public bool NeedsUser { get; private init; }
    public bool NeedsTenant { get; private init; }
    public bool NeedsAdmin { get; private init; }
    public Role Role { get; private init; }

    /// <summary>Tools of the operator's that stand for no tenant reach all.</summary>
    public bool TakesOperators { get; private init; }

    /// <summary>Anybody, signed in or not.</summary>
    public static Access Public { get; } = new("public");

    /// <summary>Whoever has a key for models; such routes look at it themselves and answer in their caller's protocol.</summary>
    public static Access GatewayKey { get; } = new("gateway_key");

    /// <summary>Whoever has the key of a bot or of a node; the route looks at it itself.</summary>
    public static Access LinkKey { get; } = new("link_key");

    /// <summary>Anybody we know: a person or a token.</summary>
    public static Access Known { get; } = new("known");

    /// <summary>A signed-in person.</summary>
    public static Access User { get; } = new("user") { NeedsUser = true };

    /// <summary>The platform's operators.</summary>
    public static Access PlatformAdmin { get; } = new("platform_admin") { NeedsAdmin = true };

    /// <summary>Somebody with at least this role in the tenant acted for.</summary>
    public static Access Tenant(Role role) => new(Sql.Name(role)) { NeedsTenant = true, Role = role };

    /// <summary>The same, or a tool of the operator's that stands for no tenant and reaches all of them.</summary>
    public static Access TenantOrOperator(Role role) =>
        new($"{Sql.Name(role)}_or_operator") { NeedsTenant = true, Role = role, TakesOperators = true };

    /// <summary>The refusal for this actor, or null when it may pass.</summary>
    public Problem? Refuse(Actor actor, bool writes)
    {
        if (this == Public || this == GatewayKey || this == LinkKey) { return null; }
        if (!actor.IsKnown) { return actor.Refusal ?? Problems.AuthenticationRequired; }
        if (actor.Refusal is { } refusal) { return refusal; }
        if (NeedsAdmin) { return actor.IsPlatformAdmin ? ScopeRefusal(actor, Scope.Admin) : Problems.AdminRequired; }
        if (NeedsUser && actor.UserId is null) { return Problems.UserRequired; }
        var standsForNone = actor.TenantId is null;
        if (standsForNone && TakesOperators && actor.Kind == ActorKind.Token) { return ScopeRefusal(actor, writes ? Scope.Write : Scope.Read); }
        if (NeedsTenant && standsForNone) { return Problems.TenantRequired; }
        if (NeedsTenant && actor.Role < Role) { return Problems.Role(Role); }
        if (NeedsTenant && writes && actor.IsSuspended) { return Problems.Suspended; }
        return ScopeRefusal(actor, writes ? Scope.Write : Scope.Read);
    }

    private static Problem? ScopeRefusal(Actor actor, Scope required) =>
        actor.Scope >= required ? null
        : actor.Kind == ActorKind.User ? Problems.ReadOnlySession
        : Problems.Scope(required, actor.Scope);
}

public static class AccessHttp
{
    private static readonly object s_actorKey = new();

    public static TBuilder Requires<TBuilder>(this TBuilder builder, Access access) where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(access);

    public static Actor Actor(this HttpContext context) =>
        context.Items.TryGetValue(s_actorKey, out var actor) ? (Actor)actor! : Kernel.Actor.Anonymous;

    public static void SetActor(this HttpContext context, Actor actor) => context.Items[s_actorKey] = actor;

    /// <summary>Refuses what the matched route does not allow. Runs after routing and after the actor is known.</summary>
    public static void UseAccess(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        if (context.GetEndpoint() is { } endpoint)
        {
            var access = endpoint.Metadata.GetMetadata<Access>();
            var method = context.Request.Method;
            var writes = !HttpMethods.IsGet(method) && !HttpMethods.IsHead(method);
            var refusal = access is null ? Problems.AdminRequired : access.Refuse(context.Actor(), writes);
            if (refusal is not null)
            {
                await ProblemHttp.WriteAsync(context, refusal);
                return;
            }
        }
        await next(context);
    });
}
