using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Wopr.Kernel;

namespace Wopr.Architecture.Tests;

public sealed class RouteTests
{
    [Fact]
    public async Task Every_route_declares_who_may_call_it()
    {
        await using var platform = await RunningPlatform.StartAsync(TestContext.Current.CancellationToken);
        var endpoints = platform.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().ToList();

        Assert.NotEmpty(endpoints);
        Assert.Empty(endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<Access>() is null)
            .Select(endpoint => endpoint.DisplayName));
    }
}
