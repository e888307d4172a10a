using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>better-auth's routes for accounts by e-mail and password, and for sessions.</summary>
internal static class AuthEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var auth = routes.MapGroup("/api/auth").WithTags("Auth");
        auth.MapGet("/ok", () => new { ok = true }).Requires(Access.Public);
        auth.MapPost("/sign-up/email", SignUpAsync).Requires(Access.Public);
        auth.MapPost("/sign-in/email", SignInAsync).Requires(Access.Public);
        auth.MapPost("/sign-out", SignOutAsync).Requires(Access.Public);
        auth.MapGet("/get-session", GetSessionAsync).Requires(Access.Public);
        auth.MapGet("/list-sessions", ListSessionsAsync).Requires(Access.User);
        auth.MapPost("/revoke-session", RevokeSessionAsync).Requires(Access.User);
        auth.MapPost("/revoke-sessions", (HttpContext context, Db db, Sessions sessions, CancellationToken ct) =>
            RevokeAllAsync(context, db, sessions, keepThis: false, ct)).Requires(Access.User);
        auth.MapPost("/revoke-other-sessions", (HttpContext context, Db db, Sessions sessions, CancellationToken ct) =>
            RevokeAllAsync(context, db, sessions, keepThis: true, ct)).Requires(Access.User);
        auth.MapPost("/update-user", UpdateUserAsync).Requires(Access.User);
        auth.MapPost("/change-password", ChangePasswordAsync).Requires(Access.User);
        auth.MapPost("/reset-password", ResetPasswordAsync).Requires(Access.Public);
    }

    private static async Task<IResult> SignUpAsync(
        HttpContext context, Accounts accounts, AuthCookies cookies, CancellationToken ct)
    {
        if (!(await AuthBody.ReadAsync(context)).Succeeded(out var body, out var refusal)) { return Refuse(refusal); }
        var (name, email) = (body.Text("name", 128).Trim(), body.Email());
        var (password, image) = (body.Text("password", 4096), body.OptionalText("image", 2048));
        var remember = body.Flag("rememberMe", otherwise: true);
        if (body.Refusal is { } invalid) { return Refuse(invalid); }

        var outcome = await accounts.SignUpAsync(name, email!, password, image, !remember, From(context), ct);
        if (!outcome.Succeeded(out var session, out var problem)) { return Refuse(problem); }
        cookies.Send(context.Response, session);
        return TypedResults.Ok(new { token = session.Session.Id.ToString(), user = session.User });
    }

    private static async Task<IResult> SignInAsync(
        HttpContext context, Accounts accounts, AuthCookies cookies, CancellationToken ct)
    {
        if (!(await AuthBody.ReadAsync(context)).Succeeded(out var body, out var refusal)) { return Refuse(refusal); }
        var (email, password) = (body.Email(), body.Text("password", 4096));
        var remember = body.Flag("rememberMe", otherwise: true);
        if (body.Refusal is { } invalid) { return Refuse(invalid); }

        var outcome = await accounts.SignInAsync(email!, password, !remember, From(context), ct);
        if (!outcome.Succeeded(out var session, out var problem)) { return Refuse(problem); }
        cookies.Send(context.Response, session);
        return TypedResults.Ok(new { redirect = false, token = session.Session.Id.ToString(), user = session.User });
    }

    private static async Task<IResult> SignOutAsync(
        HttpContext context, Sessions sessions, AuthCookies cookies, CancellationToken ct)
    {
        if (context.Actor().Refusal is { } refusal) { return Refuse(refusal); }
        if (ActorMiddleware.SignedIn(context) is { } signed)
        {
            await sessions.RevokeAsync(signed.User.Id, signed.Session.Id, ct);
        }
        cookies.Clear(context.Response);
        return TypedResults.Ok(new { success = true });
    }

    private static async Task<IResult> GetSessionAsync(
        HttpContext context, Sessions sessions, AuthCookies cookies, CancellationToken ct)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (ActorMiddleware.SignedIn(context) is not { } signed) { return TypedResults.Text("null", "application/json"); }
        if (await sessions.RenewAsync(signed.Session, ct))
        {
            cookies.Send(context.Response, cookies.SessionSecret(context.Request)!, signed.Session.ShortLived);
        }
        return TypedResults.Ok(new { session = SessionView.From(signed.Session), user = signed.User });
    }

    private static async Task<IResult> ListSessionsAsync(HttpContext context, Sessions sessions, CancellationToken ct) =>
        TypedResults.Ok((await sessions.ListAsync(context.Actor().UserId!, ct)).Select(SessionView.From));

    private static async Task<IResult> RevokeSessionAsync(HttpContext context, Sessions sessions, CancellationToken ct)
    {
        if (!(await AuthBody.ReadAsync(context)).Succeeded(out var body, out var refusal)) { return Refuse(refusal); }
        var handle = body.Text("token");
        if (body.Refusal is { } invalid) { return Refuse(invalid); }
        if (!Id<Session>.TryParse(handle, null, out var id) || !await sessions.RevokeAsync(context.Actor().UserId!, id, ct))
        {
            return Refuse(AuthProblems.SessionNotFound);
        }
        return TypedResults.Ok(new { status = true });
    }

    private static async Task<IResult> RevokeAllAsync(
        HttpContext context, Db db, Sessions sessions, bool keepThis, CancellationToken ct)
    {
        var signed = ActorMiddleware.SignedIn(context)!;
        await sessions.RevokeAllAsync(db, signed.User.Id, keepThis ? signed.Session.Id : null, ct);
        return TypedResults.Ok(new { status = true });
    }

    private static async Task<IResult> UpdateUserAsync(HttpContext context, Accounts accounts, CancellationToken ct)
    {
        if (!(await AuthBody.ReadAsync(context)).Succeeded(out var body, out var refusal)) { return Refuse(refusal); }
        var (name, image) = (body.OptionalText("name", 128), body.OptionalText("image", 2048));
        if (body.Refusal is { } invalid) { return Refuse(invalid); }
        var outcome = await accounts.UpdateAsync(ActorMiddleware.SignedIn(context)!.User, name, body.Has("image"), image, ct);
        return outcome.Succeeded(out _, out var problem) ? TypedResults.Ok(new { status = true }) : Refuse(problem);
    }

    private static async Task<IResult> ChangePasswordAsync(
        HttpContext context, Accounts accounts, AuthCookies cookies, CancellationToken ct)
    {
        if (!(await AuthBody.ReadAsync(context)).Succeeded(out var body, out var refusal)) { return Refuse(refusal); }
        var (current, next) = (body.Text("currentPassword", 4096), body.Text("newPassword", 4096));
        var revokeOthers = body.Flag("revokeOtherSessions", otherwise: false);
        if (body.Refusal is { } invalid) { return Refuse(invalid); }

        var signed = ActorMiddleware.SignedIn(context)!;
        var outcome = await accounts.ChangePasswordAsync(signed, current, next, revokeOthers, From(context), ct);
        if (!outcome.Succeeded(out var session, out var problem) && problem is not null) { return Refuse(problem); }
        if (session is not null) { cookies.Send(context.Response, session); }
        return TypedResults.Ok(new { token = session?.Session.Id.ToString(), user = signed.User });
    }

    private static async Task<IResult> ResetPasswordAsync(HttpContext context, Accounts accounts, CancellationToken ct)
    {
        if (!(await AuthBody.ReadAsync(context)).Succeeded(out var body, out var refusal)) { return Refuse(refusal); }
        var (token, password) = (body.Text("token"), body.Text("newPassword", 4096));
        if (body.Refusal is { } invalid) { return Refuse(invalid); }
        return (await accounts.ResetPasswordAsync(token, password, ct)).Succeeded(out _, out var problem)
            ? TypedResults.Ok(new { status = true })
            : Refuse(problem);
    }

    private static Origin From(HttpContext context) => new(
        context.Connection.RemoteIpAddress?.MapToIPv4().ToString(),
        context.Request.Headers.UserAgent.ToString() is { Length: > 0 } agent ? agent : null);

    // better-auth clients read `message`.
    private static IResult Refuse(Problem problem) => TypedResults.Json(
        new { code = problem.Code, message = problem.Detail, error = problem.Detail }, statusCode: problem.Kind.Status());
}
