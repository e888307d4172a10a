using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Wopr.Kernel;

namespace Wopr.Platform.Tests;

/// <summary>One organisation with somebody in every role, a stranger, an operator and their tokens.</summary>
public sealed class AccessWorld : IAsyncLifetime
{
    private const string Forged = "0000000000000000000000000000000000000000";

    private Snapshot _snapshot = null!;
    private Maintenance _maintenance = null!;
    private string _initial = "";
    private string _initialOfVictim = "";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public TestPlatform Platform { get; private set; } = null!;
    public Victim Victim { get; private set; } = null!;
    public IReadOnlyList<Principal> Principals { get; private set; } = [];
    public IReadOnlyList<RouteCall> Calls { get; private set; } = [];

    public Principal Stranger => Principals.Single(principal => principal.Name == "other tenant");
    public Principal Owner => Principals.Single(principal => principal.Name == "owner");
    public Principal Operator => Principals.Single(principal => principal.Name == "platform_admin");

    public async ValueTask InitializeAsync()
    {
        Platform = await TestPlatform.StartAsync(Ct);
        _maintenance = Platform.Services.GetRequiredService<Maintenance>();
        await SettleAsync();
        Calls = new Calls(Victim).Of(Platform.Services);
        _snapshot = await Snapshot.TakeAsync(Platform.Source, Ct);
        (_initial, _initialOfVictim) = (await _snapshot.StateAsync(Ct), await _snapshot.StateAsync(Ct, Victim.Ids));
    }

    public ValueTask DisposeAsync() => Platform.DisposeAsync();

    /// <summary>Who may do this to the victim's things.</summary>
    public Principal Able(RouteCall call) => call.Access.NeedsAdmin ? Operator : Owner;

    public RouteCall Call(string name) => Calls.Single(call => call.Name == name);

    /// <summary>Makes one call and puts everything back.</summary>
    public async Task<Outcome> AskAsync(RouteCall call, Principal principal, string? origin = null)
    {
        using var request = new HttpRequestMessage(call.Method, call.Path);
        if (principal.Cookie is { } cookie) { request.Headers.Add("Cookie", cookie); }
        if (principal.TenantId is { } tenant) { request.Headers.Add("x-tenant-id", tenant); }
        if (principal.Token is { } token) { request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token); }
        if (origin is not null) { request.Headers.Add("Origin", origin); }
        if (call.Body is { } body) { request.Content = new StringContent(body, null, "application/json"); }
        request.Headers.ExpectContinue = call.Body is { Length: > 1_000_000 };

        using var response = await Platform.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
        // What never ends is not read.
        var text = response.Content.Headers.ContentType?.MediaType == "text/event-stream" ? "" : await response.Content.ReadAsStringAsync(Ct);
        var changed = _initial != await _snapshot.StateAsync(Ct);
        var outcome = new Outcome(call, principal, response.StatusCode, text, changed,
            ChangedVictim: changed && _initialOfVictim != await _snapshot.StateAsync(Ct, Victim.Ids));

        if (changed || call.Writes) { await _snapshot.RestoreAsync(Ct); }
        if (_maintenance.Now.Active) { await _maintenance.EndAsync(Actor.System, Ct); }
        return outcome;
    }

    /// <summary>A secret that stands for the owner for one purpose.</summary>
    public async Task<string> SecretAsync(string purpose, string life, CancellationToken ct)
    {
        var secret = Kernel.Token.New();
        await Platform.ExecuteAsync($"""
            insert into auth.verification (token_hash, purpose, user_id, email, expires_at)
            select '\x{Convert.ToHexStringLower(Kernel.Token.Hash(secret))}', '{purpose}', id, email, now() + interval '{life}'
            from auth.user where id = '{Victim.Owner}'
            """, ct);
        return secret;
    }

    private async Task SettleAsync()
    {
        var people = new Dictionary<string, Browser>();
        foreach (var name in (string[])["owner", "admin", "member", "viewer", "stranger", "operator"])
        {
            people[name] = await new Browser(Platform).SignUpAsync($"{name}-of-the-matrix@example.com");
        }
        await Platform.ExecuteAsync(
            $"update auth.user set platform_role = 'platform_admin' where id = '{people["operator"].UserId}'", Ct);

        var owner = people["owner"];
        var org = Made(await owner.PostAsync("/api/orgs", new { name = "Acme" })).Text("id");
        foreach (var role in (string[])["admin", "member", "viewer"])
        {
            await Platform.ExecuteAsync(
                $"insert into auth.member values ('{org}', '{people[role].UserId}', '{role}', now())", Ct);
        }
        Made(await people["stranger"].PostAsync("/api/orgs", new { name = "Elsewhere" }));
        Made(await people["operator"].SendAsync(HttpMethod.Put, $"/api/admin/quotas/tenants/{org}",
            new { plan = "starter", limits = new { snapshots = 3 } }));

        owner.TenantId = org;
        Made(await owner.SendAsync(HttpMethod.Put, "/api/tenant-keys/anthropic",
            new { apiKey = "sk-ant-api03-abcdefghijklmnopqrstuvw" }));
        var (reads, writes) = (await TokenAsync(owner, "read"), await TokenAsync(owner, "write"));
        var invitation = Made(await owner.PostAsync(
            $"/api/orgs/{org}/invitations", new { email = "guest@example.com", role = "viewer" }));
        var session = Made(await owner.GetAsync("/api/auth/get-session")).Text("session", "id");

        Victim = new(org, owner.UserId, people["admin"].UserId, people["member"].UserId, people["viewer"].UserId,
            (await TokenAsync(owner, "admin")).Text("details", "id"), invitation.Text("id"), session);
        Principals =
        [
            new("anonymous"),
            Principal.Of("other tenant", people["stranger"]),
            .. ((string[])["viewer", "member", "admin", "owner"]).Select(role => Principal.Of(role, people[role], org)),
            new("read token", Token: reads.Text("token")),
            new("write token", Token: writes.Text("token")),
            Principal.Of("platform_admin", people["operator"]),
            new("ADMIN_TOKEN", Token: TestPlatform.AdminToken),
            // Neither has keys yet: what they could send today is a token that nobody made.
            new("bot", Token: $"wopr_bot_{Forged}"),
            new("node", Token: $"wopr_node_{Forged}"),
        ];
    }

    private static async Task<Answer> TokenAsync(Browser owner, string scope) =>
        Made(await owner.PostAsync("/api/tokens", new { name = scope, scope }));

    private static Answer Made(Answer answer)
    {
        Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.Created, answer.Raw);
        return answer;
    }
}
