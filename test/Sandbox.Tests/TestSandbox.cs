using Microsoft.AspNetCore.Builder;
using Wopr.Kernel;

namespace Wopr.Sandbox.Tests;

/// <summary>The Sandbox on a free port.</summary>
internal sealed class TestSandbox : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestSandbox(WebApplication app)
    {
        _app = app;
        Http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new(app.Urls.First()) };
    }

    public HttpClient Http { get; }

    public static async Task<TestSandbox> StartAsync(CancellationToken ct)
    {
        var app = SandboxServer.Build(new SettingsReader(name => name == "SANDBOX_PORT" ? "0" : null))!;
        await app.StartAsync(ct);
        return new(app);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
