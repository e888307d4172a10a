using System.Net;

namespace Wopr.GatewayBench;

/// <summary>The least a proxy on this platform can do: the height of the ceiling.</summary>
internal static class BareProxy
{
    public static async Task RunAsync(string url, string upstream)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        using HttpMessageInvoker invoker = new(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
        });
        app.Run(context => RelayAsync(context, invoker, upstream));
        await app.RunAsync(url);
    }

    private static async Task RelayAsync(HttpContext context, HttpMessageInvoker invoker, string upstream)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, $"{upstream}{context.Request.Path}") { Content = new StreamContent(context.Request.Body) };
        request.Content.Headers.ContentLength = context.Request.ContentLength;
        request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        request.Headers.TryAddWithoutValidation("Authorization", context.Request.Headers.Authorization.ToString());
        using var answer = await invoker.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        context.Response.ContentLength = answer.Content.Headers.ContentLength;
        await using var stream = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
        var writer = context.Response.BodyWriter;
        while (await stream.ReadAsync(writer.GetMemory(4096), context.RequestAborted) is var count and > 0)
        {
            writer.Advance(count);
            await writer.FlushAsync(context.RequestAborted);
        }
    }
}
