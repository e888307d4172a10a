using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Wopr.Kernel;

namespace Wopr.Platform.Tests;

public sealed class BillingWebhookTests : IAsyncLifetime
{
    private const string Secret = "whsec_of-an-endpoint-of-nobody";
    private const string Path = "/api/billing/webhook";

    private TestPlatform _platform = null!;
    private string _tenant = null!;
    private string _cookie = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _platform = await TestPlatform.StartAsync(Ct, ("STRIPE_WEBHOOK_SECRET", $"{Secret},whsec_second"));
        (_cookie, _tenant) = await _platform.SignUpAsync("payer@example.com", Ct);
    }

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Fact]
    public async Task A_signed_event_credits_and_answers_in_nano_dollars()
    {
        var (status, body) = await SendAsync(Event());

        Assert.Equal((HttpStatusCode.OK,
            $$"""{"handled":true,"tenant":"{{_tenant}}","credited":30000000000,"event_type":"checkout.session.completed"}"""), (status, body));
        Assert.Equal(3000, await BalanceAsync());
        Assert.Equal((HttpStatusCode.OK, """{"handled":true,"event_type":"checkout.session.completed","duplicate":true}"""),
            await SendAsync(Event()));
        Assert.Equal((HttpStatusCode.OK,
            $$"""{"handled":true,"tenant":"{{_tenant}}","credited":0,"event_type":"checkout.session.completed"}"""),
            await SendAsync(Event("evt_2")));
        Assert.Equal(3000, await BalanceAsync());
    }

    [Fact]
    public async Task Ten_deliveries_at_once_to_two_replicas_credit_once_and_all_are_acknowledged()
    {
        await using var other = await _platform.ReplicaAsync(Ct, ("STRIPE_WEBHOOK_SECRET", Secret));
        for (var round = 0; round < 3; round++)
        {
            var body = Event($"evt_{round}", $"cs_{round}");
            var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(index =>
                SendAsync(body, through: index % 2 == 0 ? _platform : other)));
            Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
            Assert.Single(answers, answer => answer.Body.Contains("\"credited\"", StringComparison.Ordinal));
        }
        Assert.Equal(9000, await BalanceAsync());
    }

    [Fact]
    public async Task The_second_secret_and_the_second_signature_are_as_good_as_the_first()
    {
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(Event("evt_a"), secret: "whsec_second")).Status);
        var body = Event("evt_b");
        var (at, right) = (Now(), Signature(Event("evt_b"), Secret, Now()));
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(body, $"t={at},v1={new string('0', 64)},v0=ff,v1={right}")).Status);
    }

    [Fact]
    public async Task Without_the_header_it_is_refused_and_nobody_is_punished()
    {
        for (var tries = 0; tries < 3; tries++)
        {
            Assert.Equal((HttpStatusCode.BadRequest, """{"error":"Missing stripe-signature header"}"""),
                await SendAsync(Event(), header: ""));
        }
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(Event())).Status);
    }

    [Theory]
    [InlineData("tampered")]
    [InlineData("wrong secret")]
    [InlineData("stripped secret")]
    [InlineData("empty secret")]
    [InlineData("other scheme")]
    [InlineData("other moment")]
    [InlineData("nonsense")]
    public async Task A_wrong_signature_is_refused_and_posts_nothing(string how)
    {
        var (body, at) = (Event(), Now());
        var header = how switch
        {
            "tampered" => $"t={at},v1={Signature(body.Replace("3000", "9000", StringComparison.Ordinal), Secret, at)}",
            "wrong secret" => $"t={at},v1={Signature(body, "whsec_other", at)}",
            "stripped secret" => $"t={at},v1={Signature(body, Secret["whsec_".Length..], at)}",
            "empty secret" => $"t={at},v1={Signature(body, "", at)}",
            "other scheme" => $"t={at},v0={Signature(body, Secret, at)}",
            "other moment" => $"t={at - 1},v1={Signature(body, Secret, at)}",
            _ => "v1=,t=,,=",
        };
        Assert.Equal((HttpStatusCode.BadRequest, """{"error":"Invalid webhook signature"}"""), await SendAsync(body, header));
        await NothingPostedAsync();
        // The next one has to wait, whatever it brings; longer than usual, so that a slow machine does not let it off.
        await _platform.ExecuteAsync("update billing.webhook_penalty set blocked_until = now() + interval '60 seconds'", Ct);
        using var later = await PostAsync(_platform, body, $"t={at},v1={Signature(body, Secret, at)}");
        Assert.Equal(HttpStatusCode.TooManyRequests, later.StatusCode);
        Assert.Equal("""{"error":"Too many failed webhook signature attempts"}""", await later.Content.ReadAsStringAsync(Ct));
        Assert.InRange(later.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 30, 60);
        await NothingPostedAsync();
    }

    [Theory]
    [InlineData(-301)]
    [InlineData(301)]
    public async Task An_old_event_is_refused_even_when_its_signature_is_right_and_nobody_is_punished(int seconds)
    {
        Assert.Equal((HttpStatusCode.BadRequest, """{"error":"Invalid webhook signature"}"""), await SendAsync(Event(), at: Now() + seconds));
        await NothingPostedAsync();
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(Event(), at: Now() + Math.Sign(seconds) * 290)).Status);
    }

    [Fact]
    public async Task Each_wrong_signature_doubles_the_wait_on_every_replica_and_a_right_one_ends_it()
    {
        await using var other = await _platform.ReplicaAsync(Ct, ("STRIPE_WEBHOOK_SECRET", Secret));
        foreach (var seconds in (int[])[2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900])
        {
            var before = await Db.ValueAsync<DateTimeOffset>($"select now()", Ct);
            Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(Event(), "t=1,v1=00")).Status);
            var until = await Db.ValueAsync<DateTimeOffset>($"select blocked_until from billing.webhook_penalty", Ct);
            var after = await Db.ValueAsync<DateTimeOffset>($"select now()", Ct);
            Assert.InRange(until, before.AddSeconds(seconds), after.AddSeconds(seconds));
            if (seconds > 100)
            {
                using var refused = await PostAsync(other, Event(), "t=1,v1=00");
                Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            }
            await _platform.ExecuteAsync("update billing.webhook_penalty set blocked_until = now()", Ct);
        }

        Assert.Equal(HttpStatusCode.OK, (await SendAsync(Event())).Status);
        Assert.Equal(0, await Db.ValueAsync<long>($"select count(*) from billing.webhook_penalty", Ct));
    }

    [Fact]
    public async Task Without_a_secret_nothing_is_ever_accepted()
    {
        await using var bare = await _platform.ReplicaAsync(Ct, ("STRIPE_WEBHOOK_SECRET", ""));
        var (status, body) = await SendAsync(Event(), secret: "", through: bare);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("STRIPE_WEBHOOK_SECRET", body, StringComparison.Ordinal);
        await NothingPostedAsync();
    }

    [Theory]
    [InlineData("0123456789abcdef")]
    [InlineData("whsec_")]
    [InlineData("whsec_good,bad")]
    public void A_secret_that_is_not_whole_stops_the_start(string secret)
    {
        var settings = new SettingsReader(new Dictionary<string, string> { ["STRIPE_WEBHOOK_SECRET"] = secret });
        settings.Read<Billing.StripeOptions>();

        Assert.Contains(settings.Faults, fault => fault.StartsWith("STRIPE_WEBHOOK_SECRET", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(2 * 1024 * 1024)]
    [InlineData(300 * 1024)]
    public async Task An_event_that_is_too_large_is_refused_clearly(int bytes)
    {
        var body = Event().Replace("evt_1", $"evt_1\",\"padding\":\"{new string('x', bytes)}", StringComparison.Ordinal);

        var (status, text) = await SendAsync(body);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
        Assert.Equal("""{"error":"An event has 256 KB at most."}""", text);
        await NothingPostedAsync();
    }

    [Fact]
    public async Task A_large_event_without_a_length_is_refused_too()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = new ChunkedBody(300 * 1024) };
        request.Headers.Add("Stripe-Signature", $"t={Now()},v1={new string('0', 64)}");

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await _platform.Http.SendAsync(request, Ct)).StatusCode);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"id":"evt_1","type":"checkout.session.completed"}""")]
    public async Task A_signed_body_that_is_no_event_is_refused(string body)
    {
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(body)).Status);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(Event())).Status);
    }

    [Fact]
    public async Task Our_own_faults_are_answered_as_such_punish_nobody_and_lose_nothing()
    {
        await _platform.ExecuteAsync("alter table billing.payment rename to payment_gone", Ct);
        Assert.Equal(HttpStatusCode.InternalServerError, (await SendAsync(Event())).Status);
        Assert.Equal(0, await Db.ValueAsync<long>($"select count(*) from billing.stripe_event", Ct));

        await _platform.ExecuteAsync("alter table billing.payment_gone rename to payment", Ct);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(Event())).Status);
        Assert.Equal(3000, await BalanceAsync());
    }

    [Fact]
    public async Task The_runbooks_queries_find_the_customer()
    {
        await SendAsync(Event());

        Assert.Equal(_tenant, await Db.ValueAsync<string>($"select tenant from billing.tenant_customers where processor_customer_id = 'cus_1'", Ct));
        Assert.Equal(3_000_000_0000, await Db.ValueAsync<long>(
            $"select amount_credits from credits.credit_transactions where tenant_id = {_tenant} and reference_id = 'cs_1'", Ct));
    }

    private Db Db => _platform.Services.GetRequiredService<Db>();

    private string Event(string id = "evt_1", string session = "cs_1") => JsonSerializer.Serialize(new
    {
        id,
        type = "checkout.session.completed",
        created = 1_700_000_000,
        livemode = false,
        data = new
        {
            @object = new
            {
                id = session,
                mode = "payment",
                payment_status = "paid",
                amount_total = 3000,
                currency = "usd",
                customer = "cus_1",
                payment_intent = $"pi_{session}",
                client_reference_id = _tenant,
            },
        },
    });

    private async Task<(HttpStatusCode Status, string Body)> SendAsync(
        string body, string? header = null, string secret = Secret, long? at = null, TestPlatform? through = null)
    {
        var moment = at ?? Now();
        using var response = await PostAsync(through ?? _platform, body, header ?? $"t={moment},v1={Signature(body, secret, moment)}");
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Ct));
    }

    private static async Task<HttpResponseMessage> PostAsync(TestPlatform platform, string body, string header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (header.Length > 0) { request.Headers.Add("Stripe-Signature", header); }
        // One that is refused unread would else be cut off while it is still being sent.
        request.Headers.ExpectContinue = body.Length > 100_000;
        return await platform.Http.SendAsync(request, Ct);
    }

    private static string Signature(string body, string secret, long at) => Convert.ToHexStringLower(
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{at}.{body}")));

    private static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    private async Task<long> BalanceAsync()
    {
        var response = await _platform.GetAsync("/trpc/billing.creditsBalance?input=%7B%7D", _cookie, Ct);
        return JsonElement.Parse(await response.Content.ReadAsStringAsync(Ct))
            .GetProperty("result").GetProperty("data").GetProperty("balance_cents").GetInt64();
    }

    private async Task NothingPostedAsync()
    {
        Assert.Equal(0, await Db.ValueAsync<long>($"select count(*) from credits.entry", Ct));
        Assert.Equal(0, await Db.ValueAsync<long>($"select count(*) from billing.stripe_event", Ct));
    }

    private sealed class ChunkedBody(int bytes) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(new byte[bytes]).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
