using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Wopr.Kernel;
using Wopr.Testing;

namespace Wopr.Billing.Tests;

public sealed class TenantWebhookTests : IAsyncLifetime
{
    private static readonly Actor s_owner = new(ActorKind.User, RuntimeBilling.Tenant)
    {
        UserId = RuntimeBilling.Tenant,
        TenantId = RuntimeBilling.Tenant,
        Role = Role.Owner,
        Scope = Scope.Write,
    };

    private RuntimeBilling _billing = null!;
    private Receiver _receiver = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private TenantWebhooks Webhooks => _billing.Get<TenantWebhooks>();

    public async ValueTask InitializeAsync() => (_billing, _receiver) = (await RuntimeBilling.StartAsync(), new Receiver());

    public async ValueTask DisposeAsync()
    {
        _receiver.Dispose();
        await _billing.DisposeAsync();
    }

    [Fact]
    public async Task An_event_arrives_signed_as_Stripe_signs()
    {
        var webhook = await CreateAsync(_receiver.Url, WebhookEvents.BalanceLow);
        await TellAsync(WebhookEvents.BalanceLow);
        await SendAsync();

        var (signature, body) = Assert.Single(_receiver.Heard);
        var parts = signature.Split(',');
        Assert.Equal($"t={_billing.Clock.Time.ToUnixTimeSeconds()}", parts[0]);
        Assert.Equal($"v1={Sign(webhook.Secret!, parts[0][2..], body)}", parts[1]);
        var json = JsonElement.Parse(body);
        Assert.Equal(("balance.low", RuntimeBilling.Tenant, 7), (json.GetProperty("type").GetString(),
            json.GetProperty("tenant").GetString(), json.GetProperty("data").GetProperty("balance_cents").GetInt32()));
        var log = Assert.Single(await LogAsync(webhook));
        Assert.Equal(("delivered", 1, 200, "fine"), (log.Status, log.Attempts, log.HttpStatus, log.Answer));
    }

    [Fact]
    public async Task Only_who_asked_for_an_event_is_told_and_only_of_its_own()
    {
        await CreateAsync(_receiver.Url, WebhookEvents.BotState);
        await TellAsync(WebhookEvents.BalanceLow);
        await _billing.Db.TransactAsync(async tx =>
        {
            await Webhooks.EnqueueAsync(tx, "other", WebhookEvents.BotState, new Dictionary<string, object?>(), Ct);
            return 0;
        }, Ct);

        Assert.False(await NextAsync());
    }

    [Fact]
    public async Task What_is_undone_is_not_told()
    {
        await CreateAsync(_receiver.Url, WebhookEvents.BotState);
        await Assert.ThrowsAsync<InvalidOperationException>(() => _billing.Db.TransactAsync<int>(async tx =>
        {
            await Webhooks.EnqueueAsync(tx, RuntimeBilling.Tenant, WebhookEvents.BotState, new Dictionary<string, object?>(), Ct);
            throw new InvalidOperationException("undone");
        }, Ct));
        Assert.False(await NextAsync());
    }

    [Fact]
    public async Task What_fails_comes_again_later_and_later_with_the_same_id()
    {
        var webhook = await CreateAsync(_receiver.Url, WebhookEvents.BalanceLow);
        _receiver.Status = HttpStatusCode.InternalServerError;
        await TellAsync(WebhookEvents.BalanceLow);
        await SendAsync();
        Assert.False(await NextAsync());
        _billing.Clock.Pass(TimeSpan.FromSeconds(10));
        await SendAsync();
        _billing.Clock.Pass(TimeSpan.FromSeconds(39));
        Assert.False(await NextAsync());
        _billing.Clock.Pass(TimeSpan.FromSeconds(1));
        _receiver.Status = HttpStatusCode.NoContent;
        await SendAsync();

        Assert.Equal(3, _receiver.Heard.Count);
        Assert.Single(_receiver.Heard.Select(heard => JsonElement.Parse(heard.Body).GetProperty("id").GetString()).Distinct());
        Assert.Equal(("delivered", 3, 204), Assert.Single(await LogAsync(webhook)) is var log ? (log.Status, log.Attempts, log.HttpStatus) : default);
        Assert.False(await NextAsync());
    }

