using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wopr.Kernel;
using Wopr.Testing;

namespace Wopr.Notices.Tests;

/// <summary>The module alone on a database of its own, sending to the address it is given.</summary>
internal sealed class TestNotices : IAsyncDisposable
{
    private static readonly TestPostgres s_postgres = new(Migration.Of(typeof(Db).Assembly, typeof(NoticesModule).Assembly));

    private readonly IHost _host;

    private TestNotices(IHost host) => _host = host;

    public Db Db => _host.Services.GetRequiredService<Db>();

    public NoticeQueue Queue => _host.Services.GetRequiredService<NoticeQueue>();

    public static async Task<TestNotices> StartAsync(string url, CancellationToken ct, int attemptsMax = 20)
    {
        var source = await s_postgres.CopyAsync(ct);
        var variables = new Dictionary<string, string>
        {
            ["RESEND_API_KEY"] = "re_12345678901234567890",
            ["RESEND_BASE_URL"] = url,
        };
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddSingleton(source).AddSingleton<Db>().AddSingleton(TimeProvider.System);
        builder.AddKernel();
        builder.AddNotices(new SettingsReader(variables));
        builder.Services.AddSingleton(new OutboxPace
        {
            AttemptsMax = attemptsMax,
            RetryFirst = TimeSpan.FromMilliseconds(10),
            PollEvery = TimeSpan.FromMilliseconds(20),
        });
        var host = builder.Build();
        await host.StartAsync(ct);
        return new(host);
    }

    public Task<string?> StatusAsync(string to, CancellationToken ct) =>
        Db.ValueAsync<string>($"select status from notices.mail where recipient = {to}", ct);

    /// <summary>Until the mail to the address has the status.</summary>
    public async Task UntilAsync(string to, string status, CancellationToken ct)
    {
        for (var tries = 0; tries < 500; tries++)
        {
            if (await StatusAsync(to, ct) == status) { return; }
            await Task.Delay(20, ct);
        }
        Assert.Fail($"The mail did not become {status}; it is {await StatusAsync(to, ct)}.");
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
