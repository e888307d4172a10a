using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Wopr.Testing;

namespace Wopr.Sandbox.Tests;

public sealed class StripeWebhookTests
{
    private const string Secret = "whsec_for-tests";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_event_is_signed_with_the_whole_secret_and_is_there_before_the_browser_goes_back()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var sandbox = await StartAsync(receiver);
        var stripe = new TestStripe(sandbox);

        using var paid = await stripe.PressAsync((await stripe.SessionAsync("price_credits_30", "payment")).Text("id"), "pay");

        var (_, body, signature) = receiver.Got.Last();
        Assert.Equal("checkout.session.completed", JsonElement.Parse(body).GetProperty("type").GetString());
        var parts = signature.Split(',').Select(part => part.Split('=')).ToDictionary(part => part[0], part => part[1]);
        var hash = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes($"{parts["t"]}.{body}"));
        Assert.Equal(Convert.ToHexStringLower(hash), parts["v1"]);
        Assert.InRange(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - long.Parse(parts["t"], null), 0, 30);
        Assert.Equal(["payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"], receiver.Types);
    }

    [Fact]
    public async Task What_was_refused_comes_again_until_it_is_taken()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var sandbox = await StartAsync(receiver);
        var stripe = new TestStripe(sandbox);
        receiver.Refusals = 2;

        await stripe.CustomerAsync();

        await receiver.WaitAsync(3);
        Assert.Single(receiver.Got.Select(got => got.Id).Distinct());
        var attempts = await AttemptsAsync(stripe, 3);
        Assert.Equal([("delivered", 3, 200), ("failed", 2, 503), ("failed", 1, 503)], attempts.Select(attempt => (
            attempt.GetProperty("state").GetString()!, attempt.GetProperty("number").GetInt32(), attempt.GetProperty("status").GetInt32())));
    }

    [Fact]
    public async Task On_demand_events_come_twice()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var sandbox = await StartAsync(receiver);
        var stripe = new TestStripe(sandbox);
        await stripe.ControlAsync("deliveries/settings", new { duplicate = 1 });

        await stripe.CustomerAsync();
        await receiver.WaitAsync(2);
        await stripe.ControlAsync("deliveries/settings", new { });
        await stripe.ControlAsync("trigger", new { @event = "customer.created", duplicate = 3 });

        await receiver.WaitAsync(2 + 4);
        Assert.Equal([2, 4], receiver.Got.GroupBy(got => got.Id).Select(group => group.Count()));
    }

    [Fact]
    public async Task On_demand_events_come_last_first()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var sandbox = await StartAsync(receiver);
        var stripe = new TestStripe(sandbox);
        await stripe.ControlAsync("deliveries/settings", new { reorder = true });

        using var paid = await stripe.PressAsync((await stripe.SessionAsync("price_credits_30", "payment")).Text("id"), "pay");

        await receiver.WaitAsync(4);
        Assert.Equal(["checkout.session.completed", "payment_intent.succeeded", "charge.succeeded", "payment_intent.created"], receiver.Types);
    }

    [Fact]
    public async Task On_demand_events_are_lost_and_can_be_sent_again()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var sandbox = await StartAsync(receiver);
        var stripe = new TestStripe(sandbox);
        await stripe.ControlAsync("deliveries/settings", new { lose = 1 });

        await stripe.CustomerAsync();
        await stripe.CustomerAsync();
        await receiver.WaitAsync(1);
        var lost = (await AttemptsAsync(stripe, 2)).Single(attempt => attempt.GetProperty("state").GetString() == "lost");
        var id = lost.GetProperty("event").GetString();
        Assert.DoesNotContain(id, receiver.Got.Select(got => got.Id));
        await stripe.ControlAsync($"deliveries/{id}/resend", new { });

        await receiver.WaitAsync(2);
        Assert.Equal(id, receiver.Got.Last().Id);
    }

    [Fact]
    public async Task On_demand_events_come_late()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var sandbox = await StartAsync(receiver);
        var stripe = new TestStripe(sandbox);
        await stripe.ControlAsync("deliveries/settings", new { delay_ms = 700 });
        var began = TimeProvider.System.GetTimestamp();

        await stripe.CustomerAsync();
        await receiver.WaitAsync(1);

        Assert.InRange(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds, 650, 15_000);
    }

    [Fact]
    public async Task An_endpoint_gets_what_it_asked_for_under_its_own_secret()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var stripe = new TestStripe(sandbox);
        var endpoint = await stripe.PostAsync("webhook_endpoints", $"url={receiver.Url}", "enabled_events[]=charge.succeeded");

        await stripe.PayAsync(await stripe.CustomerAsync(), 500);
        await receiver.WaitAsync(1);
        await stripe.SendAsync(HttpMethod.Delete, $"webhook_endpoints/{endpoint.Text("id")}", null);
        await stripe.PayAsync(await stripe.CustomerAsync(), 500);

        Assert.StartsWith("whsec_", endpoint.Text("secret"), StringComparison.Ordinal);
        Assert.Equal(["charge.succeeded"], receiver.Types);
        Assert.False((await stripe.GetAsync("webhook_endpoints")).Json.GetRawText().Contains("whsec_", StringComparison.Ordinal));
    }

    [Fact]
    public void An_address_without_a_secret_is_a_fault()
    {
        var settings = new Kernel.SettingsReader(new Dictionary<string, string> { ["SANDBOX_STRIPE_WEBHOOK_URL"] = "http://localhost:1/hook" });

        Assert.Null(SandboxServer.Build(settings));
        Assert.StartsWith("STRIPE_WEBHOOK_SECRET is missing", Assert.Single(settings.Faults), StringComparison.Ordinal);
    }

    private static Task<TestSandbox> StartAsync(Receiver receiver) => TestSandbox.StartAsync(
        new() { ["SANDBOX_STRIPE_WEBHOOK_URL"] = receiver.Url, ["STRIPE_WEBHOOK_SECRET"] = Secret }, Ct);

    private static async Task<JsonElement[]> AttemptsAsync(TestStripe stripe, int count)
    {
        while (true)
        {
            var shown = JsonElement.Parse(await stripe.Http.GetStringAsync("/stripe/deliveries", Ct)).GetProperty("attempts");
            if (shown.GetArrayLength() >= count) { return [.. shown.EnumerateArray()]; }
            await Task.Delay(20, Ct);
        }
    }

    private sealed class Receiver(WebApplication app) : IAsyncDisposable
    {
        private int _refusals;

        public ConcurrentQueue<(string Id, string Body, string Signature)> Got { get; } = new();

        public string Url => $"{app.Urls.First()}/hook";

        public string[] Types => [.. Got.Select(got => JsonElement.Parse(got.Body).GetProperty("type").GetString()!)];

        public int Refusals { set => _refusals = value; }

        public static async Task<Receiver> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder(["--urls=http://127.0.0.1:0"]);
            builder.Logging.ClearProviders();
            var receiver = new Receiver(builder.Build());
            receiver.Map();
            await receiver.StartUpAsync();
            return receiver;
        }

        public async Task WaitAsync(int count)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Ct);
            patience.CancelAfter(Patience.Max);
            while (Got.Count < count) { await Task.Delay(20, patience.Token); }
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();

        private Task StartUpAsync() => app.StartAsync(Ct);

        private void Map() => app.MapPost("/hook", async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            var body = await reader.ReadToEndAsync();
            Got.Enqueue((JsonElement.Parse(body).GetProperty("id").GetString()!, body, request.Headers["Stripe-Signature"].ToString()));
            return Interlocked.Decrement(ref _refusals) >= 0 ? Results.StatusCode(503) : Results.Ok();
        });
    }
}
