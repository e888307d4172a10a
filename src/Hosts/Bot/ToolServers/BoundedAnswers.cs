namespace Wopr.Bot.ToolServers;

/// <summary>However much a server sends, this much of an answer is read.</summary>
internal sealed class BoundedAnswers(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    public const int BytesMax = 4 * 1024 * 1024;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        var bounded = new StreamContent(new BoundedStream(await response.Content.ReadAsStreamAsync(cancellationToken),
            count => count > BytesMax ? new InvalidDataException("The answer is too long.") : null));
        foreach (var (name, values) in response.Content.Headers) { bounded.Headers.TryAddWithoutValidation(name, values); }
        response.Content = bounded;
        return response;
    }
}
