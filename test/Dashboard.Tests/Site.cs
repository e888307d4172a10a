using Microsoft.AspNetCore.Builder;
using Microsoft.Playwright;
using Wopr.Dashboard.Tests;
using Wopr.Kernel;
using Wopr.Platform.Tests;

[assembly: AssemblyFixture(typeof(Site))]

namespace Wopr.Dashboard.Tests;

/// <summary>
/// A Platform, a Dashboard before it, and one Chromium, for all tests; each test is a person of its own.
/// </summary>
public sealed class Site : IAsyncLifetime
{
    private WebApplication _dashboard = null!;
    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;

    public TestPlatform Platform { get; private set; } = null!;
    public TestNode Node { get; private set; } = null!;
    public TestStripe Stripe { get; private set; } = null!;
    public string Address { get; private set; } = "";

    /// <summary>Calls the Dashboard without being a browser.</summary>
    public HttpClient Http { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Stripe = await TestStripe.StartAsync(CancellationToken.None);
        Platform = await TestPlatform.StartAsync(CancellationToken.None, [.. Stripe.PlatformSettings, TestNode.PlatformSetting]);
        Node = TestNode.Start(Platform.Address);
        _dashboard = Start(Platform.Address, Stripe.Address);
        await _dashboard.StartAsync();
        Address = AddressOf(_dashboard);
        Http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = new(Address) };
        _playwright = await Playwright.CreateAsync();
        // Machines that build are slow and shared.
        Assertions.SetDefaultExpectTimeout(20_000);
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
                // Redirects to where the world believes us to be.
                $"--host-resolver-rules=MAP {new Uri(TestPlatform.UiOrigin).Authority} 127.0.0.1:{new Uri(Address).Port}"],
        });
    }

    internal static WebApplication Start(string platform, string? stripe = null)
    {
        var variables = new Dictionary<string, string>
        {
            ["DASHBOARD_PORT"] = "0",
            ["PLATFORM_URL"] = platform,
            ["UI_ORIGIN"] = TestPlatform.UiOrigin,
            ["RATE_LIMIT_FACTOR"] = "100000",
        };
        if (stripe is not null) { variables["STRIPE_API_BASE"] = stripe; }
        return Server.Build(new SettingsReader(variables))
            ?? throw new InvalidOperationException("The test configuration has faults.");
    }

    internal static string AddressOf(WebApplication app) =>
        app.Urls.First().Replace("0.0.0.0", "localhost", StringComparison.Ordinal);

    /// <summary>A fresh browser profile that notices everything the console complains of.</summary>
    public async Task<Person> VisitAsync(int width = 1280, bool dark = false, bool scripts = true)
    {
        var context = await _browser.NewContextAsync(new()
        {
            BaseURL = Address,
            ViewportSize = new() { Width = width, Height = width > 600 ? 800 : 740 },
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            JavaScriptEnabled = scripts,
        });
        context.SetDefaultTimeout(20_000);
        return new(context, await context.NewPageAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
        Http.Dispose();
        await _dashboard.DisposeAsync();
        await Node.DisposeAsync();
        await Platform.DisposeAsync();
        await Stripe.DisposeAsync();
    }
}
