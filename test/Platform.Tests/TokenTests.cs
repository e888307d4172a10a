using System.Net;
using System.Net.Http.Headers;

namespace Wopr.Platform.Tests;

public sealed class TokenTests : IAsyncLifetime
{
    private const string BoundToken = "a-token-of-the-operator-for-one-tenant";

    private TestPlatform _platform = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _platform = await TestPlatform.StartAsync(Ct,
        ("FLEET_TOKEN_acme", $"read:{BoundToken}"), ("FLEET_API_TOKEN_READ", "a-token-of-the-operator-that-reads"));

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Fact]
    public async Task A_token_acts_for_its_tenant_within_its_scope_until_it_is_revoked()
    {
        var ann = await new Browser(_platform).SignUpAsync("token-maker@example.com");
        var created = await ann.PostAsync("/api/tokens", new { name = "script", scope = "read" });
        Assert.Equal(HttpStatusCode.OK, created.Status);
        var token = created.Text("token");
        Assert.Matches("^wopr_read_[A-Za-z0-9]{40}$", token);

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(HttpMethod.Get, "/trpc/settings.tenantConfig", token));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(HttpMethod.Post, "/api/orgs", token));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(HttpMethod.Get, "/api/auth/list-sessions", token));
        var listed = (await ann.GetAsync("/api/tokens")).At("items")[0];
        Assert.Equal(("script", token[^4..]), (listed.GetProperty("name").GetString()!, listed.GetProperty("hint").GetString()!));
        Assert.DoesNotContain(token, listed.ToString(), StringComparison.Ordinal);

        var revoked = await ann.SendAsync(HttpMethod.Delete, $"/api/tokens/{created.Text("details", "id")}", null);
        Assert.Equal(HttpStatusCode.NoContent, revoked.Status);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(HttpMethod.Get, "/trpc/settings.tenantConfig", token));
    }

    [Fact]
    public async Task A_token_is_never_stored_in_clear()
    {
        var ann = await new Browser(_platform).SignUpAsync("stored-token@example.com");
        var token = (await ann.PostAsync("/api/tokens", new { name = "script", scope = "write" })).Text("token");

        await using var command = _platform.Source.CreateCommand("select string_agg(t::text, ' ') from auth.api_token t");
        Assert.DoesNotContain(token, (string)(await command.ExecuteScalarAsync(Ct))!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_sees_or_revokes_another_tenants_tokens()
    {
        var ann = await new Browser(_platform).SignUpAsync("token-ann@example.com");
        var bob = await new Browser(_platform).SignUpAsync("token-bob@example.com");
        var created = await ann.PostAsync("/api/tokens", new { name = "script", scope = "admin" });

        Assert.Equal(0, (await bob.GetAsync("/api/tokens")).At("items").GetArrayLength());
        var answer = await bob.SendAsync(HttpMethod.Delete, $"/api/tokens/{created.Text("details", "id")}", null);
        Assert.Equal((HttpStatusCode.NotFound, "token.not_found"), (answer.Status, answer.Code));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(HttpMethod.Get, "/trpc/settings.ping", created.Text("token"), bob.UserId));
    }

    [Fact]
    public async Task A_token_falls_with_its_makers_role()
    {
        var owner = await new Browser(_platform).SignUpAsync("token-owner@example.com");
        var maker = await new Browser(_platform).SignUpAsync("token-demoted@example.com");
        var org = (await owner.PostAsync("/api/orgs", new { name = "Tokens" })).Text("id");
        await _platform.ExecuteAsync($"insert into auth.member values ('{org}', '{maker.UserId}', 'admin', now())", Ct);
        maker.TenantId = org;
        var token = (await maker.PostAsync("/api/tokens", new { name = "script", scope = "admin" })).Text("token");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(HttpMethod.Get, "/api/tokens", token));

        await owner.SendAsync(HttpMethod.Patch, $"/api/orgs/{org}/members/{maker.UserId}", new { role = "viewer" });
        await Task.Delay(TimeSpan.FromSeconds(1), Ct);
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(HttpMethod.Get, "/api/tokens", token));

        await owner.SendAsync(HttpMethod.Delete, $"/api/orgs/{org}/members/{maker.UserId}", null);
        await Task.Delay(TimeSpan.FromSeconds(1), Ct);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(HttpMethod.Get, "/api/tokens", token));
    }

    [Fact]
    public async Task A_viewer_makes_no_tokens_and_a_member_no_admin_tokens()
    {
        var owner = await new Browser(_platform).SignUpAsync("roles-owner@example.com");
        var person = await new Browser(_platform).SignUpAsync("roles-person@example.com");
        var org = (await owner.PostAsync("/api/orgs", new { name = "Roles" })).Text("id");
        await _platform.ExecuteAsync($"insert into auth.member values ('{org}', '{person.UserId}', 'member', now())", Ct);
        person.TenantId = org;

        Assert.Equal("auth.insufficient_role", (await person.PostAsync("/api/tokens", new { name = "x", scope = "admin" })).Code);
        Assert.Equal("token.bad_name", (await person.PostAsync("/api/tokens", new { name = " ", scope = "read" })).Code);
        Assert.Equal("request.bad_json", (await person.PostAsync("/api/tokens", new { name = "x", scope = "everything" })).Code);
        await _platform.ExecuteAsync($"update auth.member set role = 'viewer' where user_id = '{person.UserId}' and tenant_id = '{org}'", Ct);
        await Task.Delay(TimeSpan.FromSeconds(1), Ct);
        Assert.Equal("auth.insufficient_role", (await person.PostAsync("/api/tokens", new { name = "x", scope = "read" })).Code);
    }

    [Theory]
    [InlineData("wopr_admin_0000000000000000000000000000000000000000")]
    [InlineData("nonsense")]
    [InlineData("")]
    public async Task A_token_nobody_made_is_refused(string token) =>
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(HttpMethod.Get, "/trpc/settings.ping", token));

    [Fact]
    public async Task The_operators_tokens_work_as_configured()
    {
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(HttpMethod.Get, "/api/admin/users", TestPlatform.AdminToken));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(HttpMethod.Get, "/trpc/settings.ping", BoundToken));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(HttpMethod.Get, "/api/admin/users", BoundToken));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(HttpMethod.Get, "/api/admin/users", "a-token-of-the-operator-that-reads"));
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(HttpMethod.Get, "/trpc/settings.ping", TestPlatform.AdminToken));
    }

    private async Task<HttpStatusCode> StatusAsync(HttpMethod method, string path, string token, string? tenant = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (tenant is not null) { request.Headers.Add("x-tenant-id", tenant); }
        if (method == HttpMethod.Post) { request.Content = new StringContent("""{"name":"Mine"}""", null, "application/json"); }
        using var response = await _platform.Http.SendAsync(request, Ct);
        return response.StatusCode;
    }
}
