using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Wopr.Notices.Tests;

/// <summary>A mail provider that has a bad day: it answers what the test says, call by call.</summary>
internal sealed class TestProvider : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestProvider(WebApplication app) => _app = app;

    public string Url => _app.Urls.First();

    /// <summary>The idempotency key of every call.</summary>
    public ConcurrentQueue<string> Keys { get; } = new();

    public static async Task<TestProvider> StartAsync(Func<int, HttpContext, Task> answer, CancellationToken ct)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var provider = new TestProvider(app);
        app.Run(context =>
        {
            provider.Keys.Enqueue(context.Request.Headers["Idempotency-Key"].ToString());
            return answer(provider.Keys.Count, context);
        });
        await app.StartAsync(ct);
        return provider;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
