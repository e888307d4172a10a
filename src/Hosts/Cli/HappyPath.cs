using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Npgsql;

namespace Wopr.Cli;

/// <summary>
/// The customer's journey of the runbook, item by item and byte for byte: sign up, pay, a bot runs. Each item needs what the
/// items before it brought, and says so when that is missing.
/// </summary>
internal sealed class HappyPath(Uri api, EnvFile? env, Home home) : IDisposable
{
    private const int PackCents = 3000;

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false, UseProxy = false })
    {
        BaseAddress = api,
        Timeout = TimeSpan.FromSeconds(20),
    };

    private readonly string _email = $"smoke-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}@example.com";
    private string? _cookie;
    private string? _tenant;
    private string? _sessionId;
    private string? _bot;

    public IReadOnlyList<(string Name, Func<CancellationToken, Task<string>> Run)> Items =>
    [
        ("The stack is up and clean", StackAsync),
        ("Sign-up returns the user", SignUpAsync),
        ("The session works and the balance is 0", SessionAsync),
        ("creditsCheckout returns a Stripe address", CheckoutAsync),
        ("The webhook is accepted", WebhookAsync),
        ("The balance is right and stands in the ledger", BalanceAsync),
        ("A bot is created", CreateBotAsync),
        ("The bot runs", BotRunsAsync),
    ];

    public void Dispose() => _http.Dispose();

    private async Task<string> StackAsync(CancellationToken ct)
    {
        Same("""{"status":"ok","service":"wopr-platform"}""", await TextAsync(HttpMethod.Get, "/health", null, ct), "/health");
        Same("""{"status":"ready","service":"wopr-platform"}""", await TextAsync(HttpMethod.Get, "/health/ready", null, ct), "/health/ready");
        var line = $"wopr-platform listening on http://0.0.0.0:{api.Port}";
        if (!api.IsLoopback || !File.Exists(home.LogFile("platform"))) { return "healthy and ready"; }
        await using var stream = new FileStream(home.LogFile("platform"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        Need((await reader.ReadToEndAsync(ct)).Split('\n').Contains(line), $"The log of the platform has no line \"{line}\".");
        return "healthy and ready, and the log says where it listens";
    }

    private async Task<string> SignUpAsync(CancellationToken ct)
    {
        using var request = Request(HttpMethod.Post, "/api/auth/sign-up/email",
            new { name = "Test User", email = _email, password = "Testpass1" });
        using var answer = await _http.SendAsync(request, ct);
        var text = await answer.Content.ReadAsStringAsync(ct);
        Need(answer.IsSuccessStatusCode, $"Sign-up answered {(int)answer.StatusCode}: {Short(text)}");
        var user = Parse(text).GetProperty("user");
        Same(_email, user.GetProperty("email").GetString(), "user.email");
        var id = user.GetProperty("id").GetString();
        Need(!string.IsNullOrEmpty(id), "user.id is empty.");
        const string name = "better-auth.session_token=";
        var cookies = answer.Headers.TryGetValues("Set-Cookie", out var set) ? set : [];
        _cookie = cookies.Select(cookie => cookie.Split(';')[0]).FirstOrDefault(cookie => cookie.Contains(name, StringComparison.Ordinal));
        return $"{id}, {_email}";
    }

    private async Task<string> SessionAsync(CancellationToken ct)
    {
        Need(_cookie is not null, "Sign-up set no cookie better-auth.session_token.");
        var without = await TextAsync(HttpMethod.Get, BalancePath, null, ct, signedIn: false);
        Need(without.Contains("Authentication required", StringComparison.Ordinal),
            $"Without a session it should say Authentication required: {Short(without)}");
        var text = await TextAsync(HttpMethod.Get, BalancePath, null, ct);
        _tenant = Data(text).GetProperty("tenant").GetString();
        var empty = """{"result":{"data":{"tenant":"<id>","balance_cents":0,"daily_burn_cents":0,"runway_days":null}}}""";
        Same(empty.Replace("<id>", _tenant, StringComparison.Ordinal), text, "the balance");
        return $"tenant {_tenant}";
    }

    private async Task<string> CheckoutAsync(CancellationToken ct)
    {
        Need(_tenant is not null, "Not tried: there is no session.");
        // The runbook takes the first one in the file.
        var price = env?.Values.FirstOrDefault(pair => pair.Key.StartsWith("STRIPE_CREDITS_PRICE", StringComparison.Ordinal)).Value
            ?? "price_credits_30";
        var data = Data(await TextAsync(HttpMethod.Post, "/trpc/billing.creditsCheckout",
            new { priceId = price, successUrl = $"{Origin}/dashboard", cancelUrl = $"{Origin}/dashboard" }, ct));
        var (url, session) = (data.GetProperty("url").GetString()!, data.GetProperty("sessionId").GetString()!);
        Need(url.StartsWith("https://checkout.stripe.com/c/pay/cs_test_", StringComparison.Ordinal), $"The address is {url}.");
        Need(session.StartsWith("cs_test_", StringComparison.Ordinal), $"The session is {session}.");
        _sessionId = session;
        return session;
    }

    private async Task<string> WebhookAsync(CancellationToken ct)
    {
        Need(_tenant is not null, "Not tried: there is no session.");
        var secret = env?["STRIPE_WEBHOOK_SECRET"];
        Need(!string.IsNullOrEmpty(secret), "STRIPE_WEBHOOK_SECRET is not known here, so the event cannot be signed.");
        var body = JsonSerializer.Serialize(Event(), Json.Options);
        var answer = await HookAsync(body, secret!, ct);
        var said = Short(await answer.Content.ReadAsStringAsync(ct));
        Need((int)answer.StatusCode == 200, $"POST /api/billing/webhook answered {(int)answer.StatusCode}: {said}");
        // Afterwards, because who cannot sign has to wait.
        var forged = await HookAsync(body, "whsec_wrong", ct);
        Need((int)forged.StatusCode == 400, $"A forged event was answered {(int)forged.StatusCode}, not 400.");
        return "200, and 400 for a forged one";
    }

    private async Task<string> BalanceAsync(CancellationToken ct)
    {
        Need(_tenant is not null, "Not tried: there is no session.");
        var cents = 0L;
        for (var tries = 0; tries < 50; tries++)
        {
            cents = Data(await TextAsync(HttpMethod.Get, BalancePath, null, ct)).GetProperty("balance_cents").GetInt64();
            if (cents > 0) { break; }
            await Task.Delay(100, ct);
        }
        Need(cents == PackCents, $"balance_cents is {cents}, not {PackCents}.");
        if (env is null || !api.IsLoopback || !Postgres.IsOurs(env)) { return $"{cents} cents"; }
        await using var connection = new NpgsqlConnection(new Postgres(home, env).Application.ConnectionString);
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand("SELECT * FROM credit_transactions ORDER BY created_at DESC LIMIT 5;", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        Need(await reader.ReadAsync(ct), "credit_transactions is empty.");
        return $"{cents} cents, and credit_transactions has it";
    }

    private async Task<string> CreateBotAsync(CancellationToken ct)
    {
        Need(_tenant is not null, "Not tried: there is no session.");
        var data = Data(await TextAsync(HttpMethod.Post, "/trpc/fleet.createInstance",
            new { name = "test-bot", image = "wopr-network/wopr:latest", description = "Happy path test bot" }, ct));
        Same("test-bot", data.GetProperty("name").GetString(), "name");
        _bot = data.GetProperty("id").GetString();
        return $"{_bot}, {data.GetProperty("status").GetString()}";
    }

    private async Task<string> BotRunsAsync(CancellationToken ct)
    {
        Need(_bot is not null, "Not tried: there is no bot.");
        var input = Uri.EscapeDataString(JsonSerializer.Serialize(new { id = _bot }));
        var status = "";
        for (var tries = 0; tries < 150; tries++)
        {
            var bot = Data(await TextAsync(HttpMethod.Get, $"/trpc/fleet.getInstance?input={input}", null, ct));
            status = bot.GetProperty("status").GetString();
            if (status == "running") { return status; }
            await Task.Delay(200, ct);
        }
        throw new Refusal(Exit.Unhealthy, $"After 30 s its status is still {status}.");
    }

    private const string BalancePath = "/trpc/billing.creditsBalance?input=%7B%7D";

    private string Origin => env?["UI_ORIGIN"].Split(',')[0] is { Length: > 0 } origin ? origin : "http://localhost:3000";

    /// <summary>What Stripe sends when a pack of $30 has been paid.</summary>
    private object Event()
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        return new
        {
            id = $"evt_{id}",
            @object = "event",
            type = "checkout.session.completed",
            created = now,
            livemode = false,
            data = new
            {
                @object = new
                {
                    id = _sessionId ?? $"cs_test_{id}",
                    @object = "checkout.session",
                    mode = "payment",
                    status = "complete",
                    payment_status = "paid",
                    amount_subtotal = PackCents,
                    amount_total = PackCents,
                    currency = "usd",
                    customer = $"cus_{id}",
                    payment_intent = $"pi_{id}",
                    client_reference_id = _tenant,
                    metadata = new { wopr_tenant = _tenant },
                    livemode = false,
                    created = now,
                },
            },
        };
    }

    private async Task<HttpResponseMessage> HookAsync(string body, string secret, CancellationToken ct)
    {
        var at = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{at}.{body}"));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/billing/webhook")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("Stripe-Signature", $"t={at},v1={Convert.ToHexStringLower(signature)}");
        return await _http.SendAsync(request, ct);
    }

    private async Task<string> TextAsync(HttpMethod method, string path, object? body, CancellationToken ct, bool signedIn = true)
    {
        using var request = Request(method, path, body);
        if (signedIn && _cookie is not null) { request.Headers.Add("Cookie", _cookie); }
        using var answer = await _http.SendAsync(request, ct);
        return await answer.Content.ReadAsStringAsync(ct);
    }

    private HttpRequestMessage Request(HttpMethod method, string path, object? body)
    {
        var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("Origin", Origin);
        return request;
    }

    private static JsonElement Data(string text)
    {
        var json = Parse(text);
        if (json.TryGetProperty("result", out var result)) { return result.GetProperty("data"); }
        var error = json.TryGetProperty("error", out var found) ? found : json;
        throw new Refusal(Exit.Unhealthy, error.ValueKind == JsonValueKind.Object && error.TryGetProperty("message", out var message)
            ? message.GetString()! : Short(text));
    }

    private static JsonElement Parse(string text)
    {
        try { return JsonSerializer.Deserialize<JsonElement>(text); }
        catch (JsonException) { throw new Refusal(Exit.Unhealthy, $"The answer is not JSON: {Short(text)}"); }
    }

    private static string Short(string text) => text.Length <= 200 ? text : $"{text[..200]}…";

    private static void Same(string expected, string? actual, string what) =>
        Need(expected == actual, $"{what} is {Short(actual ?? "missing")}, not {expected}.");

    private static void Need(bool holds, string otherwise)
    {
        if (!holds) { throw new Refusal(Exit.Unhealthy, otherwise); }
    }
}
