using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Wopr.Bot.Channels;

namespace Wopr.Bot.Tests.Channels;

public sealed class ChannelHttpTests : IDisposable
{
    private readonly TestHome _home = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task What_was_written_is_not_written_again_when_the_connection_breaks()
    {
        ConcurrentQueue<string> heard = new();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var service = builder.Build();
        service.Urls.Add("http://127.0.0.1:0");
        service.MapPost("/", async (HttpContext asked) =>
        {
            using StreamReader reader = new(asked.Request.Body);
            heard.Enqueue(await reader.ReadToEndAsync(asked.RequestAborted));
            if (heard.Count == 1) { asked.Abort(); }
        });
        await service.StartAsync(Ct);
        Uri address = new(service.Urls.First());
        using SocketsHttpHandler inner = new();
        using HttpClient http = new(new Stubborn(inner));
        using HttpRequestMessage request = new(HttpMethod.Post, address);

        var lost = await Assert.ThrowsAsync<ChannelException>(() => ChannelHttp.AskAsync(
            new(http, new(address, address, address), TimeProvider.System, _home.Log), "The service", request, "hello"u8.ToArray(),
            TimeSpan.FromMinutes(1), Ct));

        Assert.True(lost.MayHaveArrived);
        Assert.Equal(["hello"], heard);
    }

    /// <summary>Says again what it could not say, as a framework may.</summary>
    private sealed class Stubborn(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try { return await base.SendAsync(request, cancellationToken); }
            catch (HttpRequestException) { return await base.SendAsync(request, cancellationToken); }
        }
    }
}
