using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Wopr.Platform.Tests;

public sealed class QuotaTests : IAsyncLifetime
{
    private TestPlatform _platform = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _platform = await TestPlatform.StartAsync(Ct);

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Fact]
    public async Task A_tenant_reads_its_own_limits_and_no_others()
    {
        var (cookie, me) = await _platform.SignUpAsync("me@example.com", Ct);
        var (_, other) = await _platform.SignUpAsync("other@example.com", Ct);

        var own = await TextAsync("/api/quota", cookie);

        Assert.StartsWith($$"""{"tenant":"{{me}}","plan":"free","instances":{"current":0,"max":0,"remaining":-1},"resources":{"memoryLimitMb":2048,"cpuQuota":200000,"maxProcesses":512},""",
            own, StringComparison.Ordinal);
        Assert.Contains("\"snapshots\":{\"used\":0,\"max\":1,\"source\":\"plan\"}", own, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await _platform.GetAsync($"/api/quota?tenant={other}", cookie, Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _platform.GetAsync("/api/quota", null, Ct)).StatusCode);
    }

    [Fact]
    public async Task The_procedures_answer_as_the_contract_says()
    {
        var (cookie, _) = await _platform.SignUpAsync("rpc@example.com", Ct);

        Assert.Equal("""{"result":{"data":{"allowed":true,"currentInstances":0,"maxInstances":0}}}""",
            await TextAsync("/trpc/usage.quota", cookie));
        Assert.Contains("\"inGracePeriod\":false", await TextAsync("/trpc/usage.quotaCheck", cookie), StringComparison.Ordinal);
        Assert.Equal("""{"result":{"data":{"Memory":2147483648,"CpuQuota":200000,"PidsLimit":512}}}""",
            await TextAsync("/trpc/usage.resourceLimits", cookie));
        Assert.Equal("""{"Memory":2147483648,"CpuQuota":200000,"PidsLimit":512}""", await TextAsync("/api/quota/resource-limits", cookie));
        Assert.Contains("\"key\":\"beast\"", await TextAsync("/trpc/fleet.listResourceTiers", cookie), StringComparison.Ordinal);
        Assert.Contains("""{"key":"max","label":"Max","limitGb":100,"dailyCost":15}""", await TextAsync("/api/quota/tiers", cookie), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "quota.tenant_required")]
    [InlineData("?tenant=a-b", "quota.tenant_required")]
    [InlineData("?tenant=t1&activeInstances=x", "quota.bad_count")]
    [InlineData("?tenant=t1&activeInstances=-1", "quota.bad_count")]
    [InlineData("?tenant=t1&activeInstances=99999999999999999999", "quota.bad_count")]
    public async Task An_operator_says_whose_quota_and_how_many(string query, string code)
    {
        AsAdmin();

        var answer = await _platform.GetAsync($"/api/quota{query}", null, Ct);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(code, (await answer.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("code").GetString());
        Assert.Contains("\"current\":3", await TextAsync("/api/quota?tenant=t1&activeInstances=3", null), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operator_sets_and_clears_an_exception_and_others_cannot()
    {
        var (cookie, me) = await _platform.SignUpAsync("set@example.com", Ct);
        var path = $"/api/admin/quotas/tenants/{me}";
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(HttpMethod.Put, path, cookie, """{"limits":{"instances":5}}""")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(HttpMethod.Put, "/api/admin/quotas/plans/free", cookie, """{"limits":{"instances":5}}""")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(HttpMethod.Delete, $"{path}/instances", cookie, null)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await _platform.GetAsync(path, cookie, Ct)).StatusCode);

        AsAdmin();
        var set = await SendAsync(HttpMethod.Put, path, null, """{"plan":"pro","limits":{"instances":5}}""");
        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        Assert.Contains("\"instances\":{\"current\":0,\"max\":5,\"remaining\":5}", await set.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        Assert.Contains("\"source\":\"exception\"", await TextAsync(path, null), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Delete, $"{path}/instances", null, null)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Delete, $"{path}/instances", null, null)).StatusCode);
        Assert.Contains("\"plan\":\"pro\"", await TextAsync(path, null), StringComparison.Ordinal);

        var plans = await SendAsync(HttpMethod.Put, "/api/admin/quotas/plans/free", null, """{"limits":{"instances":2}}""");
        Assert.StartsWith("""[{"plan":"free","limits":{"instances":2,"storage_gb":null,"snapshots":1}}""",
            await plans.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tenants/t1", "{}", "quota.nothing_to_set")]
    [InlineData("tenants/t1", """{"plan":"gold"}""", "quota.unknown_plan")]
    [InlineData("tenants/t1", """{"limits":{"bots":1}}""", "quota.unknown")]
    [InlineData("tenants/t1", """{"limits":{"instances":-1}}""", "quota.bad_limit")]
    [InlineData("tenants/t1", """{"limits":{"instances":9999999999}}""", "quota.bad_limit")]
    [InlineData("tenants/a-b", """{"plan":"pro"}""", "quota.tenant_required")]
    [InlineData("plans/gold", """{"limits":{"instances":1}}""", "quota.unknown_plan")]
    public async Task What_cannot_be_set_is_refused_with_a_code(string path, string body, string code)
    {
        AsAdmin();

        var answer = await SendAsync(HttpMethod.Put, $"/api/admin/quotas/{path}", null, body);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(code, (await answer.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("code").GetString());
    }

    private void AsAdmin() =>
        _platform.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", TestPlatform.AdminToken);

    private async Task<string> TextAsync(string path, string? cookie) =>
        await (await _platform.GetAsync(path, cookie, Ct)).Content.ReadAsStringAsync(Ct);

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? cookie, string? body)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) { request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json"); }
        if (cookie is not null) { request.Headers.Add("Cookie", cookie); }
        return await _platform.Http.SendAsync(request, Ct);
    }
}
