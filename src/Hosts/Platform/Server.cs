using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Diagnostics;
using Wopr.Audit;
using Wopr.Auth;
using Wopr.Billing;
using Wopr.Credits;
using Wopr.Fleet;
using Wopr.Gateway;
using Wopr.Kernel;
using Wopr.Notices;
using Wopr.Platform.RateLimiting;
using Wopr.Quotas;
using Wopr.TenantKeys;

namespace Wopr.Platform;

/// <summary>The control plane, assembled.</summary>
internal static class Server
{
    private const long BodyBytesMax = 1024 * 1024;

    public static async Task<int> RunAsync(string[] args)
    {
        if (Build(SettingsReader.FromEnvironment()) is not { } app) { return Exit.ConfigFaults; }
        await using var _ = app;
        var secret = app.Services.GetRequiredService<SessionSecret>();
        if (!await secret.AllowsStartAsync(args.Contains(SessionSecret.AcceptFlag), CancellationToken.None)) { return Exit.ConfigFaults; }
        var port = app.Services.GetRequiredService<PlatformOptions>().Port;
        await app.StartAsync();
        Log.Listening(app.Logger, port);
        await app.WaitForShutdownAsync();
        Log.Stopped(app.Logger);
        return Exit.Ok;
    }

    /// <summary>Null when the configuration has faults, which have then been printed.</summary>
    public static WebApplication? Build(SettingsReader settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        var options = settings.Read<PlatformOptions>();

        builder.AddHost(options);
        builder.Services.AddSingleton(settings.Read<RateLimitOptions>());
        builder.Services.AddSingleton<RateLimiter>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<RateLimiter>());
        builder.Services.AddSingleton<Maintenance>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<Maintenance>());
        builder.Services.AddHostedService<Drain>();
        builder.AddKernel();
        builder.AddVault(settings);
        builder.AddObjectStore(settings);
        builder.AddApiDocument();
        builder.AddIdempotency();
        builder.AddAudit();
        builder.AddNotices(settings);
        builder.AddAuth(settings);
        builder.AddTenantKeys();
        builder.AddQuotas();
        builder.AddCredits(settings, options.App());
        builder.AddBilling(settings);
        builder.AddGateway(settings, services => services.GetRequiredService<Maintenance>().Refusal);
        builder.AddFleet(settings);
        if (ConfigVerb.Refuse(settings)) { return null; }

        var app = builder.Build();
        app.UseForwardedHeaders();
        app.UseMiddleware<SecurityHeaders>();
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseRouting();
        app.UseMiddleware<Cors>();
        app.UseActor();
        app.UseMiddleware<RateLimits>();
        app.UseMaintenance();
        app.UseAccess();
        app.UseIdempotency();

        app.MapHealth();
        app.MapMaintenance();
        app.MapApiDocument();
        app.MapTrpc();
        app.MapAudit();
        app.MapAuth();
        app.MapTenantKeys();
        app.MapQuotas();
        app.MapCredits();
        app.MapBilling();
        app.MapGateway();
        app.MapFleet();
        return app;
    }

    private static void AddHost(this WebApplicationBuilder builder, PlatformOptions options)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = BodyBytesMax;
            kestrel.Listen(IPAddress.Any, options.Port);
        });
        builder.Logging.ClearProviders();
        builder.Logging.AddConsole(console => console.FormatterName = PlainLines.Name)
            .AddConsoleFormatter<PlainLines, Microsoft.Extensions.Logging.Console.ConsoleFormatterOptions>();
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware", LogLevel.Error);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Drain.Limit(options));

        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(_ => Schema.Source(options.App()));
        builder.Services.AddSingleton<Db>();
        builder.Services.AddSingleton<TrpcProcedures>();
        builder.Services.AddSingleton<SessionSecret>();
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddProblemDetails(problems => problems.CustomizeProblemDetails = ProblemHttp.Complete);
        builder.Services.AddExceptionHandler<UnreadableRequests>();
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.RespectRequiredConstructorParameters = true;
            json.SerializerOptions.MaxDepth = 32;
            json.SerializerOptions.Converters.Add(new PlainText());
        });
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        builder.AddTrustedProxies(options.TrustedProxies);
    }
}

/// <summary>A request that cannot be read is the caller's fault, not ours.</summary>
internal sealed class UnreadableRequests : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        var problem = exception switch
        {
            BadHttpRequestException bad => ProblemHttp.FromBadRequest(bad),
            JsonException json => Problems.BadJson(json),
            _ => Problems.Database(exception),
        };
        if (problem is null) { return false; }
        await ProblemHttp.WriteAsync(context, problem);
        return true;
    }
}
