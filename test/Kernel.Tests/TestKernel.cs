using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Wopr.Testing;

namespace Wopr.Kernel.Tests;

/// <summary>A process with the kernel in it; ask for another replica on the same database.</summary>
internal sealed class TestKernel : IAsyncDisposable
{
    private static readonly TestPostgres s_postgres = new(Migration.Of(typeof(Db).Assembly));

    private static readonly OutboxPace s_hurried = new()
    {
        RetryFirst = TimeSpan.FromMilliseconds(10),
        PollEvery = TimeSpan.FromMilliseconds(20),
    };

    private readonly IHost _host;

    private TestKernel(IHost host, NpgsqlDataSource source) => (_host, Source) = (host, source);

    public NpgsqlDataSource Source { get; }

    public Db Db => _host.Services.GetRequiredService<Db>();

    public Outbox Outbox => _host.Services.GetRequiredService<Outbox>();

    public Listener Listener => _host.Services.GetRequiredService<Listener>();

    public T Get<T>() where T : notnull => _host.Services.GetRequiredService<T>();

    public static Task<NpgsqlDataSource> DatabaseAsync(CancellationToken ct) => s_postgres.CopyAsync(ct);

    public static async Task<TestKernel> StartAsync(
        CancellationToken ct, Action<IServiceCollection>? add = null, Func<OutboxPace, OutboxPace>? pace = null,
        NpgsqlDataSource? source = null)
    {
        source ??= await DatabaseAsync(ct);
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddSingleton(source).AddSingleton<Db>().AddSingleton(TimeProvider.System);
        builder.AddKernel();
        builder.Services.AddSingleton(pace?.Invoke(s_hurried) ?? s_hurried);
        add?.Invoke(builder.Services);
        var host = builder.Build();
        await host.StartAsync(ct);
        return new(host, source);
    }

    public Task StopAsync(CancellationToken ct) => _host.StopAsync(ct);

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}

internal static class Eventually
{
    /// <summary>Waits until it is so, and fails with the question when it never is.</summary>
    public static async Task IsAsync(Func<Task<bool>> so, CancellationToken ct,
        [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(so))] string question = "")
    {
        for (var tries = 0; tries < 500; tries++)
        {
            if (await so()) { return; }
            await Task.Delay(20, ct);
        }
        Assert.Fail($"Never came true: {question}");
    }

    public static Task IsAsync(Func<bool> so, CancellationToken ct,
        [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(so))] string question = "") =>
        IsAsync(() => Task.FromResult(so()), ct, question);
}
