using System.Net.Http.Headers;
using System.Text;

namespace Wopr.GatewayBench;

/// <summary>Where the load asks, and with which headers.</summary>
internal sealed class Target(string url, string model, string[] headers)
{
    public HttpMessageInvoker Invoker { get; } = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false });

    public HttpRequestMessage Request(bool streams)
    {
        var body = $$"""{"model":"{{model}}","max_tokens":256,"stream":{{(streams ? "true" : "false")}},"messages":[{"role":"user","content":"Hello"}]}""";
        HttpRequestMessage request = new(HttpMethod.Post, url) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        foreach (var header in headers)
        {
            var at = header.IndexOf(':', StringComparison.Ordinal);
            request.Headers.TryAddWithoutValidation(header[..at], header[(at + 1)..].Trim());
        }
        return request;
    }
}

internal static class Figures
{
    public static double At(this IReadOnlyList<double> sorted, double share) =>
        sorted.Count == 0 ? 0 : sorted[(int)((sorted.Count - 1) * share)];
}
