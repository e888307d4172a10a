using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Wopr.Bot.Channels;

/// <param name="RetryAfter">What the service asked for.</param>
internal sealed record ServiceAnswer(HttpStatusCode Status, HttpResponseHeaders Headers, byte[] Body, TimeSpan? RetryAfter)
{
    public bool IsGood => (int)Status is >= 200 and < 300;
}

/// <summary>Asks a service over HTTP, and knows of a request that failed whether the service may have it.</summary>
internal static class ChannelHttp
{
    private const int AnswerBytesMax = 2 * 1024 * 1024;

    /// <summary>Whatever the service answers; a <see cref="ChannelException"/> when it answers nothing.</summary>
    /// <param name="body">Written at most once: a connection that breaks must not make the framework say it again.</param>
    public static async Task<ServiceAnswer> AskAsync(
        ChannelContext context, string service, HttpRequestMessage request, byte[]? body, TimeSpan limit, CancellationToken ct,
        HttpClient? http = null)
    {
        OnceContent? once = null;
        if (body is not null)
        {
            request.Content = once = new(body);
            request.Content.Headers.ContentType = new("application/json") { CharSet = "utf-8" };
        }
        using CancellationTokenSource late = new(limit, context.Time);
        using var until = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        try
        {
            using var response = await (http ?? context.Http).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, until.Token);
            return new(response.StatusCode, response.Headers, await ReadAsync(response, until.Token), Asked(response, context.Time));
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested) { throw; }
        catch (OperationCanceledException slow)
        {
            throw Lost($"{service} did not answer in time.", once, slow);
        }
        catch (HttpRequestException fault) when (fault.InnerException is ChannelException refused) { throw refused; }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            throw Lost($"{service} cannot be reached.", once, fault);
        }
    }

    private static ChannelException Lost(string sentence, OnceContent? once, Exception cause) =>
        new(sentence, mayHaveArrived: once is { WasWritten: true }, cause: cause);

    private static TimeSpan? Asked(HttpResponseMessage response, TimeProvider time) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date > time.GetUtcNow() ? date - time.GetUtcNow() : TimeSpan.Zero,
        // Fractions of a second, which some services send.
        null when response.Headers.TryGetValues("Retry-After", out var values)
            && double.TryParse(values.First(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            && seconds < TimeSpan.MaxValue.TotalSeconds / 2 => TimeSpan.FromSeconds(seconds),
        _ => null,
    };

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken ct)
    {
        using MemoryStream bytes = new();
        await using var stream = await response.Content.ReadAsStreamAsync(ct);
        var buffer = new byte[16 * 1024];
        while (await stream.ReadAsync(buffer, ct) is var read and > 0)
        {
            if (bytes.Length + read > AnswerBytesMax) { throw new IOException("The answer is too long."); }
            bytes.Write(buffer, 0, read);
        }
        return bytes.ToArray();
    }

    private sealed class OnceContent(byte[] bytes) : HttpContent
    {
        public bool WasWritten { get; private set; }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            if (WasWritten) { throw new IOException("The connection broke after this was written."); }
            WasWritten = true;
            await stream.WriteAsync(bytes, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = bytes.Length;
            return true;
        }
    }
}
