using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Wopr.Audit;
using Wopr.Auth;
using Wopr.Credits;
using Wopr.Kernel;
using Wopr.Notices;
using Wopr.Quotas;
using Wopr.Testing;

namespace Wopr.Billing.Tests;

/// <summary>The effects of Stripe's events on a database of its own. Stripe itself is a handler that a test gives.</summary>
internal sealed class TestBilling : IAsyncDisposable
{
    private static readonly TestPostgres s_postgres = new(Migration.Of(
        typeof(Db).Assembly, typeof(AuditModule).Assembly, typeof(NoticesModule).Assembly, typeof(AuthModule).Assembly,
        typeof(QuotasModule).Assembly, typeof(CreditsModule).Assembly, typeof(BillingModule).Assembly));

    private readonly ServiceProvider _services;
    private int _events;

    private TestBilling(NpgsqlDataSource source, StripeOptions options, HttpMessageHandler stripe)
    {
        Source = source;
        Db = new(source);
        _services = new ServiceCollection()
            .AddLogging()
            .AddSingleton(Db).AddSingleton(TimeProvider.System).AddSingleton(options).AddSingleton<Outbox>()
            .AddSingleton<AuditLog>().AddSingleton<TenantDirectory>().AddSingleton<Ledger>()
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<StripeHttp>(
                provider, new Uri("http://stripe.test"), "sk_test_key", stripe))
            .AddStripeVerbs()
            .BuildServiceProvider();
    }

    public NpgsqlDataSource Source { get; }
    public Db Db { get; }

    public static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<TestBilling> StartAsync(StripeOptions? options = null, HttpMessageHandler? stripe = null)
    {
        var billing = new TestBilling(await s_postgres.CopyAsync(Ct), options ?? new StripeOptions
        {
            SubscriptionPriceId = "price_monthly",
            PackPrices = new Dictionary<string, string> { ["_10"] = "price_10", ["_25"] = "price_25", ["_100"] = "price_100" },
        }, stripe ?? new HttpClientHandler());
        await billing.AddTenantAsync("t1");
        await billing.AddTenantAsync("t2");
        return billing;
    }

    public T Get<T>() where T : notnull => _services.GetRequiredService<T>();

    public async Task AddTenantAsync(string id)
    {
        await Db.ExecuteAsync($"insert into auth.tenant (id, name, kind, created_at) values ({id}, {id}, 'personal', now())", Ct);
        await Db.ExecuteAsync($"""
            insert into auth.user (id, name, email, created_at, updated_at)
            values ({id}, {id}, {id + "@example.com"}, now(), now())
            """, Ct);
        await Db.ExecuteAsync($"insert into auth.member (tenant_id, user_id, role, joined_at) values ({id}, {id}, 'owner', now())", Ct);
    }

    /// <summary>Receives an event with an id of its own.</summary>
    public Task<WebhookAnswer> ReceiveAsync(string type, object thing, string? id = null, long created = 1_800_000_000, bool live = false) =>
        Get<StripeInbox>().ReceiveAsync(Event(type, thing, id ?? $"evt_{Interlocked.Increment(ref _events)}", created, live), Ct);

    public static StripeEvent Event(string type, object thing, string id, long created = 1_800_000_000, bool live = false) =>
        StripeEvent.TryParse(JsonSerializer.Serialize(
            new { id, type, created, livemode = live, data = new Dictionary<string, object> { ["object"] = thing } }))!;

    public static JsonObject Session(string id = "cs_1", object? cents = null, string? tenant = "t1", string? customer = "cus_1") => new()
    {
        ["id"] = id,
        ["object"] = "checkout.session",
        ["mode"] = "payment",
        ["payment_status"] = "paid",
        ["amount_total"] = JsonSerializer.SerializeToNode(cents ?? 1000),
        ["currency"] = "usd",
        ["customer"] = customer,
        ["payment_intent"] = id.Replace("cs_", "pi_", StringComparison.Ordinal),
        ["client_reference_id"] = tenant,
    };

    public static object Charge(long refunded, string id = "1", long amount = 1000) => new
    {
        id = $"ch_{id}",
        amount,
        amount_refunded = refunded,
        currency = "usd",
        payment_intent = $"pi_{id}",
    };

    public static object Dispute(string status, long cents = 1000, string id = "1") => new
    {
        id = $"dp_{id}",
        charge = $"ch_{id}",
        payment_intent = $"pi_{id}",
        amount = cents,
        currency = "usd",
        status,
    };

    public static object Invoice(string id = "in_1", long cents = 500, string? tenant = "t1") => new
    {
        id,
        status = "paid",
        amount_paid = cents,
        currency = "usd",
        customer = "cus_1",
        subscription = "sub_1",
        payment_intent = $"pi_{id}",
        subscription_details = new { metadata = tenant is null ? [] : new Dictionary<string, string> { ["wopr_tenant"] = tenant } },
    };

    public static object TopUp(string id = "pi_9", long cents = 2000, string source = "auto_topup", long? received = null) => new
    {
        id,
        status = "succeeded",
        amount = cents,
        amount_received = received ?? cents,
        currency = "usd",
        customer = "cus_1",
        latest_charge = "ch_9",
        metadata = new { wopr_tenant = "t1", wopr_source = source },
    };

    public async Task<long> CentsAsync(string tenant = "t1") => (await Get<Ledger>().BalanceAsync(Db, tenant, Ct)).Total.Cents;

    public async Task<long> OwedAsync(string tenant = "t1") => (await Get<Ledger>().BalanceAsync(Db, tenant, Ct)).Owed.Cents;

    public Task<long> CountAsync(Sql sql) => Db.ValueAsync<long>(sql, Ct);

    /// <summary>Why events wait, in the order they came.</summary>
    public Task<List<string>> QueueAsync() => Db.QueryAsync(
        $"select reason from billing.unprocessed_event where state = 'open' order by number", row => row.GetString(0), Ct);

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await Source.DisposeAsync();
    }
}
