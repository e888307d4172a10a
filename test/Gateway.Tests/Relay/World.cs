using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Wopr.Credits;
using Wopr.Gateway.Catalogue;
using Wopr.Gateway.Keys;
using Wopr.Kernel;
using Wopr.Platform;
using Wopr.Testing;

namespace Wopr.Gateway.Tests.Relay;

/// <summary>
/// The whole Platform with a database and a sandbox of its own, and one tenant with money and a key. Each provider is a
/// place of the sandbox, which can be told how to behave and writes down what it served.
/// </summary>
internal sealed class World : IAsyncDisposable
{
    // Nano-dollars a token; what a tenant pays is 1.3 times that.
    public const long InputPrice = 1000, OutputPrice = 3000;

    private static readonly TestPostgres s_postgres = new(Schema.Steps);

    private readonly List<WebApplication> _platforms = [];

    private World(NpgsqlDataSource source, TestSandbox sandbox) => (Source, Sandbox, Db) = (source, sandbox, new(source));

    public NpgsqlDataSource Source { get; }
    public TestSandbox Sandbox { get; }
    public Db Db { get; }
    public string Tenant { get; private set; } = "";
    public string Secret { get; private set; } = "";
    public HttpClient Http => Clients[0];
    public List<HttpClient> Clients { get; } = [];
    public IServiceProvider Services => ServicesOf(0);

    public IServiceProvider ServicesOf(int replica) => _platforms[replica].Services;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<World> StartAsync(int replicas = 1, long cents = 1000, params (string Name, string Value)[] settings)
    {
        World world = new(await s_postgres.CopyAsync(Ct), await TestSandbox.StartAsync(Ct));
        for (var replica = 0; replica < replicas; replica++) { await world.AddReplicaAsync(settings); }
        world.Tenant = await world.SignUpAsync();
        if (cents > 0) { await world.CreditAsync(Money.FromCents(cents)); }
        world.Secret = await world.KeyAsync(new("test"));
        (await world.Sandbox.Http.PostAsJsonAsync("/models/control", new { key = "none" }, Ct)).EnsureSuccessStatusCode();
        await world.ProviderAsync("one", "openai");
        await world.ModelAsync("test/echo", "one");
        return world;
    }

