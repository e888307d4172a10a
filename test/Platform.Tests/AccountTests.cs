using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Wopr.Platform.Tests;

public sealed class AccountTests : IAsyncLifetime
{
    private TestPlatform _platform = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _platform = await TestPlatform.StartAsync(Ct);

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Fact]
    public async Task The_first_steps_of_the_happy_path_answer_byte_for_byte()
    {
        var signUp = await _platform.PostAsync("/api/auth/sign-up/email", cookie: null,
            new { name = "Test User", email = "testuser@example.com", password = "Testpass1" }, Ct);
        Assert.Equal(HttpStatusCode.OK, signUp.StatusCode);
        Assert.StartsWith("better-auth.session_token=", TestPlatform.CookieOf(signUp), StringComparison.Ordinal);
        var user = (await signUp.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("user");
        Assert.Equal("testuser@example.com", user.GetProperty("email").GetString());

        var balance = await _platform.GetAsync("/trpc/billing.creditsBalance?input=%7B%7D", TestPlatform.CookieOf(signUp), Ct);

        Assert.Equal("{\"result\":{\"data\":{\"tenant\":\"" + user.GetProperty("id").GetString()
            + "\",\"balance_cents\":0,\"daily_burn_cents\":0,\"runway_days\":null}}}", await balance.Content.ReadAsStringAsync(Ct));
    }

    [Fact]
    public async Task Without_a_session_the_balance_asks_for_one()
    {
        var answer = await _platform.GetAsync("/trpc/billing.creditsBalance?input=%7B%7D", cookie: null, Ct);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains("Authentication required", await answer.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_many_sign_ups_with_one_address_one_wins()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(index => _platform.PostAsync("/api/auth/sign-up/email",
            cookie: null, new { name = "A", email = index % 2 == 0 ? "a@example.com" : "A@Example.com", password = "Testpass1" }, Ct)));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(7, answers.Count(answer => answer.StatusCode == HttpStatusCode.UnprocessableEntity));
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_person_are_told_the_same()
    {
        await _platform.SignUpAsync("known@example.com", Ct);

        var wrong = await _platform.PostAsync("/api/auth/sign-in/email", null, new { email = "known@example.com", password = "nope" }, Ct);
        var unknown = await _platform.PostAsync("/api/auth/sign-in/email", null, new { email = "who@example.com", password = "nope" }, Ct);

        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, unknown.StatusCode);
        var (first, second) = (await wrong.Content.ReadFromJsonAsync<JsonElement>(Ct), await unknown.Content.ReadFromJsonAsync<JsonElement>(Ct));
        Assert.Equal("INVALID_EMAIL_OR_PASSWORD", first.GetProperty("code").GetString());
        Assert.Equal("Invalid email or password", first.GetProperty("message").GetString());
        Assert.All(["code", "message", "detail", "title"],
            name => Assert.Equal(first.GetProperty(name).GetString(), second.GetProperty(name).GetString()));
    }

    [Fact]
    public async Task A_session_that_signed_out_is_dead_on_every_replica_within_a_second()
    {
        await using var other = await _platform.ReplicaAsync(Ct);
        var (cookie, _) = await _platform.SignUpAsync("out@example.com", Ct);
        Assert.NotEqual("null", await SessionAsync(other, cookie));

        await _platform.PostAsync("/api/auth/sign-out", cookie, new { }, Ct);

        Assert.Equal("null", await SessionAsync(_platform, cookie));
        await Task.Delay(TimeSpan.FromSeconds(1), Ct);
        Assert.Equal("null", await SessionAsync(other, cookie));
    }

    [Fact]
    public async Task The_token_in_a_session_list_revokes_but_never_signs_in()
    {
        var (cookie, _) = await _platform.SignUpAsync("list@example.com", Ct);
        var sessions = await (await _platform.GetAsync("/api/auth/list-sessions", cookie, Ct)).Content.ReadFromJsonAsync<JsonElement>(Ct);
        var handle = sessions[0].GetProperty("token").GetString()!;

        Assert.Equal("null", await SessionAsync(_platform, $"better-auth.session_token={handle}"));
        await _platform.PostAsync("/api/auth/revoke-session", cookie, new { token = handle }, Ct);
        Assert.Equal("null", await SessionAsync(_platform, cookie));
    }

    [Fact]
    public async Task Nobody_can_revoke_another_persons_session()
    {
        var (victim, _) = await _platform.SignUpAsync("victim@example.com", Ct);
        var (thief, _) = await _platform.SignUpAsync("thief@example.com", Ct);
        var sessions = await (await _platform.GetAsync("/api/auth/list-sessions", victim, Ct)).Content.ReadFromJsonAsync<JsonElement>(Ct);

        var answer = await _platform.PostAsync("/api/auth/revoke-session", thief,
            new { token = sessions[0].GetProperty("token").GetString() }, Ct);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.NotEqual("null", await SessionAsync(_platform, victim));
    }

    [Fact]
    public async Task Changing_the_password_can_end_the_other_sessions()
    {
        var (cookie, _) = await _platform.SignUpAsync("change@example.com", Ct);

        var answer = await _platform.PostAsync("/api/auth/change-password", cookie,
            new { currentPassword = "Testpass1", newPassword = "Testpass2", revokeOtherSessions = true }, Ct);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("null", await SessionAsync(_platform, cookie));
        Assert.NotEqual("null", await SessionAsync(_platform, TestPlatform.CookieOf(answer)));
        var old = await _platform.PostAsync("/api/auth/sign-in/email", null, new { email = "change@example.com", password = "Testpass1" }, Ct);
        Assert.Equal(HttpStatusCode.Unauthorized, old.StatusCode);
    }

    [Theory]
    [InlineData("http://evil.example", "INVALID_ORIGIN")]
    [InlineData("null", "MISSING_OR_NULL_ORIGIN")]
    [InlineData("", "MISSING_OR_NULL_ORIGIN")]
    public async Task A_write_by_cookie_from_another_site_is_refused(string origin, string code)
    {
        var (cookie, _) = await _platform.SignUpAsync("csrf@example.com", Ct);
        _platform.Http.DefaultRequestHeaders.Remove("Origin");
        if (origin.Length > 0) { _platform.Http.DefaultRequestHeaders.Add("Origin", origin); }

        var answer = await _platform.PostAsync("/api/auth/update-user", cookie, new { name = "Mallory" }, Ct);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains(code, await answer.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_foreign_tenant_in_header_or_input_is_refused()
    {
        var (_, victim) = await _platform.SignUpAsync("rich@example.com", Ct);
        var (thief, _) = await _platform.SignUpAsync("poor@example.com", Ct);
        var byInput = await _platform.GetAsync(
            $"/trpc/billing.creditsBalance?input={Uri.EscapeDataString($$"""{"tenant":"{{victim}}"}""")}", thief, Ct);
        Assert.Equal(HttpStatusCode.Forbidden, byInput.StatusCode);

        _platform.Http.DefaultRequestHeaders.Add("x-tenant-id", victim);
        var byHeader = await _platform.GetAsync("/trpc/billing.creditsBalance?input=%7B%7D", thief, Ct);
        Assert.Equal(HttpStatusCode.Forbidden, byHeader.StatusCode);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{\"name\":1,\"email\":2,\"password\":3}")]
    [InlineData("{\"name\":\"\\ud800\",\"email\":\"a@example.com\",\"password\":\"Testpass1\"}")]
    [InlineData("{\"name\":\"a\\u0000b\",\"email\":\"a@example.com\",\"password\":\"Testpass1\"}")]
    [InlineData("{\"name\":\"A\",\"email\":\"а@example.com\",\"password\":\"Testpass1\"}")]
    [InlineData("{\"name\":\"A\",\"email\":\"a@example.com\",\"password\":\"short\"}")]
    public async Task A_sign_up_that_cannot_be_read_is_refused_with_a_code(string body)
    {
        var answer = await _platform.Http.PostAsync("/api/auth/sign-up/email", new StringContent(body, Encoding.UTF8, "application/json"), Ct);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.NotEmpty((await answer.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("code").GetString()!);
    }

    [Fact]
    public async Task A_body_of_ten_megabytes_is_refused()
    {
        var body = new StringContent($$"""{"name":"{{new string('x', 10_000_000)}}"}""", Encoding.UTF8, "application/json");

        _platform.Http.DefaultRequestHeaders.ExpectContinue = true;

        var answer = await _platform.Http.PostAsync("/api/auth/sign-up/email", body, Ct);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    private static async Task<string> SessionAsync(TestPlatform platform, string cookie) =>
        await (await platform.GetAsync("/api/auth/get-session", cookie, Ct)).Content.ReadAsStringAsync(Ct);
}
