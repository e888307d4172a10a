using System.Text.Json;
using Wopr.Kernel;
using Wopr.Sandbox.Discord;
using Wopr.Sandbox.GitHub;
using Wopr.Sandbox.Google;
using Wopr.Sandbox.Mail;
using Wopr.Sandbox.Models;
using Wopr.Sandbox.Slack;
using Wopr.Sandbox.Stripe;
using Wopr.Sandbox.Telegram;

namespace Wopr.Sandbox;

/// <summary>
/// The outside world, for development and tests: what is beyond the network answers here the way the real thing does.
/// Each stand-in is a folder and one line below. Everything is in memory and bounded; everybody is let in.
/// </summary>
public static class SandboxServer
{
    private const int ConfigFaults = 4;
    private const long BodyBytesMax = 4 * 1024 * 1024;

    public static async Task<int> RunAsync(SettingsReader settings)
    {
        if (Build(settings) is not { } app)
        {
            Console.Error.WriteLine("The sandbox does not start:");
            foreach (var fault in settings.Faults.Distinct()) { Console.Error.WriteLine($"  {fault}"); }
            return ConfigFaults;
        }
        await using var _ = app;
        await app.StartAsync();
        Log.Listening(app.Logger, app.Urls.First());
        await app.WaitForShutdownAsync();
        return 0;
    }

    /// <summary>Null when the settings have faults; tests start it on a free port in their own process.</summary>
    public static WebApplication? Build(SettingsReader settings)
    {
        var options = settings.Read<SandboxOptions>();
        if (settings.Faults.Count > 0) { return null; }

        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = BodyBytesMax;
            kestrel.Listen(options.Address, options.Port);
        });
        // What was written was also sent: a stand-in that breaks off after three events has sent three.
        builder.WebHost.UseSockets(sockets => sockets.MaxWriteBufferSize = 1);
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(3));
        builder.Services.ConfigureHttpJsonOptions(
            json => json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<Deliveries>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Deliveries>());

        var app = builder.Build();
        app.UseStatusCodePages();
        app.UseWebSockets();
        app.MapGet("/health", () => new { status = "ok", service = "wopr-sandbox" });
        app.MapMail();
        app.MapGitHub();
        app.MapGoogle();
        app.MapStripe(options);
        app.MapModels();
        app.MapDiscord();
        app.MapSlack();
        app.MapTelegram();
        return app;
    }
}
