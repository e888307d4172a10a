using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>
/// The port on which other replicas ask for the links that end here. It is a server of its own, so that nothing that is
/// for them can be reached from outside, and nothing else from there.
/// </summary>
internal sealed class InternalListener(
    LinksOptions options, ForwardSignature signature, LinksPace pace, IServiceProvider services, ILoggerFactory loggers)
    : IHostedService, IAsyncDisposable
{
    private const int BodyBytesMax = 2 * 1024 * 1024;

    private static readonly byte[] s_line = "\n"u8.ToArray();

    private readonly ILogger _logger = loggers.CreateLogger<InternalListener>();
    private WebApplication? _app;
    private string? _url;

    /// <summary>Where other replicas reach this one.</summary>
    public string Url => _url ?? throw new InvalidOperationException("The internal listener has not started.");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = BodyBytesMax;
            kestrel.Listen(options.Bind, options.InternalPort);
        });
        builder.Services.AddSingleton(loggers);
        _app = builder.Build();
        _app.Run(ServeAsync);
        await _app.StartAsync(cancellationToken);
        _url = options.Url(new Uri(_app.Urls.First()).Port);
        LinkLog.Inside(_logger, _url);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_app is { } app) { await app.StopAsync(cancellationToken); }
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is { } app) { await app.DisposeAsync(); }
    }

    private async Task ServeAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Path != Forwarding.Path || !HttpMethods.IsPost(request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, context.RequestAborted);
        var bytes = body.GetBuffer().AsMemory(0, (int)body.Length);
        if (!signature.IsGood("POST", $"{request.Host}{request.Path}", request.Headers[ForwardSignature.TimeHeader].ToString(),
            request.Headers[ForwardSignature.Header].ToString(), bytes.Span))
        {
            LinkLog.BadSignature(_logger, context.Connection.RemoteIpAddress?.ToString());
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }
        var ask = JsonSerializer.Deserialize(bytes.Span, ForwardJson.Default.ForwardAsk)!;
        context.Response.ContentType = "application/x-ndjson";
        context.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
        await context.Response.StartAsync(context.RequestAborted);
        try
        {
            await AnswerAsync(context.Response, ask, context.RequestAborted);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // Whoever asked left.
        }
    }

    private async Task AnswerAsync(HttpResponse response, ForwardAsk ask, CancellationToken ct)
    {
        await using var items = ItemsAsync(ask, ct).GetAsyncEnumerator(ct);
        while (true)
        {
            var next = items.MoveNextAsync().AsTask();
            while (await Task.WhenAny(next, Task.Delay(pace.ForwardBeat, ct)) != next) { await SendAsync(response, s_line, ct); }
            var line = await LineAsync(next, items);
            byte[] said = [.. JsonSerializer.SerializeToUtf8Bytes(line, ForwardJson.Default.ForwardLine), .. s_line];
            await SendAsync(response, said, ct);
            if (line.Item is null) { return; }
        }
    }

    private static async Task<ForwardLine> LineAsync(Task<bool> next, IAsyncEnumerator<JsonElement> items)
    {
        try { return await next ? new(Item: items.Current) : new(End: true); }
        catch (LinkRefusedException refusal) { return new(Refused: refusal.Problem); }
        catch (LinkLostException lost) { return new(Lost: lost.Message); }
    }

    // Resolved late, because the links know where this listens.
    private async IAsyncEnumerable<JsonElement> ItemsAsync(
        ForwardAsk ask, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var link = services.GetRequiredService<OpenLinks>().Find(ask.Peer)
            ?? throw new LinkLostException($"{ask.Peer} has no link to the platform now.");
        var json = ForwardJson.Default.JsonElement;
        if (!ask.Feed)
        {
            yield return await link.AskAsync(new Verb<JsonElement, JsonElement>(ask.Verb, json, json), ask.Ask, ct);
            yield break;
        }
        await foreach (var item in link.FollowAsync(new Feed<JsonElement, JsonElement>(ask.Verb, json, json), ask.Ask, ct)) { yield return item; }
    }

    private static async Task SendAsync(HttpResponse response, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        await response.Body.WriteAsync(bytes, ct);
        await response.Body.FlushAsync(ct);
    }
}