    [Fact]
    public async Task While_an_endpoint_fails_the_others_get_theirs()
    {
        using var working = new Receiver();
        var broken = await CreateAsync(_receiver.Url, WebhookEvents.BotState);
        await CreateAsync(working.Url, WebhookEvents.BotState);
        _receiver.Status = HttpStatusCode.BadGateway;
        for (var count = 0; count < 5; count++) { await TellAsync(WebhookEvents.BotState); }
        while (await NextAsync()) { }

        Assert.Equal(5, working.Heard.Count);
        // After a failure the endpoint rests, whatever waits for it.
        Assert.Single(_receiver.Heard);
        Assert.Equal("failing", (await Webhooks.ListAsync(s_owner, Ct)).Single(view => view.Id == broken.Id).Status);
    }

    [Fact]
    public async Task An_endpoint_is_served_by_one_at_a_time_and_a_slow_one_holds_up_nobody()
    {
        using var working = new Receiver();
        await CreateAsync(_receiver.Url, WebhookEvents.BotState);
        await CreateAsync(working.Url, WebhookEvents.BotState);
        using var patience = new SemaphoreSlim(0);
        _receiver.Wait = patience;
        for (var count = 0; count < 3; count++) { await TellAsync(WebhookEvents.BotState); }

        var slow = NextAsync();
        while (working.Heard.Count < 3 && await NextAsync().WaitAsync(Patience.Max, Ct)) { }
        Assert.False(await NextAsync());
        Assert.Equal(3, working.Heard.Count);
        patience.Release(3);
        Assert.True(await slow);
    }

    [Fact]
    public async Task After_three_days_of_failures_it_is_turned_off_with_a_mail_and_can_be_turned_on()
    {
        var webhook = await CreateAsync(_receiver.Url, WebhookEvents.BalanceLow);
        _receiver.Status = HttpStatusCode.NotFound;
        await TellAsync(WebhookEvents.BalanceLow);
        for (var hour = 0; hour < 24 * 4; hour++)
        {
            await NextAsync();
            _billing.Clock.Pass(TimeSpan.FromHours(1));
            if (hour == 70) { await TellAsync(WebhookEvents.BalanceLow); }
        }

        Assert.Equal("disabled", Assert.Single(await Webhooks.ListAsync(s_owner, Ct)).Status);
        Assert.Equal(["webhook-disabled"], await _billing.MailsAsync());
        Assert.All(await LogAsync(webhook), delivery => Assert.Equal("failed", delivery.Status));
        Assert.Equal("webhooks.disabled", (await Webhooks.TestAsync(s_owner, webhook.Id, Ct)).Problem?.Code);

        _receiver.Status = HttpStatusCode.OK;
        await Webhooks.EnableAsync(s_owner, webhook.Id, Ct);
        var first = (await LogAsync(webhook))[^1];
        Assert.Null((await Webhooks.RedeliverAsync(s_owner, webhook.Id, first.Id, Ct)).Problem);
        await SendAsync();
        Assert.Equal("delivered", (await LogAsync(webhook))[0].Status);
    }

    [Fact]
    public async Task A_new_secret_signs_beside_the_old_one_for_a_day()
    {
        var webhook = await CreateAsync(_receiver.Url, WebhookEvents.BalanceLow);
        var renewed = (await Webhooks.RotateAsync(s_owner, webhook.Id, Ct)).Value!;
        await TellAsync(WebhookEvents.BalanceLow);
        await SendAsync();
        _billing.Clock.Pass(TimeSpan.FromHours(25));
        await TellAsync(WebhookEvents.BalanceLow);
        await SendAsync();

        var (signature, body) = _receiver.Heard.First();
        var time = signature.Split(',')[0][2..];
        Assert.Equal($"t={time},v1={Sign(renewed.Secret!, time, body)},v1={Sign(webhook.Secret!, time, body)}", signature);
        Assert.Single(_receiver.Heard.Last().Signature.Split("v1=")[1..]);
    }

