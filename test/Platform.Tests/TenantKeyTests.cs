using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Wopr.Kernel;

namespace Wopr.Platform.Tests;

public sealed class TenantKeyTests : IAsyncLifetime
{
    private const string Key = "sk-ant-api03-abcdefghijklmnopqrstuvw";

    private TestPlatform _platform = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _platform = await TestPlatform.StartAsync(Ct);

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Fact]
    public async Task A_key_goes_in_is_listed_masked_and_never_comes_out()
    {
        var (cookie, me) = await _platform.SignUpAsync("keys@example.com", Ct);

        var put = await PutAsync("anthropic", cookie, new { apiKey = Key, label = "work" });
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        var list = await TextAsync("/api/tenant-keys", cookie);
        var one = await TextAsync("/api/tenant-keys/anthropic", cookie);
        var rpc = await TextAsync("/trpc/capabilities.listKeys", cookie);

        foreach (var text in (string[])[await put.Content.ReadAsStringAsync(Ct), list, one, rpc])
        {
            Assert.DoesNotContain("abcdefgh", text, StringComparison.Ordinal);
        }
        var shown = JsonDocument.Parse(list).RootElement.GetProperty("keys")[0];
        Assert.Equal(("anthropic", "work", "...tuvw", me), (shown.GetProperty("provider").GetString(),
            shown.GetProperty("label").GetString(), shown.GetProperty("masked_key").GetString(),
            shown.GetProperty("tenant_id").GetString()));
        Assert.Equal(shown.ToString(), JsonDocument.Parse(one).RootElement.ToString());
    }

    [Fact]
    public async Task Storing_again_replaces_and_deleting_forgets_and_each_leaves_a_trace()
    {
        var (cookie, me) = await _platform.SignUpAsync("keys@example.com", Ct);
        await PutAsync("openai", cookie, new { apiKey = "sk-first-0123456789" });
        await _platform.PostAsync("/trpc/capabilities.storeKey", cookie, new { provider = "openai", apiKey = "sk-second-987654321x" }, Ct);

        Assert.Contains("...321x", await TextAsync("/api/tenant-keys", cookie), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await DeleteAsync("openai", cookie)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await DeleteAsync("openai", cookie)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _platform.GetAsync("/api/tenant-keys/openai", cookie, Ct)).StatusCode);

        var trail = await new Db(_platform.Source).QueryAsync(
            $"select action || ' ' || target from audit.event where tenant_id = {me} and action like 'tenant_keys.%' order by id",
            row => row.GetString(0), Ct);
        Assert.Equal(["tenant_keys.stored tenant_key:openai", "tenant_keys.stored tenant_key:openai",
            "tenant_keys.deleted tenant_key:openai"], trail);
    }

    [Fact]
    public async Task Nobody_sees_or_touches_the_keys_of_others()
    {
        var (mine, me) = await _platform.SignUpAsync("mine@example.com", Ct);
        var (thief, _) = await _platform.SignUpAsync("thief@example.com", Ct);
        await PutAsync("anthropic", mine, new { apiKey = Key });

        Assert.Equal("{\"keys\":[]}", await TextAsync("/api/tenant-keys", thief));
        Assert.Equal(HttpStatusCode.NotFound, (await DeleteAsync("anthropic", thief)).StatusCode);
        _platform.Http.DefaultRequestHeaders.Add("x-tenant-id", me);
        Assert.Equal(HttpStatusCode.Forbidden, (await _platform.GetAsync("/api/tenant-keys", thief, Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _platform.GetAsync("/api/tenant-keys", null, Ct)).StatusCode);
    }

    [Fact]
    public async Task A_member_may_look_and_only_an_admin_may_write()
    {
        var (cookie, me) = await _platform.SignUpAsync("member@example.com", Ct);
        var (_, owner) = await _platform.SignUpAsync("owner@example.com", Ct);
        await new Db(_platform.Source).ExecuteAsync(
            $"insert into auth.member (tenant_id, user_id, role, joined_at) values ({owner}, {me}, 'member', now())", Ct);
        _platform.Http.DefaultRequestHeaders.Add("x-tenant-id", owner);

        Assert.Equal(HttpStatusCode.OK, (await _platform.GetAsync("/api/tenant-keys", cookie, Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await PutAsync("anthropic", cookie, new { apiKey = Key })).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await DeleteAsync("anthropic", cookie)).StatusCode);
        var rpc = await _platform.PostAsync("/trpc/capabilities.storeKey", cookie, new { provider = "openai", apiKey = Key }, Ct);
        Assert.Equal(HttpStatusCode.Forbidden, rpc.StatusCode);
    }

    [Theory]
    [InlineData("acme", "{\"apiKey\":\"abc\"}", "tenant_keys.unknown_provider")]
    [InlineData("openai", "{\"apiKey\":\"\"}", "tenant_keys.unusable")]
    [InlineData("openai", "{\"apiKey\":\"with space\"}", "tenant_keys.unusable")]
    [InlineData("openai", "{\"apiKey\":\"schlüssel\"}", "tenant_keys.unusable")]
    [InlineData("openai", "{\"apiKey\":\"abc\",\"provider\":\"google\"}", "tenant_keys.other_provider")]
    [InlineData("openai", "{\"apiKey\":\"abc\",\"label\":\"a\\u0000b\"}", "request.bad_json")]
    [InlineData("openai", "{\"apiKey\":\"abc\",\"label\":\"a\\u0007b\"}", "tenant_keys.label_too_long")]
    [InlineData("openai", "{\"key\":\"abc\"}", "request.bad_json")]
    [InlineData("openai", "{}", "request.bad_json")]
    public async Task A_key_that_cannot_be_stored_is_refused_with_a_code(string provider, string body, string code)
    {
        var (cookie, _) = await _platform.SignUpAsync("bad@example.com", Ct);

        var answer = await PutAsync(provider, cookie, JsonDocument.Parse(body).RootElement);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Ct);
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.Equal(provider == "acme", problem.TryGetProperty("validProviders", out _));
        Assert.Equal("{\"keys\":[]}", await TextAsync("/api/tenant-keys", cookie));
    }

    [Fact]
    public async Task A_procedure_repeated_under_one_idempotency_key_runs_once()
    {
        var (cookie, me) = await _platform.SignUpAsync("twice@example.com", Ct);
        _platform.Http.DefaultRequestHeaders.Add("Idempotency-Key", "k1");
        var body = new { provider = "openai", apiKey = "sk-first-0123456789" };

        var first = await _platform.PostAsync("/trpc/capabilities.storeKey", cookie, body, Ct);
        var second = await _platform.PostAsync("/trpc/capabilities.storeKey", cookie, body, Ct);

        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        Assert.Equal(await first.Content.ReadAsStringAsync(Ct), await second.Content.ReadAsStringAsync(Ct));
        Assert.Equal(1, await new Db(_platform.Source).ValueAsync<long>(
            $"select count(*) from audit.event where tenant_id = {me} and action = 'tenant_keys.stored'", Ct));
        var other = await _platform.PostAsync("/trpc/capabilities.deleteKey", cookie, new { provider = "openai" }, Ct);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);
    }

    [Fact]
    public async Task A_key_can_be_tried_for_its_form_without_being_stored()
    {
        var (cookie, _) = await _platform.SignUpAsync("try@example.com", Ct);

        var good = await _platform.PostAsync("/trpc/capabilities.testKey", cookie, new { provider = "anthropic", key = Key }, Ct);
        var bad = await _platform.PostAsync("/trpc/capabilities.testKey", cookie, new { provider = "openai", key = Key }, Ct);

        Assert.Contains("\"valid\":true", await good.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        Assert.Contains("starts with sk-", await bad.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        Assert.Equal("{\"keys\":[]}", await TextAsync("/api/tenant-keys", cookie));
    }

    private async Task<string> TextAsync(string path, string cookie) =>
        await (await _platform.GetAsync(path, cookie, Ct)).Content.ReadAsStringAsync(Ct);

    private async Task<HttpResponseMessage> PutAsync(string provider, string cookie, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/api/tenant-keys/{provider}") { Content = JsonContent.Create(body) };
        request.Headers.Add("Cookie", cookie);
        return await _platform.Http.SendAsync(request, Ct);
    }

    private async Task<HttpResponseMessage> DeleteAsync(string provider, string cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"/api/tenant-keys/{provider}");
        request.Headers.Add("Cookie", cookie);
        return await _platform.Http.SendAsync(request, Ct);
    }
}
