using System.Net;

namespace Wopr.Platform.Tests;

public sealed class OperatorTests : IAsyncLifetime
{
    private TestPlatform _platform = null!;
    private Browser _operator = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _platform = await TestPlatform.StartAsync(Ct);
        _operator = await new Browser(_platform).SignUpAsync($"operator-{Guid.CreateVersion7():n}@example.com");
        await _platform.ExecuteAsync($"update auth.user set platform_role = 'platform_admin' where id = '{_operator.UserId}'", Ct);
        await Task.Delay(TimeSpan.FromSeconds(1), Ct);
    }

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Fact]
    public async Task People_are_found_by_part_of_their_address_in_pages()
    {
        for (var index = 0; index < 3; index++) { await new Browser(_platform).SignUpAsync($"find_me{index}@example.com"); }
        await new Browser(_platform).SignUpAsync("findXme9@example.com");

        var first = await _operator.GetAsync("/api/admin/users?query=FIND_ME&limit=2");
        var rest = await _operator.GetAsync($"/api/admin/users?query=FIND_ME&limit=2&cursor={first.Text("nextCursor")}");

        string[] found = [.. first.At("items").EnumerateArray().Concat(rest.At("items").EnumerateArray()).Select(user => user.GetProperty("email").GetString()!)];
        Assert.Equal(["find_me2@example.com", "find_me1@example.com", "find_me0@example.com"], found);
        Assert.Equal("invalid_cursor", (await _operator.GetAsync("/api/admin/users?cursor=x")).Code);
    }

    [Fact]
    public async Task A_suspended_tenant_reads_and_changes_nothing_until_it_is_reactivated()
    {
        var ann = await new Browser(_platform).SignUpAsync("suspended@example.com");

        Assert.Equal("admin.no_reason", (await _operator.PostAsync($"/api/admin/tenants/{ann.UserId}/suspend", new { reason = " " })).Code);
        var suspended = await _operator.PostAsync($"/api/admin/tenants/{ann.UserId}/suspend", new { reason = "abuse" });
        Assert.Equal(HttpStatusCode.NoContent, suspended.Status);

        Assert.Equal("tenant.suspended", (await ann.PostAsync("/api/tokens", new { name = "x", scope = "read" })).Code);
        Assert.Equal(HttpStatusCode.OK, (await ann.GetAsync("/api/tokens")).Status);
        await _operator.PostAsync($"/api/admin/tenants/{ann.UserId}/reactivate");
        Assert.Equal(HttpStatusCode.OK, (await ann.PostAsync("/api/tokens", new { name = "x", scope = "read" })).Status);
    }

    [Fact]
    public async Task With_its_tenant_a_bot_is_suspended_and_goes_on()
    {
        var ann = await new Browser(_platform).SignUpAsync("suspended-bots@example.com");
        var bot = await _platform.AddBotAsync(ann.UserId, Ct);

        await _operator.PostAsync($"/api/admin/tenants/{ann.UserId}/suspend", new { reason = "abuse" });
        await _platform.UntilAsync($"select billing_state = 'suspended' from fleet.bot where id = '{bot}'", Ct);

        await _operator.PostAsync($"/api/admin/tenants/{ann.UserId}/reactivate");
        await _platform.UntilAsync($"select billing_state = 'active' from fleet.bot where id = '{bot}'", Ct);
    }

    [Fact]
    public async Task Looking_through_somebodys_eyes_reads_only_is_on_the_record_and_ends()
    {
        var ann = await new Browser(_platform).SignUpAsync("looked-through@example.com");

        var began = await _operator.PostAsync($"/api/admin/users/{ann.UserId}/impersonate");
        Assert.Equal(HttpStatusCode.OK, began.Status);
        var session = await _operator.GetAsync("/api/auth/get-session");
        Assert.Equal((ann.UserId, _operator.UserId), (session.Text("user", "id"), session.Text("session", "impersonatedBy")));
        Assert.Equal("auth.read_only", (await _operator.PostAsync("/api/auth/update-user", new { name = "Mallory" })).Code);
        Assert.Equal("auth.read_only", (await _operator.PostAsync("/api/tokens", new { name = "x", scope = "read" })).Code);
        Assert.Equal(HttpStatusCode.Forbidden, (await _operator.GetAsync("/api/admin/users")).Status);

        Assert.Equal(HttpStatusCode.NoContent, (await _operator.PostAsync("/api/admin/stop-impersonating")).Status);
        Assert.Equal(_operator.UserId, (await _operator.GetAsync("/api/auth/get-session")).Text("user", "id"));
        var trail = await ann.GetAsync("/api/audit?action=auth.impersonated");
        Assert.Equal(1, trail.At("items").GetArrayLength());
    }

    [Fact]
    public async Task No_operator_is_looked_through_and_the_last_one_stays()
    {
        Assert.Equal("admin.is_admin", (await _operator.PostAsync($"/api/admin/users/{_operator.UserId}/impersonate")).Code);
        Assert.Equal("admin.last_admin", (await RoleAsync(_operator.UserId, "user")).Code);

        var second = await new Browser(_platform).SignUpAsync("second-operator@example.com");
        Assert.Equal("admin.bad_role", (await RoleAsync(second.UserId, "king")).Code);
        Assert.Equal(HttpStatusCode.NoContent, (await RoleAsync(second.UserId, "platform_admin")).Status);
        Assert.Equal(HttpStatusCode.OK, (await second.GetAsync("/api/admin/users")).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await RoleAsync(second.UserId, "user")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await second.GetAsync("/api/admin/users")).Status);
    }

    [Fact]
    public async Task Everybody_else_is_kept_out()
    {
        var ann = await new Browser(_platform).SignUpAsync("no-operator@example.com");

        Assert.Equal("auth.admin_required", (await ann.GetAsync("/api/admin/users")).Code);
        Assert.Equal("auth.admin_required", (await ann.PostAsync($"/api/admin/users/{_operator.UserId}/impersonate")).Code);
        Assert.Equal("auth.required", (await new Browser(_platform).GetAsync("/api/admin/tenants")).Code);
    }

    private Task<Answer> RoleAsync(string userId, string role) =>
        _operator.SendAsync(HttpMethod.Put, $"/api/admin/users/{userId}/role", new { role });
}
