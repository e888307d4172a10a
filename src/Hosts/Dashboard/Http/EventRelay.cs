using Microsoft.AspNetCore.Http.Features;

namespace Wopr.Dashboard.Http;

/// <summary>The Platform's server-sent events, passed on piece by piece as they come, until either side leaves.</summary>
internal sealed class EventRelay(HttpResponseMessage source) : IResult
{
    // The Platform says something at least every 15 seconds; one that does not is gone, and the browser asks anew.
    private static readonly TimeSpan s_silenceMax = TimeSpan.FromSeconds(45);

    private const int PieceBytes = 16 * 1024;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using var _ = source;
        var stopping = httpContext.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, stopping);
        var response = httpContext.Response;
        httpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store, no-transform";
        // Proxies that would collect it are told not to.
        response.Headers["X-Accel-Buffering"] = "no";
        try
        {
            await using var events = await source.Content.ReadAsStreamAsync(ends.Token);
            var piece = new byte[PieceBytes];
            ends.CancelAfter(s_silenceMax);
            while (await events.ReadAsync(piece, ends.Token) is > 0 and var count)
            {
                await response.Body.WriteAsync(piece.AsMemory(0, count), ends.Token);
                await response.Body.FlushAsync(ends.Token);
                ends.CancelAfter(s_silenceMax);
            }
        }
        catch (Exception error) when (ends.IsCancellationRequested || error is IOException or HttpRequestException)
        {
            // Either side has left; the browser goes on after the last event that it heard.
        }
    }
}
