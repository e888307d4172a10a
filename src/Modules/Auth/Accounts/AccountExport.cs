using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>Everything the accounts hold about one person, for that person.</summary>
internal sealed record AccountExport(
    User User, IReadOnlyList<SessionView> Sessions, IReadOnlyList<Login> Logins, IReadOnlyList<LinkedAccount> Accounts,
    IReadOnlyList<OrganizationSummary> Organizations, IReadOnlyList<ApiToken> Tokens);

internal static class AccountExportRoutes
{
    private const int LoginsMax = 10_000;

    public static void MapAccountExport(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/account/export", ExportAsync).Requires(Access.User).WithTags("Account").WithName("exportAccount");
        routes.MapGet("/api/account/logins", async (HttpContext context, LoginHistory logins, CancellationToken ct) =>
            new Page<Login>(await logins.ListAsync(context.Actor().UserId!, 100, ct), null))
            .Requires(Access.User).WithTags("Account").WithName("listLogins");
    }

    private static async Task<AccountExport> ExportAsync(
        HttpContext context, Db db, Sessions sessions, LoginHistory logins, ApiTokens tokens, CancellationToken ct)
    {
        var (actor, user) = (context.Actor(), context.Signed()!.User);
        context.Response.Headers.ContentDisposition = "attachment; filename=\"wopr-account.json\"";
        return new(user,
            [.. (await sessions.ListAsync(user.Id, ct)).Select(SessionView.From)],
            await logins.ListAsync(user.Id, LoginsMax, ct),
            await SocialSql.ListAsync(db, user.Id, ct),
            await OrganizationSql.ListAsync(db, user.Id, ct),
            await tokens.ListAsync(actor with { TenantId = user.Id }, ct));
    }
}
