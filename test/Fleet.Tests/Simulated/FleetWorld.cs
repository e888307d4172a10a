using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Wopr.Audit;
using Wopr.Auth;
using Wopr.Billing;
using Wopr.Credits;
using Wopr.Gateway;
using Wopr.Kernel;
using Wopr.Notices;
using Wopr.Quotas;
using Wopr.TenantKeys;
using Wopr.Testing;

namespace Wopr.Fleet.Tests;

/// <summary>What works by itself in a replica.</summary>
internal enum Runs { All, Links, Nothing }

/// <summary>One or more replicas of the module over HTTP, on a database of their own, with the agents that a test adds.</summary>
internal sealed class FleetWorld : IAsyncDisposable
{
    public const string Tenant = "tenant1";
    public const string Other = "tenant2";
    public const string Image = "wopr-network/wopr:latest";

    private const string NodeSecret = "node0node0node0node0node0node0node0";

    private static readonly TestPostgres s_postgres = new(Migration.Of(
        typeof(Db).Assembly, typeof(AuditModule).Assembly, typeof(NoticesModule).Assembly, typeof(AuthModule).Assembly,
        typeof(TenantKeysModule).Assembly, typeof(QuotasModule).Assembly, typeof(CreditsModule).Assembly, typeof(BillingModule).Assembly,
        typeof(GatewayModule).Assembly, typeof(FleetModule).Assembly));

    private readonly NpgsqlDataSource _source;
    private readonly List<WebApplication> _replicas = [];
    private readonly List<FakeAgent> _agents = [];
    private int _posts;

    private FleetWorld(NpgsqlDataSource source) => _source = source;

    public Db Db => new(_source);

    public BotRegistry Registry => Get<BotRegistry>();

    public static Actor Owner { get; } = ActorOf(Tenant);

    public static Actor Stranger { get; } = ActorOf(Other);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<FleetWorld> StartAsync(int replicas = 1, Runs runs = Runs.All)
    {
        var world = new FleetWorld(await s_postgres.CopyAsync(Ct));
        for (var replica = 0; replica < replicas; replica++) { await world.AddReplicaAsync(runs); }
        foreach (var tenant in (string[])[Tenant, Other])
        {
            await world.AddTenantAsync(tenant);
            await world.PayAsync(10_000, tenant);
        }
        return world;
    }

    /// <param name="gate">What stands between the replica and the database.</param>
    /// <returns>Its number.</returns>
    public async Task<int> AddReplicaAsync(Runs runs, DbGate? gate = null)
    {
        _replicas.Add(await ReplicaAsync(runs, gate));
        return _replicas.Count - 1;
    }

    public T Get<T>(int replica = 0) where T : notnull => _replicas[replica].Services.GetRequiredService<T>();

    public Uri Url(int replica = 0) => new(_replicas[replica].Urls.First());

    public async Task<FakeAgent> AgentAsync(string node = "local", int replica = 0)
    {
        var agent = new FakeAgent(node, Get<LinkKeys>(replica).ForNode(node)!, Url(replica));
        _agents.Add(agent);
        await agent.StartAsync(Ct);
        return agent;
    }

    public async Task StopAsync(FakeAgent agent)
    {
        _agents.Remove(agent);
        await agent.DisposeAsync();
    }

    public async Task StopReplicaAsync(int replica)
    {
        using var now = new CancellationTokenSource(0);
        await _replicas[replica].StopAsync(now.Token);
    }

    public async Task<Bot> CreateAsync(string name = "robby", Actor? actor = null) =>
        (await Registry.CreateAsync(actor ?? Owner, new(name, Image), Ct)).Succeeded(out var bot, out var problem)
            ? bot
            : throw new InvalidOperationException(problem.Code);

    public async Task<Bot> RunningAsync(string name = "robby")
    {
        var bot = await CreateAsync(name);
        return await UntilAsync(bot.Id, BotState.Running);
    }

    public async Task<Bot> BotAsync(Guid id) => (await BotSql.FindAsync(Db, null, id, Ct))!.Bot;

    public Task<Bot> UntilAsync(Guid id, BotState state) => UntilAsync(id, bot => bot.State == state);

    public async Task<Bot> UntilAsync(Guid id, Func<Bot, bool> what)
    {
        Bot? bot = null;
        await UntilAsync(async () => (bot = (await BotSql.FindAsync(Db, null, id, Ct))?.Bot) is not null && what(bot), () => $"{bot}");
        return bot!;
    }

    public static async Task UntilAsync(Func<Task<bool>> what, Func<string>? last = null)
    {
        for (var tries = 0; tries < 600; tries++)
        {
            if (await what()) { return; }
            await Task.Delay(50, Ct);
        }
        Assert.Fail($"It did not come to be. {last?.Invoke()}");
    }

    public async Task PayAsync(long cents, string tenant = Tenant) =>
        await Get<Ledger>().CreditAsync(Db, new(tenant, $"pay:{_posts++}", EntryKind.Purchase, Money.FromCents(cents), "Credits"), Ct);

