using System.Net;

namespace Wopr.Platform.Tests;

public sealed class OrganizationTests : IAsyncLifetime
{
    private TestPlatform _platform = null!;
    private Browser _owner = null!;
    private string _org = "";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _platform = await TestPlatform.StartAsync(Ct);
        _owner = await new Browser(_platform).SignUpAsync($"owner-{Guid.CreateVersion7():n}@example.com", "Olive Owner");
        var created = await _owner.PostAsync("/api/orgs", new { name = "Acme", slug = $"acme-{Guid.CreateVersion7():n}" });
        Assert.Equal(HttpStatusCode.Created, created.Status);
        _org = created.Text("id");
    }

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Fact]
    public async Task An_invitation_brings_somebody_in_with_its_role_once()
    {
        var member = await JoinAsync("member");

        Assert.Equal("member", (await MembersAsync()).Single(person => person.UserId == member.UserId).Role);
        var orgs = (await member.GetAsync("/api/orgs")).At("orgs").EnumerateArray().Select(org => org.GetProperty("id").GetString());
        Assert.Contains(_org, orgs);
        Assert.Equal(0, (await _owner.GetAsync($"/api/orgs/{_org}")).At("invites").GetArrayLength());
    }

    [Fact]
    public async Task An_invitation_is_for_the_address_it_was_sent_to()
    {
        var link = await InviteAsync("invited-one@example.com", "admin");
        var thief = await new Browser(_platform).SignUpAsync($"thief-{Guid.CreateVersion7():n}@example.com");

        var answer = await thief.PostAsync(link);

        Assert.Equal((HttpStatusCode.BadRequest, "org.bad_invitation"), (answer.Status, answer.Code));
        Assert.Equal(HttpStatusCode.NotFound, (await thief.GetAsync($"/api/orgs/{_org}")).Status);
    }

    [Fact]
    public async Task To_strangers_an_organisation_does_not_exist()
    {
        var stranger = await new Browser(_platform).SignUpAsync($"stranger-{Guid.CreateVersion7():n}@example.com");

        Answer[] answers =
        [
            await stranger.GetAsync($"/api/orgs/{_org}"),
            await stranger.SendAsync(HttpMethod.Patch, $"/api/orgs/{_org}", new { name = "Mine" }),
            await stranger.SendAsync(HttpMethod.Delete, $"/api/orgs/{_org}", null),
            await stranger.PostAsync($"/api/orgs/{_org}/invitations", new { email = "x@example.com", role = "admin" }),
            await stranger.PostAsync($"/api/orgs/{_org}/transfer", new { userId = stranger.UserId }),
            await stranger.SendAsync(HttpMethod.Delete, $"/api/orgs/{_org}/members/{_owner.UserId}", null),
            await stranger.SendAsync(HttpMethod.Patch, $"/api/orgs/{_org}/members/{_owner.UserId}", new { role = "viewer" }),
        ];

        Assert.All(answers, answer => Assert.Equal((HttpStatusCode.NotFound, "org.not_found"), (answer.Status, answer.Code)));
        stranger.TenantId = _org;
        Assert.Equal(HttpStatusCode.Forbidden, (await stranger.QueryAsync("settings.tenantConfig")).Status);
    }

    [Fact]
    public async Task Each_role_may_do_its_part_and_no_more()
    {
        var (viewer, member, admin) = (await JoinAsync("viewer"), await JoinAsync("member"), await JoinAsync("admin"));

        foreach (var person in (Browser[])[viewer, member])
        {
            Assert.Equal(HttpStatusCode.OK, (await person.GetAsync($"/api/orgs/{_org}")).Status);
            Assert.Equal("auth.insufficient_role", (await person.PostAsync($"/api/orgs/{_org}/invitations", new { email = "x@example.com", role = "viewer" })).Code);
            Assert.Equal("auth.insufficient_role", (await person.SendAsync(HttpMethod.Patch, $"/api/orgs/{_org}", new { name = "Mine" })).Code);
        }
        Assert.Equal(HttpStatusCode.OK, (await admin.SendAsync(HttpMethod.Patch, $"/api/orgs/{_org}", new { name = "Acme 2" })).Status);
        Assert.Equal("auth.insufficient_role", (await admin.SendAsync(HttpMethod.Delete, $"/api/orgs/{_org}", null)).Code);
        Assert.Equal("org.owner_stays", (await admin.SendAsync(HttpMethod.Delete, $"/api/orgs/{_org}/members/{_owner.UserId}", null)).Code);
        Assert.Equal("org.one_owner", (await admin.SendAsync(HttpMethod.Patch, $"/api/orgs/{_org}/members/{admin.UserId}", new { role = "owner" })).Code);
    }

    [Fact]
    public async Task Who_is_put_out_is_out_on_every_replica_within_a_second()
    {
        await using var other = await _platform.ReplicaAsync(Ct);
        var member = await JoinAsync("member");
        member.TenantId = _org;
        var elsewhere = member.On(other);
        Assert.Equal(HttpStatusCode.OK, (await elsewhere.QueryAsync("settings.tenantConfig")).Status);

        await _owner.SendAsync(HttpMethod.Delete, $"/api/orgs/{_org}/members/{member.UserId}", null);

        await Task.Delay(TimeSpan.FromSeconds(1), Ct);
        Assert.Equal(HttpStatusCode.Forbidden, (await elsewhere.QueryAsync("settings.tenantConfig")).Status);
    }

    [Fact]
    public async Task Ownership_goes_to_a_member_and_there_is_one_owner_throughout()
    {
        var (one, two) = (await JoinAsync("admin"), await JoinAsync("admin"));

        await Task.WhenAll(
            _owner.PostAsync($"/api/orgs/{_org}/transfer", new { userId = one.UserId }),
            _owner.PostAsync($"/api/orgs/{_org}/transfer", new { userId = two.UserId }));

        Assert.Single(await MembersAsync(), person => person.Role == "owner");
    }

    [Fact]
    public async Task A_deleted_organisation_is_gone_for_everybody_and_its_short_name_is_free()
    {
        var member = await JoinAsync("member");
        var slug = (await _owner.GetAsync($"/api/orgs/{_org}")).Text("slug");

        Assert.Equal(HttpStatusCode.NoContent, (await _owner.SendAsync(HttpMethod.Delete, $"/api/orgs/{_org}", null)).Status);

        Assert.Equal(HttpStatusCode.NotFound, (await member.GetAsync($"/api/orgs/{_org}")).Status);
        Assert.Equal(HttpStatusCode.Created, (await member.PostAsync("/api/orgs", new { name = "Again", slug })).Status);
    }

    [Fact]
    public async Task The_same_verbs_answer_over_trpc()
    {
        var personal = (await _owner.QueryAsync("org.getOrganization")).Data;
        Assert.Equal((_owner.UserId, "personal"), (personal.GetProperty("id").GetString()!, personal.GetProperty("type").GetString()!));

        var invited = await _owner.MutateAsync("org.inviteMember", new { orgId = _org, email = "by-trpc@example.com", role = "member" });
        Assert.Equal("member", invited.Data.GetProperty("role").GetString());
        var revoked = await _owner.MutateAsync("org.revokeInvite", new { orgId = _org, inviteId = invited.Data.GetProperty("id").GetString() });
        Assert.True(revoked.Data.GetProperty("revoked").GetBoolean());
        var renamed = await _owner.MutateAsync("org.updateOrganization", new { orgId = _org, name = "New name" });
        Assert.Equal("New name", renamed.Data.GetProperty("name").GetString());
        Assert.True((await _owner.MutateAsync("org.deleteOrganization", new { orgId = _org })).Data.GetProperty("deleted").GetBoolean());
    }

    private async Task<Browser> JoinAsync(string role)
    {
        var email = $"{role}-{Guid.CreateVersion7():n}@example.com";
        var link = await InviteAsync(email, role);
        var person = await new Browser(_platform).SignUpAsync(email);
        Assert.Equal(HttpStatusCode.OK, (await person.PostAsync(link)).Status);
        Assert.Equal("org.bad_invitation", (await person.PostAsync(link)).Code);
        return person;
    }

    private async Task<string> InviteAsync(string email, string role)
    {
        var invited = await _owner.PostAsync($"/api/orgs/{_org}/invitations", new { email, role });
        Assert.Equal(HttpStatusCode.OK, invited.Status);
        var mail = await (await TestPlatform.Sandbox).MailAsync(email, "", Ct);
        var link = mail.GetProperty("links").EnumerateArray().Select(one => one.GetString()!)
            .First(one => one.Contains("/invitations/", StringComparison.Ordinal));
        return $"/api{new Uri(link).AbsolutePath}/accept";
    }

    private async Task<(string UserId, string Role)[]> MembersAsync() =>
        [.. (await _owner.GetAsync($"/api/orgs/{_org}")).At("members").EnumerateArray().Select(member =>
            (member.GetProperty("userId").GetString()!, member.GetProperty("role").GetString()!))];
}
