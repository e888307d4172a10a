using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Wopr.Kernel;

namespace Wopr.Auth;

internal static class SessionRoutes
{
    public static void MapSessions(this RouteGroupBuilder auth)
    {
        auth.MapPost("/sign-out", SignOutAsync).Requires(Access.Public);
        auth.MapGet("/get-session", GetAsync).Requires(Access.Public);
        auth.MapGet("/list-sessions", ListAsync).Requires(Access.User);
        auth.MapPost("/revoke-session", RevokeAsync).Requires(Access.User);
        auth.MapPost("/revoke-sessions", (HttpContext context, Db db, Sessions sessions, CancellationToken ct) =>
            RevokeAllAsync(context, db, sessions, keepThis: false, ct)).Requires(Access.User);
        auth.MapPost("/revoke-other-sessions", (HttpContext context, Db db, Sessions sessions, CancellationToken ct) =>
            RevokeAllAsync(context, db, sessions, keepThis: true, ct)).Requires(Access.User);
    }

    private static async Task<object> SignOutAsync(HttpContext context, Sessions sessions, AuthCookies cookies, CancellationToken ct)
    {
        if (context.Actor().Refusal is { } refusal) { return refusal; }
        if (context.Signed() is { } signed) { await sessions.RevokeAsync(signed.User.Id, signed.Session.Id, ct); }
        cookies.ClearSession(context.Response);
        return new { success = true };
    }

    private static async Task<object> GetAsync(HttpContext context, Sessions sessions, AuthCookies cookies, CancellationToken ct)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (context.Signed() is not { } signed) { return TypedResults.Text("null", "application/json"); }
        if (await sessions.RenewAsync(signed.Session, ct))
        {
            cookies.SendSession(context.Response, cookies.SessionSecret(context.Request)!, signed.Session.ShortLived);
        }
        return new { session = SessionView.From(signed.Session), user = signed.User };
    }

    private static async Task<object> ListAsync(HttpContext context, Sessions sessions, CancellationToken ct) =>
        (await sessions.ListAsync(context.Actor().UserId!, ct)).Select(SessionView.From);

    private static async Task<object> RevokeAsync(HttpContext context, AuthBody body, Sessions sessions, CancellationToken ct)
    {
        var handle = body.Text("token");
        if (body.Refusal is { } refusal) { return refusal; }
        return Id<Session>.TryParse(handle, null, out var id) && await sessions.RevokeAsync(context.Actor().UserId!, id, ct)
            ? new { status = true }
            : AuthProblems.SessionNotFound;
    }

    private static async Task<object> RevokeAllAsync(
        HttpContext context, Db db, Sessions sessions, bool keepThis, CancellationToken ct)
    {
        var signed = context.Signed()!;
        await sessions.RevokeAllAsync(db, signed.User.Id, keepThis ? signed.Session.Id : null, ct);
        return new { status = true };
    }
}