    [Fact]
    public async Task Of_the_answer_one_kilobyte_is_kept_and_redirects_are_not_followed()
    {
        var webhook = await CreateAsync(_receiver.Url, WebhookEvents.BalanceLow);
        _receiver.Answer = new string('x', 100_000);
        _receiver.Status = HttpStatusCode.Redirect;
        await TellAsync(WebhookEvents.BalanceLow);
        await SendAsync();

        var log = Assert.Single(await LogAsync(webhook));
        Assert.Equal((302, 1024, "queued"), (log.HttpStatus, log.Answer!.Length, log.Status));
        Assert.Single(_receiver.Heard);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("0.0.0.0")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::1")]
    [InlineData("::")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::127.0.0.1")]
    [InlineData("fe80::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("ff02::1")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("2002:7f00:1::1")]
    [InlineData("2001:0:1::1")]
    [InlineData("2001:db8::1")]
    public void Our_own_network_is_not_called(string address) => Assert.False(WebhookAddress.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("172.32.0.1")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::808:808")]
    [InlineData("2606:4700::1111")]
    public void The_Internet_is(string address) => Assert.True(WebhookAddress.IsPublic(IPAddress.Parse(address)));

    [Fact]
    public async Task A_name_that_leads_inside_is_refused_when_connecting_and_hears_nothing()
    {
        using var sender = new WebhookSender(new(AllowsPrivate: false), _billing.Clock);
        foreach (var host in (string[])["localhost", "127.0.0.1", "[::1]"])
        {
            var url = new UriBuilder(_receiver.Url) { Host = host }.Uri.AbsoluteUri;
            var outcome = await sender.SendAsync(Attempt(url), ["whsec_x"], Ct);
            Assert.Equal("The address leads into a private network, which is not called.", outcome.Error);
        }
        Assert.Empty(_receiver.Heard);

        using var open = new WebhookSender(new(AllowsPrivate: true), _billing.Clock);
        Assert.True((await open.SendAsync(Attempt(_receiver.Url), ["whsec_x"], Ct)).IsDelivered);
    }

    [Theory]
    [InlineData("http://example.com/hook")]
    [InlineData("https://127.0.0.1/hook")]
    [InlineData("https://[::1]/hook")]
    [InlineData("https://2130706433/hook")]
    [InlineData("https://0x7f.1/hook")]
    [InlineData("https://169.254.169.254/latest")]
    [InlineData("https://localhost/hook")]
    [InlineData("https://user:pass@example.com/hook")]
    [InlineData("https://example.com/hook#part")]
    [InlineData("ftp://example.com/")]
    [InlineData("/hook")]
    [InlineData("")]
    public async Task Outside_development_only_public_https_addresses_are_taken(string url)
    {
        await using var strict = await RuntimeBilling.StartAsync(services => services.AddSingleton(new TenantWebhookOptions(AllowsPrivate: false)));
        var webhooks = strict.Get<TenantWebhooks>();

        Assert.Equal("webhooks.bad_url", (await webhooks.CreateAsync(s_owner, url, [WebhookEvents.BotState], Ct)).Problem?.Code);
        Assert.Null((await webhooks.CreateAsync(s_owner, "https://example.com:8443/hook?a=b", [WebhookEvents.BotState], Ct)).Problem);
    }

    [Fact]
    public async Task There_are_ten_at_most_however_many_ask_at_once()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 9).Select(count =>
            Webhooks.CreateAsync(s_owner, $"https://example.com/{count}", [WebhookEvents.BotState], Ct)));
        Assert.All(outcomes, outcome => Assert.Null(outcome.Problem));
        outcomes = await Task.WhenAll(Enumerable.Range(0, 5).Select(count =>
            Webhooks.CreateAsync(s_owner, $"https://example.com/more/{count}", [WebhookEvents.BotState], Ct)));

        Assert.Single(outcomes, outcome => outcome.Problem is null);
        Assert.Equal(10, (await Webhooks.ListAsync(s_owner, Ct)).Count);
    }

    [Fact]
    public async Task Secrets_are_sealed_and_sealed_again_under_a_new_root()
    {
        var webhook = await CreateAsync(_receiver.Url, WebhookEvents.BalanceLow);
        await Webhooks.RotateAsync(s_owner, webhook.Id, Ct);
        var stored = await _billing.Db.ValueAsync<byte[]>($"select sealed from billing.webhook_endpoint", Ct);
        Assert.DoesNotContain("whsec_", Encoding.Latin1.GetString(stored!), StringComparison.Ordinal);

        var vault = new Vault("another secret of more than 32 characters", ["fedcba9876543210fedcba9876543210"]);
        var secrets = ActivatorUtilities.CreateInstance<WebhookSecrets>(_billing.Get<IServiceProvider>(), vault);
        var store = secrets.AsSealedStore();
        Assert.Equal(1, await store.DueAsync(Ct));
        Assert.Equal(new(1, 0, webhook.Id.Value.ToString()), await store.ResealAsync(null, 100, Ct));
        Assert.Equal(0, await store.DueAsync(Ct));
        await TellAsync(WebhookEvents.BalanceLow);
        var attempt = await WebhookSql.ClaimAsync(_billing.Db, _billing.Clock.Time, _billing.Clock.Time.AddMinutes(1), Ct);
        Assert.Equal(2, secrets.Open(attempt!)?.Count);
    }

    private static WebhookAttempt Attempt(string url) => new(
        Guid.Empty, Guid.Empty, RuntimeBilling.Tenant, url, [], null, "{}", 0, DateTimeOffset.UnixEpoch, 0, null);

    private static string Sign(string secret, string time, string body) => Convert.ToHexStringLower(
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{time}.{body}")));

    private async Task<WebhookView> CreateAsync(string url, params string[] events)
    {
        Assert.True((await Webhooks.CreateAsync(s_owner, url, events, Ct)).Succeeded(out var webhook, out var problem), problem?.Detail);
        return webhook;
    }

    private Task TellAsync(string type) => _billing.Db.TransactAsync(async tx =>
    {
        await Webhooks.EnqueueAsync(tx, RuntimeBilling.Tenant, type, new Dictionary<string, object?> { ["balance_cents"] = 7 }, Ct);
        return 0;
    }, Ct);

    private Task<bool> NextAsync() => _billing.Get<WebhookDispatcher>().NextAsync(Ct);

    private async Task SendAsync() => Assert.True(await NextAsync());

    private async Task<IReadOnlyList<WebhookDelivery>> LogAsync(WebhookView webhook) =>
        (await Webhooks.DeliveriesAsync(s_owner, webhook.Id, null, null, Ct)).Value!.Items;

    /// <summary>A tenant's server: it hears, waits when it is told to, and answers.</summary>
    private sealed class Receiver : IDisposable
    {
        private readonly HttpListener _listener = new();

        public Receiver()
        {
            using var port = new TcpListener(IPAddress.Loopback, 0);
            port.Start();
            Url = $"http://localhost:{((IPEndPoint)port.LocalEndpoint).Port}/hook/";
            port.Stop();
            _listener.Prefixes.Add(Url);
            _listener.Start();
            _ = ServeAsync();
        }

        public string Url { get; }
        public System.Collections.Concurrent.ConcurrentQueue<(string Signature, string Body)> Heard { get; } = new();
        public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;
        public string Answer { get; set; } = "fine";
        public SemaphoreSlim? Wait { get; set; }

        public void Dispose() => ((IDisposable)_listener).Dispose();

        private async Task ServeAsync()
        {
            while (_listener.IsListening)
            {
                HttpListenerContext context;
                try { context = await _listener.GetContextAsync(); }
                catch (Exception) { return; }
                using var reader = new StreamReader(context.Request.InputStream);
                Heard.Enqueue((context.Request.Headers["Wopr-Signature"] ?? "", await reader.ReadToEndAsync()));
                if (Wait is { } wait) { await wait.WaitAsync(); }
                context.Response.StatusCode = (int)Status;
                if (Status == HttpStatusCode.Redirect) { context.Response.RedirectLocation = Url; }
                if (Status != HttpStatusCode.NoContent) { await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(Answer)); }
                try { context.Response.Close(); }
                catch (Exception) { continue; }
            }
        }
    }
}
