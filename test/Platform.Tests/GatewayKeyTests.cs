using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Wopr.Kernel;

namespace Wopr.Platform.Tests;

public sealed class GatewayKeyTests : IAsyncLifetime
{
    private const string Path = "/api/gateway/keys";

    private TestPlatform _platform = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _platform = await TestPlatform.StartAsync(Ct);

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Fact]
    public async Task A_key_is_made_listed_changed_and_revoked_by_REST()
    {
        var (cookie, _) = await _platform.SignUpAsync("gateway@example.com", Ct);
        var made = await SendAsync(HttpMethod.Post, Path, cookie, new { name = "Report", models = new[] { "a/b" }, dailyBudget = 2.5 });
        Assert.Equal("no-store", made.Headers.CacheControl?.ToString());
        var body = await JsonAsync(made);
        var (secret, id) = (body.GetProperty("secret").GetString()!, body.GetProperty("key").GetProperty("id").GetString()!);
        Assert.StartsWith("wopr_sk_", secret, StringComparison.Ordinal);

        var list = await TextAsync(await _platform.GetAsync(Path, cookie, Ct));
        Assert.Contains(id, list, StringComparison.Ordinal);
        Assert.DoesNotContain(secret[8..], list, StringComparison.Ordinal);

        var changed = await JsonAsync(await SendAsync(HttpMethod.Put, $"{Path}/{id}", cookie, new { name = "Daily", monthlyBudget = 9 }));
        Assert.Equal(("Daily", JsonValueKind.Null, 9m), (changed.GetProperty("name").GetString(),
            changed.GetProperty("dailyBudget").ValueKind, changed.GetProperty("monthlyBudget").GetDecimal()));

        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(HttpMethod.Delete, $"{Path}/{id}", cookie)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Delete, $"{Path}/{id}", cookie)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _platform.GetAsync($"{Path}/{id}", cookie, Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _platform.GetAsync($"{Path}/hello", cookie, Ct)).StatusCode);
    }

    [Fact]
    public async Task The_same_is_done_by_tRPC()
    {
        var (cookie, _) = await _platform.SignUpAsync("gateway@example.com", Ct);
        var made = (await JsonAsync(await _platform.PostAsync("/trpc/gateway.createKey", cookie, new { name = "Report" }, Ct)))
            .GetProperty("result").GetProperty("data");
        var id = made.GetProperty("key").GetProperty("id").GetString();

        await JsonAsync(await _platform.PostAsync("/trpc/gateway.updateKey", cookie, new { id, name = "Other", requestsPerMinute = 7 }, Ct));
        var keys = (await JsonAsync(await _platform.GetAsync("/trpc/gateway.keys", cookie, Ct))).GetProperty("result").GetProperty("data");
        Assert.Equal(("Other", 7), (keys[0].GetProperty("name").GetString(), keys[0].GetProperty("requestsPerMinute").GetInt32()));
        await JsonAsync(await _platform.PostAsync("/trpc/gateway.revokeKey", cookie, new { id }, Ct));
        Assert.Equal(HttpStatusCode.NotFound, (await _platform.PostAsync("/trpc/gateway.revokeKey", cookie, new { id }, Ct)).StatusCode);
    }

    [Theory]
    [InlineData(Path)]
    [InlineData("/trpc/gateway.createKey")]
    public async Task A_repeated_creation_makes_one_key_and_the_record_of_it_does_not_tell_the_secret(string path)
    {
        var (cookie, _) = await _platform.SignUpAsync("gateway@example.com", Ct);
        var first = await TextAsync(await SendAsync(HttpMethod.Post, path, cookie, new { name = "Report" }, "once"));
        var again = await SendAsync(HttpMethod.Post, path, cookie, new { name = "Report" }, "once");
        Assert.Equal(first, await TextAsync(again));
        Assert.True(again.Headers.Contains("Idempotency-Replayed"));

        var db = new Db(_platform.Source);
        Assert.Equal(1, await db.ValueAsync<long>($"select count(*) from gateway.key", Ct));
        var secret = first.Substring(first.IndexOf("wopr_sk_", StringComparison.Ordinal), 48);
        var kept = await db.ValueAsync<byte[]>($"select body from kernel.idempotency where key = 'once'", Ct);
        Assert.True(kept!.AsSpan().IndexOf(Encoding.ASCII.GetBytes(secret)) < 0);
        await IsNowhereAsync(db, secret);
    }

    [Fact]
    public async Task A_key_of_another_tenant_is_not_there()
    {
        var (cookie, _) = await _platform.SignUpAsync("gateway@example.com", Ct);
        var (other, _) = await _platform.SignUpAsync("other@example.com", Ct);
        var id = (await JsonAsync(await SendAsync(HttpMethod.Post, Path, cookie, new { name = "Mine" }))).GetProperty("key").GetProperty("id").GetString();

        foreach (var (method, body) in ((HttpMethod, object?)[])[(HttpMethod.Get, null), (HttpMethod.Put, new { name = "Yours" }), (HttpMethod.Delete, null)])
        {
            Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(method, $"{Path}/{id}", other, body)).StatusCode);
        }
        Assert.DoesNotContain("Mine", await TextAsync(await _platform.GetAsync(Path, other, Ct)), StringComparison.Ordinal);
        Assert.Contains("Mine", await TextAsync(await _platform.GetAsync(Path, cookie, Ct)), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _platform.GetAsync(Path, cookie: null, Ct)).StatusCode);
    }

    [Theory]
    [InlineData("""{"name":""}""", "gateway.bad_key_name")]
    [InlineData("""{"name":"a\u0007b"}""", "gateway.bad_key_name")]
    [InlineData("""{"name":"a\u202Eb"}""", "gateway.bad_key_name")]
    [InlineData("""{"name":"a\u0000b"}""", "request.bad_json")]
    [InlineData("""{"name":"\ud83d"}""", "request.bad_json")]
    [InlineData("""{"name":null}""", "request.bad_json")]
    [InlineData("""{}""", "request.bad_json")]
    [InlineData("""{"name":"x","tenantId":"t2"}""", "request.bad_json")]
    [InlineData("""{"name":"x","models":[null]}""", "gateway.bad_key_models")]
    [InlineData("""{"name":"x","models":["<script>"]}""", "gateway.bad_key_models")]
    [InlineData("""{"name":"x","dailyBudget":-1}""", "gateway.bad_key_budget")]
    [InlineData("""{"name":"x","dailyBudget":1e400}""", "request.bad_json")]
    [InlineData("""{"name":"x","requestsPerMinute":1.5}""", "request.bad_json")]
    [InlineData("""{"name":"x","botId":"not-one"}""", "request.bad_json")]
    public async Task What_cannot_be_a_key_is_refused(string body, string code)
    {
        var (cookie, _) = await _platform.SignUpAsync("gateway@example.com", Ct);
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("Cookie", cookie);
        var answer = await _platform.Http.SendAsync(request, Ct);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(code, (await answer.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("code").GetString());
    }

    /// <summary>Not in any row of any table, in no form that a text search finds.</summary>
    private static async Task IsNowhereAsync(Db db, string secret)
    {
        var tables = await db.QueryAsync($"""
            select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables
            where schemaname !~ '^(pg_|information_schema)'
            """, row => row.GetString(0), Ct);
        Assert.Contains("audit.event", tables);
        var (text, hex) = ($"%{secret[8..]}%", $"%{Convert.ToHexStringLower(Encoding.ASCII.GetBytes(secret[8..]))}%");
        foreach (var table in tables)
        {
            Assert.Equal("0", await db.ValueAsync<string>($"""
                select (xpath('/row/n/text()', query_to_xml(format(
                    'select count(*) as n from %s t where t::text like %L or t::text like %L', {table}, {text}, {hex}), false, true, '')))[1]::text
                """, Ct));
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string cookie, object? body = null, string? key = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Cookie", cookie);
        if (key is not null) { request.Headers.Add("Idempotency-Key", key); }
        if (body is not null) { request.Content = JsonContent.Create(body); }
        return await _platform.Http.SendAsync(request, Ct);
    }

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage response)
    {
        Assert.True(response.IsSuccessStatusCode, await TextAsync(response));
        return await response.Content.ReadFromJsonAsync<JsonElement>(Ct);
    }

    private static Task<string> TextAsync(HttpResponseMessage response) => response.Content.ReadAsStringAsync(Ct);
}
