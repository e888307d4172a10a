using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace Wopr.Gateway.Relay;

/// <summary>
/// A caller's stream. Its head goes out with the first bytes, so that until then the answer can still be a refusal. What
/// is written for a caller that left goes nowhere.
/// </summary>
internal sealed class StreamOutput(HttpContext context) : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile bool _isOver;

    /// <summary>The status has gone out; a refusal has to be an event now.</summary>
    public bool HasStarted => context.Response.HasStarted;

    public bool IsLeft => context.RequestAborted.IsCancellationRequested;

    /// <summary>A comment that is being sent is waited for: after the request nobody may touch its answer.</summary>
    public ValueTask DisposeAsync() => CloseAsync();

    /// <summary>Writes and sends. The bytes are whole events.</summary>
    public async ValueTask SendAsync<T>(T state, Action<T, PipeWriter> write)
    {
        if (IsLeft) { return; }
        await _turn.WaitAsync();
        try
        {
            Start();
            write(state, context.Response.BodyWriter);
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // The caller left; whoever reads the provider finds out by IsLeft.
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Says that somebody is still there, unless something is being said right now.</summary>
    public void KeepAlive()
    {
        if (!_isOver && _turn.Wait(0)) { _ = CommentAsync(); }
    }

    /// <summary>After this no comment comes any more.</summary>
    public async ValueTask CloseAsync()
    {
        await _turn.WaitAsync();
        _isOver = true;
        _turn.Release();
    }

    private async Task CommentAsync()
    {
        try
        {
            if (_isOver || IsLeft) { return; }
            Start();
            await context.Response.BodyWriter.WriteAsync(": waiting for the model\n\n"u8.ToArray(), context.RequestAborted);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // The caller left.
        }
        finally
        {
            _turn.Release();
        }
    }

    private void Start()
    {
        if (HasStarted) { return; }
        var response = context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache";
        // Proxies that gather bytes would turn a stream into one late answer.
        response.Headers["X-Accel-Buffering"] = "no";
    }
}
