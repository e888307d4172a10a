using System.Net;
using Wopr.Testing;

namespace Wopr.Platform.Tests;

public sealed class HealthTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Health_says_who_answers()
    {
        await using var platform = await TestPlatform.StartAsync(Ct);

        Assert.Equal("""{"status":"ok","service":"wopr-platform"}""", await platform.Http.GetStringAsync("/health", Ct));
        Assert.Equal("""{"status":"ready","service":"wopr-platform"}""", await platform.Http.GetStringAsync("/health/ready", Ct));
    }

    [Fact]
    public async Task With_migrations_pending_it_is_alive_but_not_ready_and_says_which()
    {
        await using var platform = await TestPlatform.StartAsync(await TestPostgres.EmptyAsync(Ct), Ct);

        var ready = await platform.Http.GetAsync("/health/ready", Ct);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("auth/0001_accounts", await ready.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await platform.Http.GetAsync("/health", Ct)).StatusCode);
    }

    [Fact]
    public async Task An_unknown_address_is_a_problem_with_a_code()
    {
        await using var platform = await TestPlatform.StartAsync(Ct);

        var answer = await platform.Http.GetAsync("/nowhere", Ct);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("\"code\":\"route.not_found\"", await answer.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }
}
