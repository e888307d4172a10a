using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Wopr.Kernel;

namespace Wopr.Platform.Tests;

public sealed class TenantWebhookTests : IAsyncLifetime
{
    private TestPlatform _platform = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _platform = await TestPlatform.StartAsync(Ct);

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Fact]
    public async Task A_webhook_is_made_tested_and_its_log_tells_what_was_answered()
    {
        await using var receiver = await Receiver.StartAsync(Ct);
        var ann = await new Browser(_platform).SignUpAsync("hooks@example.com");
        var made = await ann.PostAsync("/api/webhooks", new { url = receiver.Url, events = new[] { "bot.state", "balance.low" } });
        Assert.Equal(HttpStatusCode.OK, made.Status);
        var (id, secret) = (made.Text("id"), made.Text("secret"));
        Assert.StartsWith("whsec_", secret, StringComparison.Ordinal);

        var sent = await ann.PostAsync($"/api/webhooks/{id}/test");
        Assert.Equal("webhook.test", sent.Text("type"));
        var log = await DeliveredAsync(ann, id, 1);

        var (signature, body) = Assert.Single(receiver.Heard);
        var time = signature.Split(',')[0][2..];
        Assert.Equal($"t={time},v1={Convert.ToHexStringLower(HMACSHA256.HashData(
            Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{time}.{body}")))}", signature);
        Assert.Equal((200, "thanks", 1), (log[0].GetProperty("httpStatus").GetInt32(), log[0].GetProperty("answer").GetString(),
            log[0].GetProperty("attempts").GetInt32()));

        var again = await ann.PostAsync($"/api/webhooks/{id}/deliveries/{log[0].GetProperty("id").GetString()}/redeliver");
        Assert.Equal(HttpStatusCode.OK, again.Status);
        await DeliveredAsync(ann, id, 2);
        Assert.Single(receiver.Heard.Select(heard => heard.Body).Distinct());
    }

    [Fact]
    public async Task The_secret_is_shown_when_it_is_made_and_never_again()
    {
        var ann = await new Browser(_platform).SignUpAsync("secret@example.com");
        var made = await ann.MutateAsync("webhooks.create", new { url = "https://hooks.example.com/a", events = new[] { "bot.state" } });
        var id = made.Data.GetProperty("id").GetString()!;
        var secret = made.Data.GetProperty("secret").GetString()!;
        var renewed = (await ann.PostAsync($"/api/webhooks/{id}/rotate")).Text("secret");

        Assert.NotEqual(secret, renewed);
        foreach (var answer in (Answer[])[await ann.GetAsync("/api/webhooks"), await ann.QueryAsync("webhooks.list"),
            await ann.PostAsync($"/api/webhooks/{id}/enable")])
        {
            Assert.Equal(HttpStatusCode.OK, answer.Status);
            Assert.DoesNotContain("whsec_", answer.Raw, StringComparison.Ordinal);
            Assert.Contains(id, answer.Raw, StringComparison.Ordinal);
        }
        Assert.Equal(["webhooks.created", "webhooks.rotated", "webhooks.enabled"], await new Db(_platform.Source).QueryAsync(
            $"select action from audit.event where action like 'webhooks.%' order by id", row => row.GetString(0), Ct));
    }

    [Fact]
    public async Task Nobody_sees_or_touches_the_webhooks_of_others()
    {
        var ann = await new Browser(_platform).SignUpAsync("ann@example.com");
        var eve = await new Browser(_platform).SignUpAsync("eve@example.com");
        var id = (await ann.PostAsync("/api/webhooks", new { url = "https://hooks.example.com/a", events = new[] { "bot.state" } })).Text("id");

        Assert.Empty((await eve.GetAsync("/api/webhooks")).At("webhooks").EnumerateArray());
        foreach (var verb in (string[])["rotate", "enable", "test"])
        {
            Assert.Equal("webhooks.not_found", (await eve.PostAsync($"/api/webhooks/{id}/{verb}")).Code);
        }
        Assert.Equal(HttpStatusCode.NotFound, (await eve.GetAsync($"/api/webhooks/{id}/deliveries")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await eve.SendAsync(HttpMethod.Delete, $"/api/webhooks/{id}", null)).Status);
        Assert.Single((await ann.GetAsync("/api/webhooks")).At("webhooks").EnumerateArray());
        Assert.Equal(HttpStatusCode.NoContent, (await ann.SendAsync(HttpMethod.Delete, $"/api/webhooks/{id}", null)).Status);
        Assert.Empty((await ann.GetAsync("/api/webhooks")).At("webhooks").EnumerateArray());
    }

    [Fact]
    public async Task A_member_may_look_and_only_an_admin_may_change()
    {
        var owner = await new Browser(_platform).SignUpAsync("owner@example.com");
        var member = await new Browser(_platform).SignUpAsync("member@example.com");
        await _platform.ExecuteAsync($"insert into auth.member values ('{owner.UserId}', '{member.UserId}', 'member', now())", Ct);
        member.TenantId = owner.UserId;

        Assert.Equal(HttpStatusCode.OK, (await member.GetAsync("/api/webhooks")).Status);
        var body = new { url = "https://hooks.example.com/a", events = new[] { "bot.state" } };
        Assert.Equal(HttpStatusCode.Forbidden, (await member.PostAsync("/api/webhooks", body)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await member.MutateAsync("webhooks.create", body)).Status);
    }

    [Theory]
    [InlineData("""{"url":"nonsense","events":["bot.state"]}""", "webhooks.bad_url")]
    [InlineData("""{"url":"https://u:p@example.com","events":["bot.state"]}""", "webhooks.bad_url")]
    [InlineData("""{"url":"https://example.com","events":[]}""", "webhooks.bad_events")]
    [InlineData("""{"url":"https://example.com","events":["bot.state","bot.state"]}""", "webhooks.bad_events")]
    [InlineData("""{"url":"https://example.com","events":["webhook.test"]}""", "webhooks.bad_events")]
    [InlineData("""{"url":"https://example.com"}""", "request.bad_json")]
    public async Task What_is_no_webhook_is_refused_with_a_code(string body, string code)
    {
        var ann = await new Browser(_platform).SignUpAsync("bad@example.com");
        var answer = await ann.PostAsync("/api/webhooks", JsonElement.Parse(body));

        Assert.Equal((HttpStatusCode.BadRequest, code), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task Settings_of_money_are_read_and_written_the_same_way_over_both_wires()
    {
        var ann = await new Browser(_platform).SignUpAsync("money@example.com");

        Assert.Equal("funded", (await ann.GetAsync("/api/billing/standing")).Text("state"));
        Assert.Equal("funded", (await ann.QueryAsync("billing.standing")).Data.GetProperty("state").GetString());
        const string TopUp = """
            {"usage_enabled":false,"usage_threshold_cents":500,"usage_topup_cents":2000,"schedule_enabled":false,"schedule_amount_cents":null,"schedule_next_at":null,"schedule_interval_hours":168,"payment_method_last4":null,"monthly_cap_cents":null,"stopped_at":null}
            """;
        Assert.Equal(TopUp, (await ann.GetAsync("/api/billing/auto-topup")).Raw);
        Assert.Equal(TopUp, (await ann.QueryAsync("billing.autoTopupSettings")).Data.GetRawText());
        Assert.Equal("billing.no_payment_method",
            (await ann.SendAsync(HttpMethod.Put, "/api/billing/auto-topup", new { usage_enabled = true })).Code);

        var set = await ann.MutateAsync("billing.updateSpendingLimits",
            new { global = new { alertAt = 5, hardCap = (int?)null }, perCapability = new { } });
        Assert.Equal(5, set.Data.GetProperty("global").GetProperty("alertAt").GetInt32());
        Assert.Equal(set.Data.GetRawText(), (await ann.GetAsync("/api/billing/spending-limits")).Raw);
    }

    private static async Task<JsonElement[]> DeliveredAsync(Browser browser, string id, int count)
    {
        for (var tries = 0; tries < 200; tries++)
        {
            JsonElement[] log = [.. (await browser.GetAsync($"/api/webhooks/{id}/deliveries")).At("items").EnumerateArray()];
            if (log.Count(delivery => delivery.GetProperty("status").GetString() == "delivered") == count) { return log; }
            await Task.Delay(50, Ct);
        }
        throw new TimeoutException("The webhook was not delivered.");
    }

    private sealed class Receiver(WebApplication app) : IAsyncDisposable
    {
        public System.Collections.Concurrent.ConcurrentQueue<(string Signature, string Body)> Heard { get; } = new();

        public string Url => $"{app.Urls.First()}/hook";

        public static async Task<Receiver> StartAsync(CancellationToken ct)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            var app = builder.Build();
            var receiver = new Receiver(app);
            app.Urls.Add("http://127.0.0.1:0");
            app.MapPost("/hook", async (HttpRequest request) =>
            {
                using var reader = new StreamReader(request.Body);
                receiver.Heard.Enqueue((request.Headers["Wopr-Signature"].ToString(), await reader.ReadToEndAsync(ct)));
                return "thanks";
            });
            await app.StartAsync(ct);
            return receiver;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
