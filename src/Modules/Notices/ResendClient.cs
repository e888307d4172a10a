using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Wopr.Kernel;

namespace Wopr.Notices;

/// <summary>The mail provider's API, of which we need one call. It tries once; the outbox tries again.</summary>
internal sealed class ResendClient(NoticesOptions options) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    // A key or a domain that is refused is the operator's to mend, and the mail can still go out afterwards.
    private static readonly HttpStatusCode[] s_worthAnotherTry =
    [
        HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden, HttpStatusCode.RequestTimeout, HttpStatusCode.Conflict,
        HttpStatusCode.TooManyRequests,
    ];

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(5),
    })
    { Timeout = s_patience };

    /// <summary>The provider's id of the mail.</summary>
    /// <param name="key">Makes repeated calls one mail.</param>
    public async Task<string?> SendAsync(Guid key, string to, RenderedMail mail, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, options.SendUrl);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.Bearer);
        request.Headers.Add("Idempotency-Key", key.ToString());
        request.Headers.UserAgent.ParseAdd("wopr-platform/1");
        request.Content = JsonContent.Create(
            new SendBody(options.Sender, [to], options.ReplyTo, mail.Subject, mail.Text, mail.Html));
        try
        {
            using var response = await _http.SendAsync(request, ct);
            if (response.IsSuccessStatusCode) { return (await response.Content.ReadFromJsonAsync<SendAnswer>(ct))?.Id; }
            var isFinal = (int)response.StatusCode < 500 && !s_worthAnotherTry.Contains(response.StatusCode);
            var reason = await ReasonAsync(response, ct);
            throw new DeliveryException($"The mail provider answered {(int)response.StatusCode}{reason}.", isFinal);
        }
        catch (Exception error) when (error is HttpRequestException
            || (error is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw new DeliveryException($"The mail provider at {options.SendUrl.Host} does not answer.", isFinal: false, error);
        }
        catch (JsonException error)
        {
            throw new DeliveryException("The mail provider's answer cannot be read.", isFinal: false, error);
        }
    }

    public void Dispose() => _http.Dispose();

    // Its own name for the fault; the sentence beside it may quote the mail.
    private static async Task<string> ReasonAsync(HttpResponseMessage response, CancellationToken ct)
    {
        try
        {
            var fault = await response.Content.ReadFromJsonAsync<FaultAnswer>(ct);
            return fault?.Name is { Length: > 0 and < 100 } name
                && name.All(letter => char.IsAsciiLetter(letter) || letter == '_')
                    ? $" ({name})"
                    : "";
        }
        catch (Exception error) when (error is JsonException or HttpRequestException)
        {
            return "";
        }
    }

    private sealed record SendBody(string From, string[] To, [property: JsonPropertyName("reply_to")] string ReplyTo,
        string Subject, string Text, string Html);

    private sealed record SendAnswer(string? Id);

    private sealed record FaultAnswer(string? Name);
}