    public async Task AddReplicaAsync(params (string Name, string Value)[] settings)
    {
        Dictionary<string, string> variables = new()
        {
            ["PORT"] = "0",
            ["DATABASE_URL"] = TestPostgres.Url(Source),
            ["BETTER_AUTH_SECRET"] = "0123456789abcdef0123456789abcdef",
            ["PLATFORM_SECRET"] = "fedcba9876543210fedcba9876543210",
            ["SANDBOX_URL"] = Sandbox.Url,
            ["UI_ORIGIN"] = "http://localhost:3000",
        };
        foreach (var (name, value) in settings) { variables[name] = value; }
        var app = Server.Build(new SettingsReader(variables)) ?? throw new InvalidOperationException("The test configuration has faults.");
        await app.StartAsync(Ct);
        _platforms.Add(app);
        Clients.Add(new(new SocketsHttpHandler { MaxConnectionsPerServer = 500, ResponseDrainTimeout = TimeSpan.Zero })
        {
            BaseAddress = new(app.Urls.First().Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)),
            Timeout = Patience.Max,
        });
    }

    public Task CreditAsync(Money amount) => Services.GetRequiredService<Ledger>().CreditAsync(Db,
        new(Tenant, $"test:{Guid.CreateVersion7(TimeProvider.System.GetUtcNow())}", EntryKind.Purchase, amount, "Test"), Ct);

    /// <summary>Takes money away, what replicas set aside included.</summary>
    public async Task ChargeAsync(Money amount)
    {
        var ledger = Services.GetRequiredService<Ledger>();
        await ledger.ClawbackAsync(Db, new(Tenant, $"test:{Guid.CreateVersion7(TimeProvider.System.GetUtcNow())}", EntryKind.Refund, amount, "Test"), Ct);
        for (var tries = 0; tries < 200 && (await ledger.BalanceAsync(Db, Tenant, Ct)).Owed > Money.Zero; tries++) { await Task.Delay(20, Ct); }
    }

    /// <summary>A key of the tenant's; its secret.</summary>
    public async Task<string> KeyAsync(CreateGatewayKey wanted)
    {
        var actor = new Actor(ActorKind.User, Tenant) { TenantId = Tenant, UserId = Tenant, Role = Role.Owner, Scope = Scope.Write };
        var made = await Services.GetRequiredService<GatewayKeys>().CreateAsync(actor, wanted, Ct);
        return made.Succeeded(out var key, out var problem) ? key.Secret : throw new InvalidOperationException(problem.Detail);
    }

    /// <param name="onDisconnect">drain or cancel.</param>
    public Task ProviderAsync(string id, string dialect, string onDisconnect = "drain", string? url = null, int firstByteMs = 5000, int idleMs = 5000) =>
        Db.ExecuteAsync($"""
            insert into gateway.provider (id, dialect, base_url, on_disconnect, first_byte_ms, idle_ms, connect_ms)
            values ({id}, {dialect}, {url ?? $"{Sandbox.Url}/models/{id}/{dialect}"}, {onDisconnect}, {firstByteMs}, {idleMs}, 1000)
            """, Ct);

    /// <summary>A model that these providers answer, the first the cheapest by a hair.</summary>
    public async Task ModelAsync(string id, params string[] providers)
    {
        await Db.ExecuteAsync($"""
            insert into gateway.model (id, owned_by, capability, context_tokens, output_tokens_max)
            values ({id}, 'test', {(id.Contains("embed", StringComparison.Ordinal) ? "embeddings" : "chat-completions")}, 100000, 4000)
            """, Ct);
        for (var at = 0; at < providers.Length; at++)
        {
            await Db.ExecuteAsync($"insert into gateway.offer (model, provider, upstream_model) values ({id}, {providers[at]}, {"sandbox/echo"})", Ct);
            await Db.ExecuteAsync($"""
                insert into gateway.price (model, provider, input_per_million, cached_input_per_million, cache_write_per_million,
                                           output_per_million, per_request, margin_basis_points)
                values ({id}, {providers[at]}, {InputPrice * 1_000_000}, {InputPrice * 1_000_000}, {InputPrice * 1_000_000},
                        {(OutputPrice * 1_000_000) + at}, 0, 3000)
                """, Ct);
        }
        await KnownAsync(id, providers.Length);
    }

    /// <summary>How the sandbox behaves at a provider's place; none for all of them to behave.</summary>
    public async Task BehaveAsync(string provider, object words)
    {
        var body = JsonSerializer.SerializeToNode(words)!.AsObject();
        body["place"] = provider;
        (await Sandbox.Http.PostAsJsonAsync("/models/control", body, Ct)).EnsureSuccessStatusCode();
    }

    public async Task<JsonElement[]> ServedAsync() =>
        [.. (await Sandbox.Http.GetFromJsonAsync<JsonElement>("/models/record", Ct)).GetProperty("requests").EnumerateArray()];

    public Task<HttpResponseMessage> AskAsync(string path, object body, string? secret = null, int replica = 0, CancellationToken? ct = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = body as HttpContent ?? JsonContent.Create(body) };
        request.Headers.Authorization = new("Bearer", secret ?? Secret);
        return Clients[replica].SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct ?? Ct);
    }

    public static object Chat(string text = "Hello", bool stream = false, string model = "test/echo", int? max = null) => new Dictionary<string, object?>
    {
        ["model"] = model,
        ["messages"] = new[] { new { role = "user", content = text } },
        ["stream"] = stream,
        ["max_tokens"] = max ?? 200,
    };

    public Task<List<UsageRow>> UsageAsync() => Db.QueryAsync($"""
        select provider, model, input_units, output_units, wholesale_nanos, price_nanos, charged_nanos, estimated
        from credits.usage where tenant_id = {Tenant} order by settled_at
        """, row => new UsageRow(row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5),
            row.GetInt64(6), row.GetBoolean(7)), Ct);

    /// <summary>Until every request has ended in the books.</summary>
    public async Task<List<UsageRow>> SettledAsync()
    {
        for (var tries = 0; tries < 500; tries++)
        {
            if (await Db.ValueAsync<long>($"select count(*) from credits.start", Ct) == 0) { return await UsageAsync(); }
            await Task.Delay(20, Ct);
        }
        throw new TimeoutException("Some requests never ended.");
    }

    public async Task<Money> BalanceAsync() => (await Services.GetRequiredService<Ledger>().BalanceAsync(Db, Tenant, Ct)).Total;

    public async ValueTask DisposeAsync()
    {
        foreach (var client in Clients) { client.Dispose(); }
        foreach (var app in _platforms)
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }
        await Sandbox.DisposeAsync();
        await Source.DisposeAsync();
    }

    private async Task<string> SignUpAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/auth/sign-up/email")
        {
            Content = JsonContent.Create(new { name = "Test", email = "test@example.com", password = "Testpass1" }),
        };
        request.Headers.Add("Origin", "http://localhost:3000");
        var answer = await Http.SendAsync(request, Ct);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("user").GetProperty("id").GetString()!;
    }

    private async Task KnownAsync(string model, int offers)
    {
        foreach (var app in _platforms)
        {
            var catalogue = app.Services.GetRequiredService<ModelCatalogue>();
            for (var tries = 0; catalogue.Find(model)?.Offers.Count != offers && tries < 500; tries++) { await Task.Delay(10, Ct); }
        }
    }
}

internal sealed record UsageRow(
    string Provider, string Model, long Input, long Output, long Wholesale, long Price, long Charged, bool IsEstimated);
