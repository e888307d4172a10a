using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>
/// Makes one call to a tenant's address. The name is looked up and judged when connecting, and the judged address is the
/// one connected to, so that a name which changes its mind in between leads nowhere.
/// </summary>
internal sealed class WebhookSender : IDisposable
{
    internal const int AnswerBytesMax = 1024;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    public WebhookSender(TenantWebhookOptions options, TimeProvider time)
    {
        _time = time;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            MaxResponseHeadersLength = 16,
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            ConnectTimeout = TimeSpan.FromSeconds(5),
        };
        if (!options.AllowsPrivate) { handler.ConnectCallback = ConnectAsync; }
        _http = new(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public async Task<WebhookOutcome> SendAsync(WebhookAttempt attempt, IReadOnlyList<string> secrets, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(s_patience);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, attempt.Url);
            request.Headers.UserAgent.ParseAdd("wopr-webhooks/1");
            request.Headers.Add("Wopr-Delivery", new Id<WebhookDelivery>(attempt.Delivery).ToString());
            request.Headers.Add(WebhookSignature.Header, WebhookSignature.Of(secrets, _time.GetUtcNow(), attempt.Body));
            request.Content = new StringContent(attempt.Body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            var answer = await ReadAsync(response, patience.Token);
            var status = (int)response.StatusCode;
            return new(status, Took(started), answer, response.IsSuccessStatusCode
                ? null
                : string.Create(CultureInfo.InvariantCulture, $"It answered {status}; an answer from 200 to 299 is expected."));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new(null, Took(started), null, "It did not answer within 10 seconds.");
        }
        catch (Exception error) when (error is HttpRequestException or IOException or SocketException)
        {
            // The framework's own words may name what is inside our network.
            return new(null, Took(started), null, error.InnerException is WebhookRefusedException refused
                ? refused.Message
                : "No connection could be made, or it broke.");
        }
    }

    public void Dispose() => _http.Dispose();

    private static int Took(long started) => (int)Stopwatch.GetElapsedTime(started).TotalMilliseconds;

    private static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken ct)
    {
        var buffer = new byte[AnswerBytesMax];
        await using var stream = await response.Content.ReadAsStreamAsync(ct);
        var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct);
        return Encoding.UTF8.GetString(buffer, 0, read).Replace('\0', '\uFFFD');
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var addresses = await WebhookAddress.ResolveAsync(context.DnsEndPoint.Host, ct);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