    public async Task SpendAllAsync(string tenant = Tenant)
    {
        var ledger = Get<Ledger>();
        var all = (await ledger.BalanceAsync(Db, tenant, Ct)).Total;
        if (all > Money.Zero) { await ledger.ChargeAsync(Db, new(tenant, $"spend:{_posts++}", EntryKind.Runtime, all, "Spent"), Ct); }
    }

    /// <summary>How many bots the tenant may have.</summary>
    public async Task LimitAsync(long instances)
    {
        await Db.ExecuteAsync($"insert into quotas.tenant (tenant_id) values ({Tenant}) on conflict do nothing", Ct);
        await Db.ExecuteAsync($"insert into quotas.tenant_limit (tenant_id, quota, max) values ({Tenant}, 'instances', {instances})", Ct);
    }

    public Task<List<string>> TextsAsync(Sql sql) => Db.QueryAsync(sql, row => row.GetString(0), Ct);

    /// <summary>A caller over HTTP; who it is stands in a header that only these tests know.</summary>
    public HttpClient Http(string tenant = Tenant, Role role = Role.Owner, int replica = 0)
    {
        var http = new HttpClient { BaseAddress = Url(replica) };
        http.DefaultRequestHeaders.Add("x-test-actor", $"{tenant}/{role}");
        return http;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in _agents) { await agent.DisposeAsync(); }
        using var now = new CancellationTokenSource(0);
        foreach (var replica in _replicas)
        {
            await replica.StopAsync(now.Token);
            await replica.DisposeAsync();
        }
        await _source.DisposeAsync();
    }

    public static Actor ActorOf(string tenant, Role role = Role.Owner, string? user = null) =>
        new(ActorKind.User, user ?? tenant) { UserId = user ?? tenant, TenantId = tenant, Role = role, Scope = Scope.Write };

    private static Actor ToolOf(Role role) => new(ActorKind.Token, "fleet") { Scope = role == Role.Viewer ? Scope.Read : Scope.Write };

    private async Task AddTenantAsync(string tenant)
    {
        await Db.ExecuteAsync($"""
            insert into auth.user (id, name, email, email_verified, created_at, updated_at)
            values ({tenant}, 'Ann', {tenant + "@example.com"}, true, now(), now())
            """, Ct);
        await Db.ExecuteAsync($"insert into auth.tenant (id, name, kind, created_at) values ({tenant}, 'Ann', 'personal', now())", Ct);
        await Db.ExecuteAsync($"insert into auth.member (tenant_id, user_id, role, joined_at) values ({tenant}, {tenant}, 'owner', now())", Ct);
    }

    private async Task<WebApplication> ReplicaAsync(Runs runs, DbGate? gate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var settings = new SettingsReader(new Dictionary<string, string>
        {
            ["PLATFORM_SECRET"] = "fedcba9876543210fedcba9876543210",
            ["BETTER_AUTH_SECRET"] = "0123456789abcdef0123456789abcdef",
            ["NODE_SECRET"] = NodeSecret,
            ["OBJECTS_DIR"] = Path.Combine(Path.GetTempPath(), "fleet-tests"),
        });
        builder.Services.AddSingleton(_source).AddSingleton(new Db(_source, null, gate)).AddSingleton(TimeProvider.System).AddSingleton<TrpcProcedures>();
        builder.Services.AddProblemDetails(problems => problems.CustomizeProblemDetails = ProblemHttp.Complete);
        builder.AddKernel();
        builder.AddVault(settings);
        builder.AddObjectStore(settings);
        builder.AddIdempotency();
        builder.AddAudit();
        builder.AddNotices(settings);
        builder.AddAuth(settings);
        builder.AddTenantKeys();
        builder.AddQuotas();
        builder.AddCredits(settings, new NpgsqlConnectionStringBuilder(_source.ConnectionString));
        builder.AddBilling(settings);
        builder.AddGateway(settings, _ => null);
        // Of the others only what is asked works here.
        builder.Services.RemoveAll<IHostedService>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<Listener>());
        builder.AddFleet(settings);
        if (runs != Runs.All) { builder.Services.RemoveAll<IHostedService>(); }
        if (runs == Runs.Links)
        {
            builder.Services.AddHostedService(provider => provider.GetRequiredService<Listener>());
            builder.Services.AddHostedService(provider => provider.GetRequiredService<InternalListener>());
            builder.Services.AddHostedService(provider => provider.GetRequiredService<OpenLinks>());
            builder.Services.AddHostedService(provider => provider.GetRequiredService<LeaseDesk>());
        }

        var app = builder.Build();
        app.UseExceptionHandler();
        app.UseRouting();
        app.Use((context, next) =>
        {
            if (context.Request.Headers["x-test-actor"].ToString().Split('/') is [var tenant, var role])
            {
                context.SetActor(tenant == "operator" ? ToolOf(Enum.Parse<Role>(role)) : ActorOf(tenant, Enum.Parse<Role>(role)));
            }
            return next(context);
        });
        app.UseAccess();
        app.UseIdempotency();
        app.MapTrpc();
        app.MapFleet();
        await app.StartAsync(Ct);
        return app;
    }
}
