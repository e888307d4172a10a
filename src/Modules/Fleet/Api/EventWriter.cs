using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Wopr.Fleet;

/// <summary>Server-sent events of one response. Whatever is silent for a while says that it is still there.</summary>
internal sealed class EventWriter(HttpContext context) : IDisposable
{
    public static readonly TimeSpan KeepAliveEvery = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim _turn = new(1, 1);

    public void Begin()
    {
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache, no-transform";
        // Proxies that would collect it are told not to.
        response.Headers["X-Accel-Buffering"] = "no";
    }

    /// <summary>A comment, so that the reader knows that it is heard.</summary>
    public Task HelloAsync(CancellationToken ct) => WriteAsync(": hello\n\n", ct);

    public Task EventAsync<T>(string? id, T data, CancellationToken ct)
    {
        var text = new StringBuilder();
        if (id is not null) { text.Append("id: ").Append(id.ReplaceLineEndings("")).Append('\n'); }
        text.Append("data: ").Append(JsonSerializer.Serialize(data, JsonSerializerOptions.Web)).Append("\n\n");
        return WriteAsync(text.ToString(), ct);
    }

    /// <summary>Until it is cancelled.</summary>
    public async Task KeepAliveAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(KeepAliveEvery);
        while (await timer.WaitForNextTickAsync(ct)) { await WriteAsync(": still here\n\n", ct); }
    }

    public void Dispose() => _turn.Dispose();

    private async Task WriteAsync(string text, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            await context.Response.WriteAsync(text, ct);
            await context.Response.Body.FlushAsync(ct);
        }
        finally
        {
            _turn.Release();
        }
    }
}

/// <summary>A response that goes on until its reader has enough, beside the sign that it lives.</summary>
internal sealed class EventStream(Func<EventWriter, CancellationToken, Task> write) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var stopping = httpContext.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, stopping);
        using var events = new EventWriter(httpContext);
        var alive = Task.CompletedTask;
        try
        {
            events.Begin();
            // Whatever is to be followed is asked for before the reader hears anything, so that it misses nothing of what it then does.
            var writing = write(events, ends.Token);
            await events.HelloAsync(ends.Token);
            alive = events.KeepAliveAsync(ends.Token);
            await (await Task.WhenAny(alive, writing));
        }
        catch (Exception) when (ends.IsCancellationRequested)
        {
            // Its reader has left, or we are stopping.
        }
        finally
        {
            await ends.CancelAsync();
            await alive.ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }
}
