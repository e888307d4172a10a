using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Wopr.Kernel;

namespace Wopr.Platform.Tests;

public sealed class DrainTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Draining_takes_no_time_from_what_still_runs()
    {
        var settings = new Dictionary<string, string>
        {
            ["DRAIN_SECONDS"] = "60",
            ["DATABASE_URL"] = "postgres://nobody@localhost:1/nothing",
            ["BETTER_AUTH_SECRET"] = "0123456789abcdef0123456789abcdef",
            ["PLATFORM_SECRET"] = "fedcba9876543210fedcba9876543210",
        };
        await using var app = Server.Build(new SettingsReader(settings))!;

        var limit = app.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout;

        Assert.Equal(TimeSpan.FromSeconds(85), limit);
    }

    [Fact]
    public async Task Told_to_stop_it_says_it_is_not_ready_and_goes_on_answering_for_a_while()
    {
        await using var platform = await TestPlatform.StartAsync(Ct, ("DRAIN_SECONDS", "2"));
        Assert.Equal(HttpStatusCode.OK, (await platform.Http.GetAsync("/health/ready", Ct)).StatusCode);

        var stopping = platform.StopAsync();
        await Task.Delay(300, Ct);

        var ready = await platform.Http.GetAsync("/health/ready", Ct);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("ready.stopping", await ready.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        var working = await new Browser(platform).PostAsync("/api/auth/sign-up/email",
            new { name = "Late", email = "late@example.com", password = "Testpass1" });
        Assert.Equal(HttpStatusCode.OK, working.Status);
        await stopping;
        await Assert.ThrowsAsync<HttpRequestException>(() => platform.Http.GetAsync("/health", Ct));
    }
}
