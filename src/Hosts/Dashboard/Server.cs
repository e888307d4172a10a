using System.Net;
using Wopr.Dashboard.Http;
using Wopr.Dashboard.Pages;
using Wopr.Dashboard.Pages.Account;
using Wopr.Dashboard.Pages.Admin;
using Wopr.Dashboard.Pages.Billing;
using Wopr.Dashboard.Pages.Bots;
using Wopr.Dashboard.Pages.Gateway;
using Wopr.Dashboard.Pages.Home;
using Wopr.Dashboard.Pages.Organization;
using Wopr.Dashboard.Pages.SignIn;
using Wopr.Dashboard.Pages.Tokens;
using Wopr.Kernel;

namespace Wopr.Dashboard;

/// <summary>The web dashboard, assembled. It keeps nothing: every fact on a page is asked of the Platform.</summary>
internal static class Server
{
    private const long BodyBytesMax = 64 * 1024;

    public static async Task<int> RunAsync()
    {
        if (Build(SettingsReader.FromEnvironment()) is not { } app) { return Exit.ConfigFaults; }
        await using var _ = app;
        await app.StartAsync();
        Log.Listening(app.Logger, app.Services.GetRequiredService<DashboardOptions>().Port);
        await app.WaitForShutdownAsync();
        return Exit.Ok;
    }

    /// <summary>Null when the configuration has faults, which have then been printed.</summary>
    public static WebApplication? Build(SettingsReader settings)
    {
        var options = settings.Read<DashboardOptions>();
        if (settings.Faults.Count > 0)
        {
            Console.Error.WriteLine("The configuration has faults:");
            foreach (var fault in settings.Faults.Distinct()) { Console.Error.WriteLine($"  {fault}"); }
            return null;
        }
        var builder =
            WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.AddHost(options);

        var app = builder.Build();
        app.UseForwardedHeaders();
        app.UseMiddleware<SecurityHeaders>();
        app.UseExceptionHandler(Troubles.Handle);
        app.UseMiddleware<Assets.Files>();
        app.UseMiddleware<SameOrigin>();
        app.UseRouting();

        app.MapHealth();
        var pages = app.MapGroup("").AddEndpointFilter<LoadVisit>();
        pages.MapHome();
        pages.MapSignIn();
        pages.MapAccount();
        pages.MapOrganizations();
        pages.MapTokens();
        pages.MapBilling();
        pages.MapGateway();
        pages.MapBots();
        pages.MapAdmin();
        pages.MapFallback(() => Troubles.NotFound());
        return app;
    }

    private static void AddHost(this WebApplicationBuilder builder, DashboardOptions options)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = BodyBytesMax;
            kestrel.Listen(IPAddress.Any, options.Port);
        });
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);

        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(new Assets(Path.Combine(AppContext.BaseDirectory, "wwwroot")));
        builder.Services.AddSingleton(_ => PlatformHttp(options));
        builder.Services.AddHttpContextAccessor();
        builder.Services.AddScoped(Visit.Of);
        builder.Services.AddRazorComponents();
        builder.AddTrustedProxies(options.TrustedProxies);
    }

    // One pool for everybody, which is why it must never hold a cookie of its own.
    private static HttpClient PlatformHttp(DashboardOptions options) => new(new SocketsHttpHandler
    {
        UseCookies = false,
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(3),
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
    })
    {
        BaseAddress = options.PlatformUrl,
        // Each call has its own.
        Timeout = Timeout.InfiniteTimeSpan,
    };
}

internal static class Exit
{
    public const int Ok = 0;
    public const int ConfigFaults = 4;
}
