using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Wopr.Kernel.Tests;

public sealed class HealthProbeTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("200 OK", 0)]
    [InlineData("503 Service Unavailable", 1)]
    public async Task It_says_whether_the_answer_was_good(string status, int expected)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var probe = HealthProbe.RunAsync(((IPEndPoint)listener.LocalEndpoint).Port, Ct);

        using var caller = await listener.AcceptTcpClientAsync(Ct);
        _ = await caller.GetStream().ReadAsync(new byte[4096], Ct);
        await caller.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"), Ct);

        Assert.Equal(expected, await probe);
    }

    [Fact]
    public async Task Where_nobody_listens_nothing_is_healthy()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        Assert.Equal(1, await HealthProbe.RunAsync(port, Ct));
    }
}
