using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Platform.Tests;

public sealed class AuditTests : IAsyncLifetime
{
    private TestPlatform _platform = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _platform = await TestPlatform.StartAsync(Ct);

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Fact]
    public async Task A_tenant_sees_its_own_trail_and_no_other()
    {
        var (mine, me) = await _platform.SignUpAsync("mine@example.com", Ct);
        var (_, other) = await _platform.SignUpAsync("other@example.com", Ct);
        await WriteAsync(me, "mine.done");
        await WriteAsync(other, "other.done");

        var actions = await ActionsAsync("/api/audit", mine);
        Assert.Contains("mine.done", actions);
        Assert.DoesNotContain("other.done", actions);
        Assert.Empty(await ActionsAsync("/api/audit?action=other.done", mine));
        Assert.Empty(await ActionsAsync($"/api/audit?actor={other}", mine));
        var foreign = await _platform.GetAsync($"/api/audit?tenant={other}", mine, Ct);
        Assert.Equal(HttpStatusCode.Forbidden, foreign.StatusCode);
    }

    [Fact]
    public async Task Without_the_right_to_it_nobody_reads_a_trail()
    {
        var (cookie, _) = await _platform.SignUpAsync("curious@example.com", Ct);

        Assert.Equal(HttpStatusCode.Unauthorized, (await _platform.GetAsync("/api/audit", null, Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _platform.GetAsync("/api/admin/audit", null, Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await _platform.GetAsync("/api/admin/audit", cookie, Ct)).StatusCode);
    }

    [Theory]
    [InlineData("member", HttpStatusCode.Forbidden)]
    [InlineData("admin", HttpStatusCode.OK)]
    public async Task In_an_organisation_the_trail_is_for_its_admins(string role, HttpStatusCode status)
    {
        var (cookie, me) = await _platform.SignUpAsync("staff@example.com", Ct);
        var (_, owner) = await _platform.SignUpAsync("boss@example.com", Ct);
        await new Db(_platform.Source).ExecuteAsync(
            $"insert into auth.member (tenant_id, user_id, role, joined_at) values ({owner}, {me}, {role}, now())", Ct);

        _platform.Http.DefaultRequestHeaders.Add("x-tenant-id", owner);

        Assert.Equal(status, (await _platform.GetAsync("/api/audit", cookie, Ct)).StatusCode);
    }

    [Fact]
    public async Task An_operator_finds_by_any_field()
    {
        await WriteAsync("t1", "auth.signed_in", target: "user:a");
        await WriteAsync("t1", "auth.signed_out", target: "user:b");
        await WriteAsync("t2", "fleet.created", target: "bot:c", actor: new(ActorKind.Token, "t"));

        _platform.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", TestPlatform.AdminToken);

        Assert.Equal(3, (await ActionsAsync("/api/admin/audit")).Count);
        Assert.Equal(["auth.signed_out", "auth.signed_in"], await ActionsAsync("/api/admin/audit?action=auth.*"));
        Assert.Equal(["auth.signed_in"], await ActionsAsync("/api/admin/audit?action=auth.signed_in"));
        Assert.Empty(await ActionsAsync("/api/admin/audit?action=auth"));
        Assert.Equal(["fleet.created"], await ActionsAsync("/api/admin/audit?tenant=t2"));
        Assert.Equal(["fleet.created"], await ActionsAsync("/api/admin/audit?actor=token:t"));
        Assert.Empty(await ActionsAsync("/api/admin/audit?actor=user:t"));
        Assert.Equal(["auth.signed_out"], await ActionsAsync("/api/admin/audit?target=user:b"));
        Assert.Empty(await ActionsAsync("/api/admin/audit?actor=%00"));
        Assert.Empty(await ActionsAsync("/api/admin/audit?to=2020-01-01T00:00:00Z"));
        Assert.Equal(3, (await ActionsAsync("/api/admin/audit?from=2020-01-01T00:00:00%2B02:00")).Count);
    }

    [Fact]
    public async Task Long_trails_come_in_pages()
    {
        var (cookie, me) = await _platform.SignUpAsync("pages@example.com", Ct);
        for (var index = 0; index < 7; index++) { await WriteAsync(me, $"step.{index}"); }
        List<string> seen = [];
        string? cursor = null;
        do
        {
            var answer = await _platform.GetAsync($"/api/audit?action=step.*&limit=3&cursor={cursor}", cookie, Ct);
            var page = await answer.Content.ReadFromJsonAsync<JsonElement>(Ct);
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("action").GetString()!));
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);

        Assert.Equal(Enumerable.Range(0, 7).Reverse().Select(index => $"step.{index}"), seen);
    }

    [Theory]
    [InlineData("cursor=rubbish", "invalid_cursor")]
    [InlineData("limit=0", "invalid_limit")]
    [InlineData("limit=101", "invalid_limit")]
    [InlineData("limit=many", "request.invalid")]
    [InlineData("from=yesterday", "request.invalid")]
    public async Task A_query_that_cannot_be_read_is_a_problem(string query, string code)
    {
        var (cookie, _) = await _platform.SignUpAsync("bad@example.com", Ct);

        var answer = await _platform.GetAsync($"/api/audit?{query}", cookie, Ct);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(code, (await answer.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("code").GetString());
    }

    private Task WriteAsync(string tenant, string action, string target = "thing:1", Actor? actor = null) => new AuditLog().WriteAsync(
        new Db(_platform.Source), actor ?? new(ActorKind.User, "u1"),
        new(action, target, tenant, new Dictionary<string, string> { ["n"] = 1.ToString(CultureInfo.InvariantCulture) }), Ct);

    private async Task<List<string>> ActionsAsync(string path, string? cookie = null)
    {
        var answer = await _platform.GetAsync(path, cookie, Ct);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var page = await answer.Content.ReadFromJsonAsync<JsonElement>(Ct);
        // The hourly job may seal what a test wrote.
        return [.. page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("action").GetString()!)
            .Where(action => action != "audit.sealed")];
    }
}
