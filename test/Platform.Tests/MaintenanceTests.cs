using System.Net;
using System.Net.Http.Json;

namespace Wopr.Platform.Tests;

public sealed class MaintenanceTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task In_maintenance_operators_work_and_others_are_told_to_come_back_on_every_replica()
    {
        await using var one = await TestPlatform.StartAsync(Ct);
        await using var two = await one.ReplicaAsync(Ct);
        var ann = await new Browser(one).SignUpAsync("maintained@example.com");

        Assert.Equal(HttpStatusCode.OK, (await AdminAsync(one, HttpMethod.Put, new { message = "Back at noon." })).StatusCode);
        await Task.Delay(TimeSpan.FromSeconds(1.5), Ct);
        foreach (var replica in (TestPlatform[])[one, two])
        {
            var refused = await ann.On(replica).QueryAsync("settings.ping");
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "maintenance", "Back at noon."), (refused.Status, refused.Code, refused.Text("error")));
            Assert.Equal(HttpStatusCode.OK, (await AdminAsync(replica, HttpMethod.Get)).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await replica.Http.GetAsync("/health/ready", Ct)).StatusCode);
        }

        await AdminAsync(two, HttpMethod.Delete);
        await Task.Delay(TimeSpan.FromSeconds(1.5), Ct);
        Assert.Equal(HttpStatusCode.OK, (await ann.QueryAsync("settings.ping")).Status);
    }

    private static async Task<HttpResponseMessage> AdminAsync(TestPlatform platform, HttpMethod method, object? body = null)
    {
        using var request = new HttpRequestMessage(method, "/api/admin/maintenance");
        request.Headers.Add("Authorization", $"Bearer {TestPlatform.AdminToken}");
        if (body is not null) { request.Content = JsonContent.Create(body); }
        return await platform.Http.SendAsync(request, Ct);
    }
}
