using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Wopr.Kernel;
using Wopr.Sandbox;

namespace Wopr.Testing;

/// <summary>The outside world on a free port: point SANDBOX_URL, GITHUB_BASE_URL and their kin at it.</summary>
public sealed class TestSandbox : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestSandbox(WebApplication app)
    {
        _app = app;
        Http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new(Url) };
    }

    public string Url => _app.Urls.First();

    public HttpClient Http { get; }

    public static Task<TestSandbox> StartAsync(CancellationToken ct) => StartAsync([], ct);

    public static async Task<TestSandbox> StartAsync(Dictionary<string, string> settings, CancellationToken ct)
    {
        var app = SandboxServer.Build(new SettingsReader(new Dictionary<string, string>(settings) { ["SANDBOX_PORT"] = "0" }))!;
        await app.StartAsync(ct);
        return new(app);
    }

    /// <summary>The newest mail to the address, waited for; its <c>links</c> are what somebody would click.</summary>
    public async Task<JsonElement> MailAsync(string to, string subject, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience.Max);
        while (true)
        {
            var mails = await Http.GetFromJsonAsync<JsonElement[]>($"/mails?to={Uri.EscapeDataString(to)}", patience.Token);
            var mail = mails!.FirstOrDefault(mail => mail.GetProperty("subject").GetString()!.Contains(subject, StringComparison.Ordinal));
            if (mail.ValueKind == JsonValueKind.Object) { return mail; }
            await Task.Delay(20, patience.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
