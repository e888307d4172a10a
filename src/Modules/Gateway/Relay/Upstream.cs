using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Http;
using Wopr.Gateway.Catalogue;
using Wopr.Gateway.Protocols;

namespace Wopr.Gateway.Relay;

/// <summary>The connections to the providers. Nothing of the caller's goes along but what is named here.</summary>
internal sealed class Upstream : IDisposable
{
    private const string AnthropicVersion = "anthropic-version";
    private const string AnthropicBeta = "anthropic-beta";
    private const string AnthropicVersionDefault = "2023-06-01";

    private readonly ConcurrentDictionary<(string Provider, TimeSpan Connect), HttpMessageInvoker> _invokers = new();

    public void Dispose()
    {
        foreach (var (_, invoker) in _invokers) { invoker.Dispose(); }
    }

    public async Task<HttpResponseMessage> SendAsync(
        Offer offer, string? apiKey, string path, UpstreamBody body, Guid requestId, IHeaderDictionary caller, CancellationToken ct)
    {
        var provider = offer.Provider;
        // HTTP/1.1, because a connection of its own is what makes one caller's long stream nobody else's wait.
        using var request = new HttpRequestMessage(HttpMethod.Post, provider.At(path))
        {
            Content = body,
            Version = HttpVersion.Version11,
        };
        request.Headers.TryAddWithoutValidation("x-request-id", requestId.ToString());
        if (provider.Dialect == Dialect.Anthropic)
        {
            if (apiKey is not null) { request.Headers.TryAddWithoutValidation("x-api-key", apiKey); }
            request.Headers.TryAddWithoutValidation(AnthropicVersion, Single(caller, AnthropicVersion) ?? AnthropicVersionDefault);
            if (Single(caller, AnthropicBeta) is { } beta) { request.Headers.TryAddWithoutValidation(AnthropicBeta, beta); }
        }
        else if (apiKey is not null) { request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {apiKey}"); }
        return await InvokerOf(provider).SendAsync(request, ct);
    }

    public static string PathOf(WireFormat format) => format switch
    {
        WireFormat.Chat => "/v1/chat/completions",
        WireFormat.Responses => "/v1/responses",
        WireFormat.Completions => "/v1/completions",
        WireFormat.Embeddings => "/v1/embeddings",
        WireFormat.Messages => "/v1/messages",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "A format without a path."),
    };

    private HttpMessageInvoker InvokerOf(Provider provider) => _invokers.GetOrAdd((provider.Id, provider.Timeouts.Connect), static key =>
        new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = key.Connect,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            ActivityHeadersPropagator = null,
        }));

    // Header values are echoed to a provider, so they are short and plain.
    private static string? Single(IHeaderDictionary headers, string name) =>
        headers.TryGetValue(name, out var values) && values is [{ Length: > 0 and <= 500 } value] && value.All(sign => sign is >= ' ' and <= '~')
            ? value
            : null;
}
