using System.Globalization;
using Npgsql;
using Wopr.Testing;

namespace Wopr.EndToEnd.Tests;

/// <summary>One database, two replicas and a proxy in front of them, each a process of its own.</summary>
internal sealed class Stack : IAsyncDisposable
{
    /// <summary>Much longer than anything takes: a busy machine may stand still for half a minute.</summary>
    private static readonly Lazy<Task<TestSandbox>> s_sandbox = new(() => TestSandbox.StartAsync(CancellationToken.None));

    private readonly Dictionary<string, string> _settings = new(StringComparer.Ordinal);
    private readonly int[] _ports;
    private readonly Child?[] _replicas;
    private Child? _proxy;

    private Stack(NpgsqlDataSource owner, int replicas)
    {
        Owner = owner;
        _ports = [.. Enumerable.Range(0, replicas).Select(_ => FreePort.Next())];
        _replicas = new Child?[replicas];
        Address = new($"http://127.0.0.1:{FreePort.Next()}");
    }

    /// <summary>The one address.</summary>
    public Uri Address { get; }

    public NpgsqlDataSource Owner { get; }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Migrated and ready.</summary>
    public static async Task<Stack> StartAsync(int replicas, params (string Name, string Value)[] settings)
    {
        var stack = await PrepareAsync(await TestPostgres.EmptyAsync(Ct), replicas, settings);
        Assert.Contains("applied auth/0001_accounts", await stack.RunAsync("migrate"), StringComparison.Ordinal);
        await stack.StartAllAsync();
        return stack;
    }

    /// <summary>Settings only; nothing runs, and the database is as it was.</summary>
    public static async Task<Stack> PrepareAsync(NpgsqlDataSource owner, int replicas, params (string Name, string Value)[] settings)
    {
        const string appRole = "wopr_end_to_end";
        var stack = new Stack(owner, replicas);
        await stack.ExecuteAsync($"do $$ begin create role {appRole} login; exception when duplicate_object or unique_violation then end $$");
        stack._settings["DATABASE_OWNER_URL"] = TestPostgres.Url(owner);
        stack._settings["DATABASE_URL"] = TestPostgres.Url(owner).Replace("//postgres@", $"//{appRole}@", StringComparison.Ordinal);
        stack._settings["BETTER_AUTH_SECRET"] = "0123456789abcdef0123456789abcdef";
        stack._settings["PLATFORM_SECRET"] = "fedcba9876543210fedcba9876543210";
        stack._settings["ADMIN_TOKEN"] = Caller.AdminToken;
        stack._settings["SANDBOX_URL"] = (await s_sandbox.Value).Url;
        stack._settings["TRUSTED_PROXY_IPS"] = "127.0.0.1";
        foreach (var (name, value) in settings) { stack._settings[name] = value; }
        return stack;
    }

    /// <summary>For those that start from now on.</summary>
    public void Set(string name, string value) => _settings[name] = value;

    public async Task StartAllAsync()
    {
        for (var index = 0; index < _replicas.Length; index++) { Start(index); }
        for (var index = 0; index < _replicas.Length; index++) { await ReadyAsync(index); }
        if (_replicas.Length > 1) { await StartProxyAsync(); }
    }

    public Child Replica(int index) => _replicas[index]!;

    public Uri AddressOf(int index) => new($"http://127.0.0.1:{_ports[index]}");

    /// <summary>Runs a verb and answers with what it said.</summary>
    public async Task<string> RunAsync(params string[] words)
    {
        var settings = new Dictionary<string, string>(_settings);
        settings.Remove("DOTNET_STARTUP_HOOKS");
        await using var verb = new Child(Child.Built("Platform"), words, settings);
        Assert.True(await verb.EndsAsync(Patience.Max, Ct) == 0, verb.Output);
        return verb.Output;
    }

    public Child Start(int index, params (string Name, string Value)[] other)
    {
        var settings = new Dictionary<string, string>(_settings) { ["PORT"] = _ports[index].ToString(CultureInfo.InvariantCulture) };
        foreach (var (name, value) in other) { settings[name] = value; }
        return _replicas[index] = new(Child.Built("Platform"), [], settings);
    }

    public async Task RestartAsync(int index)
    {
        await Replica(index).DisposeAsync();
        Start(index);
        await ReadyAsync(index);
    }

    public async Task ReadyAsync(int index)
    {
        using var caller = new Caller(AddressOf(index));
        await UntilAsync(async () => Replica(index).IsRunning && (await caller.GetAsync("/health/ready")).IsGood,
            () => $"Replica {index} is not ready; it {(Replica(index).IsRunning ? "runs" : "has ended")}. It said:\n{Replica(index).Output}");
    }

    public static async Task UntilAsync(Func<Task<bool>> holds, Func<string> complaint)
    {
        var until = TimeProvider.System.GetUtcNow() + Patience.Max;
        while (true)
        {
            try
            {
                if (await holds()) { return; }
            }
            catch (HttpRequestException) { /* Not yet. */ }
            Assert.True(TimeProvider.System.GetUtcNow() < until, complaint());
            await Task.Delay(50, Ct);
        }
    }

    public async Task ExecuteAsync(string sql)
    {
#pragma warning disable CA2100 // Tests write their own SQL.
        await using var command = Owner.CreateCommand(sql);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(Ct);
    }

    public async Task<List<string>> ReadAsync(string sql)
    {
#pragma warning disable CA2100 // Tests write their own SQL.
        await using var command = Owner.CreateCommand(sql);
#pragma warning restore CA2100
        await using var reader = await command.ExecuteReaderAsync(Ct);
        List<string> rows = [];
        while (await reader.ReadAsync(Ct)) { rows.Add(reader.GetString(0)); }
        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null) { await _proxy.DisposeAsync(); }
        foreach (var replica in _replicas.OfType<Child>()) { await replica.DisposeAsync(); }
        await Owner.DisposeAsync();
    }

    private async Task StartProxyAsync()
    {
        var file = Path.Combine(Child.Root, "deploy", "caddy", "Caddyfile");
        _proxy = new("caddy", ["run", "--config", file, "--adapter", "caddyfile"], new Dictionary<string, string>
        {
            ["SITE_ADDRESS"] = Address.ToString().TrimEnd('/'),
            ["PLATFORM_REPLICAS"] = string.Join(' ', _ports.Select(port => $"127.0.0.1:{port}")),
            ["CADDY_ADMIN"] = "off",
        });
        using var caller = new Caller(Address);
        await UntilAsync(async () => (await caller.GetAsync("/health")).IsGood, () => $"The proxy does not answer:\n{_proxy.Output}");
    }
}
