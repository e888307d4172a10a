using Wopr.Sandbox.OAuth;

namespace Wopr.Sandbox.GitHub;

/// <summary>
/// Signing in with GitHub: <c>GITHUB_BASE_URL=http://localhost:3900/github</c>,
/// <c>GITHUB_API_URL=http://localhost:3900/github/api</c>.
/// </summary>
internal static class GitHubFake
{
    public static void MapGitHub(this WebApplication app)
    {
        var grants = new Grants(app.Services.GetRequiredService<TimeProvider>());
        var github = app.MapGroup("/github");
        github.MapConsent("/login/oauth/authorize", "GitHub", grants);
        github.MapPost("/login/oauth/access_token", async (HttpRequest request, CancellationToken ct) =>
            ChangeCode(grants, await request.ReadFormAsync(ct), request.Headers.Accept.ToString()));
        github.MapGet("/api/user", (HttpRequest request) => User(grants.Of(request)));
        github.MapGet("/api/user/emails", (HttpRequest request) => Emails(grants.Of(request)));
    }

    // GitHub says 200 even to a bad code, and answers a form unless JSON is asked for.
    private static IResult ChangeCode(Grants grants, IFormCollection form, string accept)
    {
        Dictionary<string, string> answer = grants.Exchange(form) is var (token, grant)
            ? new() { ["access_token"] = token, ["scope"] = grant.Scope ?? "", ["token_type"] = "bearer" }
            : new()
            {
                ["error"] = "bad_verification_code",
                ["error_description"] = "The code passed is incorrect or expired.",
            };
        return accept.Contains("json", StringComparison.Ordinal)
            ? Results.Ok(answer)
            : Results.Text(QueryString.Create(answer!).ToString().TrimStart('?'), "application/x-www-form-urlencoded");
    }

    private static IResult User(Grant? grant)
    {
        if (grant is null) { return BadCredentials(); }
        var login = grant.Email.Split('@')[0].Replace('.', '-').Replace('+', '-');
        return Results.Ok(new
        {
            Id = Grants.NumberOf(grant.Email),
            Login = login,
            Name = login,
            Email = (string?)null,
            Type = "User",
            AvatarUrl = "https://avatars.githubusercontent.com/u/0",
        });
    }

    private static IResult Emails(Grant? grant) => grant is null
        ? BadCredentials()
        : Results.Ok((object[])[new
        {
            grant.Email, Primary = true, Verified = Grants.IsVerified(grant.Email), Visibility = "private",
        }]);

    private static IResult BadCredentials() => Results.Json(new { Message = "Bad credentials", Status = "401" },
        new System.Text.Json.JsonSerializerOptions(System.Text.Json.JsonSerializerDefaults.Web), statusCode: 401);
}
