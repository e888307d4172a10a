using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Wopr.Audit;
using Wopr.Auth;
using Wopr.Credits;
using Wopr.Kernel;
using Wopr.Notices;
using Wopr.Quotas;
using Wopr.TenantKeys;
using Wopr.Testing;

namespace Wopr.Billing.Tests;

/// <summary>A clock that stands until it is moved.</summary>
internal sealed class HeldClock(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Time { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Time;

    public void Pass(TimeSpan time) => Time += time;
}

/// <summary>The module's verbs on a database of its own, with a clock that is moved by hand. Nothing runs by itself.</summary>
internal sealed class RuntimeBilling : IAsyncDisposable
{
    public const string Tenant = "tenant1";

    private static readonly TestPostgres s_postgres = new(Migration.Of(
        typeof(Db).Assembly, typeof(AuditModule).Assembly, typeof(NoticesModule).Assembly, typeof(AuthModule).Assembly,
        typeof(TenantKeysModule).Assembly, typeof(QuotasModule).Assembly, typeof(CreditsModule).Assembly, typeof(BillingModule).Assembly));

    private readonly IHost _host;
    private int _posts;

    private RuntimeBilling(IHost host) => _host = host;

    public HeldClock Clock => (HeldClock)Get<TimeProvider>();

    public Db Db => Get<Db>();

    public Ledger Ledger => Get<Ledger>();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public T Get<T>() where T : notnull => _host.Services.GetRequiredService<T>();

    public static async Task<RuntimeBilling> StartAsync(Action<IServiceCollection>? change = null)
    {
        var source = await s_postgres.CopyAsync(Ct);
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.None));
        builder.Services.AddSingleton(source).AddSingleton<Db>();
        builder.Services.AddSingleton<TimeProvider>(new HeldClock(new(2026, 3, 10, 9, 30, 0, TimeSpan.Zero)));
        var settings = new SettingsReader(new Dictionary<string, string>
        {
            ["PLATFORM_SECRET"] = "fedcba9876543210fedcba9876543210",
            ["BETTER_AUTH_SECRET"] = "0123456789abcdef0123456789abcdef",
        });
        builder.AddKernel();
        builder.AddVault(settings);
        builder.AddAudit();
        builder.AddNotices(settings);
        builder.AddAuth(settings);
        builder.AddCredits(settings, new NpgsqlConnectionStringBuilder(source.ConnectionString));
        builder.AddBilling(settings);
        change?.Invoke(builder.Services);
        var billing = new RuntimeBilling(builder.Build());
        await billing.AddTenantAsync(Tenant);
        return billing;
    }

    public Task AddTenantAsync(string tenant) => Db.TransactAsync(async tx =>
    {
        await tx.ExecuteAsync($"""
            insert into auth.user (id, name, email, email_verified, created_at, updated_at)
            values ({tenant}, 'Ann', {Email(tenant)}, true, now(), now())
            """, Ct);
        await tx.ExecuteAsync($"insert into auth.tenant (id, name, kind, created_at) values ({tenant}, 'Ann', 'personal', now())", Ct);
        await tx.ExecuteAsync($"insert into auth.member (tenant_id, user_id, role, joined_at) values ({tenant}, {tenant}, 'owner', now())", Ct);
        return 0;
    }, Ct);

    public static string Email(string tenant) => $"{tenant}@example.com";

    /// <summary>Money comes in, and the news of it arrives.</summary>
    public async Task PayAsync(long cents, string tenant = Tenant, bool isHeard = true)
    {
        await Ledger.CreditAsync(Db, new(tenant, $"pay:{_posts++}", EntryKind.Purchase, Money.FromCents(cents), "Credits"), Ct);
        if (isHeard) { await Get<ResumeOnPayment>().HandleAsync(new(tenant), new(Guid.Empty, 1, false), Ct); }
    }

    public Task ObserveAsync(Guid bot, BotPresence presence, string tier = "standard", string storage = "standard", string tenant = Tenant) =>
        Db.TransactAsync(async tx =>
        {
            await Get<BotMeter>().ObserveAsync(tx, new(bot, tenant, "Robby", presence, tier, storage), Ct);
            return 0;
        }, Ct);

    public Task ChargeAsync() => Get<RuntimeCharging>().RunAsync(Ct);

    public Task WatchAsync() => Get<StandingWatch>().RunAsync(Ct);

    /// <summary>The clock moves to this time of another day, and what then runs has run.</summary>
    public async Task PassDaysAsync(int days)
    {
        for (var day = 0; day < days; day++)
        {
            Clock.Pass(TimeSpan.FromDays(1));
            await ChargeAsync();
            await WatchAsync();
        }
    }

    public async Task<long> CentsAsync(string tenant = Tenant) => (await Ledger.BalanceAsync(Db, tenant, Ct)).Total.Cents;

    public async Task<StandingState> StateAsync(string tenant = Tenant) =>
        (await Get<BillingStanding>().OfAsync(Db, tenant, Ct)).State;

    /// <summary>What was charged, as <c>runtime 2026-03-10 17</c>.</summary>
    public Task<List<string>> ChargesAsync(string tenant = Tenant) => Db.QueryAsync($"""
        select kind || ' ' || right(reference, 10) || ' ' || nanos / 10000000
        from credits.entry
        where tenant_id = {tenant} and kind in ('runtime', 'storage')
        order by right(reference, 10), kind
        """, row => row.GetString(0), Ct);

    public Task<List<string>> MailsAsync(string tenant = Tenant) => Db.QueryAsync(
        $"select template from notices.mail where recipient = {Email(tenant)} order by id", row => row.GetString(0), Ct);

    public Task<List<string>> NewsAsync() => Db.QueryAsync(
        $"select topic from kernel.outbox where topic like 'billing.%' order by id", row => row.GetString(0), Ct);

    public async ValueTask DisposeAsync()
    {
        var source = Get<NpgsqlDataSource>();
        _host.Dispose();
        await source.DisposeAsync();
    }
}
