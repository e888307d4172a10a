using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Wopr.Platform.Tests;
using Wopr.Testing;

namespace Wopr.Dashboard.Tests;

/// <summary>The pretended Stripe, and events that it might have sent.</summary>
public sealed class TestStripe : IAsyncDisposable
{
    private const string Secret = "whsec_0123456789ab";

    private readonly TestSandbox _sandbox;
    private readonly int _port;
    private int _events;

    private TestStripe(TestSandbox sandbox, int port) => (_sandbox, _port) = (sandbox, port);

    public string Address => _sandbox.Url;

    /// <summary>What makes a platform take this one's money.</summary>
    public (string Name, string Value)[] PlatformSettings =>
    [
        ("PORT", _port.ToString(CultureInfo.InvariantCulture)), ("STRIPE_SECRET_KEY", "sk_test_0123456789"), ("STRIPE_API_BASE", Address),
        ("STRIPE_WEBHOOK_SECRET", Secret), ("STRIPE_DEFAULT_PRICE_ID", "price_subscription_5"),
        ("STRIPE_CREDITS_PRICE_10", "price_credits_10"), ("STRIPE_CREDITS_PRICE_25", "price_credits_25"),
        ("STRIPE_CREDITS_PRICE_50", "price_credits_50"), ("STRIPE_CREDITS_PRICE_100", "price_credits_100"),
    ];

    public static async Task<TestStripe> StartAsync(CancellationToken ct)
    {
        // Each has to know the other's address before it starts.
        var port = FreePort.Next();
        return new(await TestSandbox.StartAsync(new()
        {
            ["SANDBOX_STRIPE_WEBHOOK_URL"] = $"http://127.0.0.1:{port}/api/billing/webhook",
            ["STRIPE_WEBHOOK_SECRET"] = Secret,
        }, ct), port);
    }

    /// <summary>Tells the platform that somebody paid.</summary>
    /// <param name="tenant">Null for a payment that names nobody.</param>
    public async Task PayAsync(TestPlatform platform, string? tenant, long cents, CancellationToken ct)
    {
        var number = Interlocked.Increment(ref _events);
        var body = JsonSerializer.Serialize(new
        {
            id = $"evt_page_{number}",
            type = "checkout.session.completed",
            created = DateTimeOffset.UnixEpoch.ToUnixTimeSeconds() + 1_800_000_000,
            livemode = false,
            data = new Dictionary<string, object>
            {
                ["object"] = new
                {
                    id = $"cs_page_{number}",
                    @object = "checkout.session",
                    mode = "payment",
                    payment_status = "paid",
                    amount_total = cents,
                    currency = "usd",
                    client_reference_id = tenant,
                    payment_intent = $"pi_page_{number}",
                },
            },
        });
        var at = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var mac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes($"{at}.{body}"));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/billing/webhook")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("Stripe-Signature", $"t={at},v1={Convert.ToHexStringLower(mac)}");
        using var response = await platform.Http.SendAsync(request, ct);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();
}
