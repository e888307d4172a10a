namespace Wopr.Platform.Tests;

/// <summary>The tenant everybody reaches for: ids for paths, and bodies that would work if the caller were allowed.</summary>
public sealed record Victim(
    string Tenant, string Owner, string Admin, string Member, string Viewer, string Token, string Invitation, string Session)
{
    private const string Password = "Testpass1";

    // One that is not there: what is sent to one that is, is written down whenever it is answered.
    private const string NoWebhook = "whe_00000000000000000000000000000000";
    private const string NoDelivery = "whd_00000000000000000000000000000000";

    // Nor is there a bot: what becomes of one is not for a comparison of before and after.
    private const string NoBot = "00000000-0000-7000-8000-000000000000";

    /// <summary>The tenant and its people; every row of theirs holds one of these.</summary>
    public string[] Ids => [Tenant, Owner, Admin, Member, Viewer];

    /// <summary>What a path may name that belongs to the victim alone.</summary>
    public string[] Things => [.. Ids, Token, Invitation, Session];

    public string Parameter(string pattern, string name) => (pattern, name) switch
    {
        ("/api/tokens/{id}", _) => Token,
        ("/api/auth/callback/{provider}", _) => "github",
        (_, "id") when pattern.StartsWith("/api/webhooks/", StringComparison.Ordinal) => NoWebhook,
        (_, "delivery") => NoDelivery,
        (_, "id" or "turn") when pattern.StartsWith("/fleet/bots/", StringComparison.Ordinal) => NoBot,
        (_, "session" or "schedule" or "channel" or "server") => "s1",
        (_, "part") => "0",
        ("/api/hooks/{botId}/{channelId}", "botId") => NoBot,
        ("/api/hooks/{botId}/{channelId}", "channelId") => "hook",
        // Nobody outside is asked about its token.
        ("/api/channels/{pluginId}/test", _) => "unknown",
        ("/fleet/bots/{id}/files/{**path}", _) => "memory/SOUL.md",
        // Nobody outside is asked for its models.
        ("/api/admin/gateway/providers/{provider}/import", _) => "unknown",
        (_, "provider") => "anthropic",
        (_, "tenant") => Tenant,
        (_, "id") when pattern.StartsWith("/api/admin/users/", StringComparison.Ordinal) => Member,
        (_, "id") => Tenant,
        (_, "userId") => Member,
        (_, "invitation") => Invitation,
        (_, "plan") => "free",
        (_, "quota") => "snapshots",
        (_, "token" or "path" or "rest") => "unknown",
        _ => throw new InvalidOperationException($"Say in Victim.cs what stands for {name} in {pattern}."),
    };

    public string Query(string pattern) =>
        pattern is "/api/quota" or "/api/audit" or "/api/admin/audit" ? $"?tenant={Tenant}"
        : pattern is "/api/chat/stream" or "/api/chat/history" ? $"?botId={NoBot}&sessionId=s1" : "";

    /// <summary>Null where an empty object does.</summary>
    public object? Body(string name) => name switch
    {
        "POST /api/orgs" => new { name = "New" },
        "PATCH /api/orgs/{id}" => new { name = "Taken" },
        "POST /api/orgs/{id}/transfer" => new { userId = Admin },
        "POST /api/orgs/{id}/invitations" => new { email = "accomplice@example.com", role = "admin" },
        "PATCH /api/orgs/{id}/members/{userId}" => new { role = "viewer" },
        "POST /api/tokens" => new { name = "new", scope = "read" },
        "PUT /api/tenant-keys/{provider}" => new { apiKey = "sk-ant-api03-zyxwvutsrqponmlkjihgfedc" },
        "PUT /api/admin/quotas/plans/{plan}" => new { limits = new { snapshots = 7 } },
        "PUT /api/admin/quotas/tenants/{tenant}" => new { plan = "pro" },
        "POST /api/admin/gateway/providers" => new { id = "unknown", dialect = "unknown", baseUrl = "https://example.com" },
        "PUT /api/admin/gateway/models" => new
        {
            id = "acme/one",
            ownedBy = "acme",
            capability = "unknown",
            contextTokens = 1000,
            outputTokensMax = 100,
        },
        "PUT /api/admin/gateway/models/aliases" => new { alias = "one", model = "unknown" },
        "PUT /api/admin/gateway/models/offers" => new { model = "unknown", provider = "openai", upstreamModel = "one" },
        "POST /api/admin/gateway/prices" => new { model = "unknown", provider = "openai", inputPerMillion = -1, outputPerMillion = -1 },
        "POST /api/admin/tenants/{id}/suspend" => new { reason = "a test" },
        "PUT /api/admin/users/{id}/role" => new { role = "platform_admin" },
        "POST /api/billing/credits/checkout" or "billing.creditsCheckout" => new
        {
            priceId = "price_unknown",
            successUrl = TestPlatform.UiOrigin,
            cancelUrl = TestPlatform.UiOrigin,
            tenant = Tenant,
        },
        "POST /api/billing/portal" or "billing.portalSession" => new { returnUrl = "https://elsewhere.example", tenant = Tenant },
        "POST /api/admin/billing/refund" => new { tenant = Tenant, reference = "cs_unknown", reason = "a test" },
        "POST /api/admin/billing/unprocessed/{id}/assign" => new { tenant = Tenant },
        "POST /api/admin/billing/unprocessed/{id}/dismiss" => new { reason = "a test" },
        "PUT /api/admin/maintenance" => new { message = "Back soon." },
        "POST /api/auth/update-user" => new { name = "Renamed" },
        "POST /api/auth/change-email" => new { newEmail = "changed@example.com" },
        "POST /api/auth/revoke-session" => new { token = Session },
        "POST /api/auth/sign-up/email" => new { name = "New", email = "new@example.com", password = Password },
        "POST /api/auth/change-password" => new { currentPassword = Password, newPassword = "Testpass2" },
        "profile.updateProfile" => new { name = "Renamed" },
        "profile.changePassword" => new { currentPassword = Password, newPassword = "Testpass2" },
        "account.requestDeletion" => new { confirmPhrase = "DELETE MY ACCOUNT", currentPassword = Password },
        "account.cancelDeletion" => new { requestId = "unknown" },
        "billing.creditsBalance" => new { tenant = Tenant },
        "POST /api/webhooks" or "webhooks.create" => new { url = "https://hooks.example.com/wopr", events = new[] { "bot.state" } },
        "webhooks.delete" or "webhooks.rotate" or "webhooks.enable" or "webhooks.test" or "webhooks.deliveries" => new { id = NoWebhook },
        "webhooks.redeliver" => new { id = NoWebhook, delivery = NoDelivery },
        "POST /api/gateway/keys" or "gateway.createKey" => new { name = "Report" },
        "PUT /api/gateway/keys/{id}" => new { name = "Renamed" },
        "gateway.updateKey" => new { id = Tenant, name = "Renamed" },
        "gateway.revokeKey" => new { id = Tenant },
        "PUT /api/billing/auto-topup" or "billing.updateAutoTopupSettings" => new { usage_topup_cents = 5000 },
        "PUT /api/billing/spending-limits" or "billing.updateSpendingLimits" => new { global = new { alertAt = 5, hardCap = 10 } },
        "capabilities.getKey" or "capabilities.deleteKey" => new { provider = "anthropic" },
        "capabilities.storeKey" => new { provider = "anthropic", apiKey = "sk-ant-api03-zyxwvutsrqponmlkjihgfedc" },
        "capabilities.testKey" => new { provider = "anthropic", key = "sk-ant-api03-zyxwvutsrqponmlkjihgfedc" },
        "org.updateOrganization" => new { orgId = Tenant, name = "Taken" },
        "org.deleteOrganization" => new { orgId = Tenant },
        "org.inviteMember" => new { orgId = Tenant, email = "accomplice@example.com", role = "admin" },
        "org.revokeInvite" => new { orgId = Tenant, inviteId = Invitation },
        "org.changeRole" => new { orgId = Tenant, userId = Member, role = "viewer" },
        "org.removeMember" => new { orgId = Tenant, userId = Member },
        "POST /fleet/bots" or "fleet.createInstance" => new { name = "robby", image = "wopr-network/wopr:latest" },
        "PATCH /fleet/bots/{id}" or "PUT /fleet/bots/{id}/identity" => new { name = "robby" },
        "PUT /fleet/bots/{id}/files/{**path}" => new { text = "kind" },
        "PUT /fleet/bots/{id}/schedules/{schedule}" => new { name = "daily", timeZone = "UTC", session = "s1", message = "hello", cron = "0 9 * * *" },
        "PUT /fleet/bots/{id}/channels/{channel}" or "POST /fleet/bots/{id}/channels/{channel}/test" =>
            new { kind = "webhook", name = "Hook", settings = new { secret = "0123456789abcdef" } },
        "PUT /fleet/bots/{id}/tool-servers/{server}" or "POST /fleet/bots/{id}/tool-servers/{server}/test" =>
            new { name = "Sums", url = "https://tools.example.com/mcp" },
        "POST /fleet/bots/{id}/turns/{turn}/retry" => new { message = "hello" },
        "POST /api/chat" => new { botId = NoBot, sessionId = "s1", message = "hello" },
        "POST /api/chat/cancel" => new { botId = NoBot, turnId = NoBot },
        "fleet.controlInstance" => new { id = NoBot, action = "stop" },
        "fleet.updateInstance" or "fleet.updateIdentity" => new { id = NoBot, name = "robby" },
        "fleet.setResourceTier" or "fleet.setStorageTier" => new { id = NoBot, tier = "pro" },
        "fleet.getInstance" or "fleet.getInstanceHealth" or "fleet.getInstanceLogs" or "fleet.getInstanceMetrics" or "fleet.getSettings"
            or "fleet.removeInstance" or "fleet.restoreInstance" or "fleet.getResourceTier" or "fleet.getStorageTier" or "fleet.getStorageUsage" =>
            new { id = NoBot },
        "org.transferOwnership" => new { orgId = Tenant, userId = Admin },
        _ => null,
    };
}
