using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>A question for the replica that holds a link. It is answered by lines of <see cref="ForwardLine"/>.</summary>
/// <param name="Feed">Any number of items; else exactly one.</param>
internal sealed record ForwardAsk(string Peer, string Verb, bool Feed, JsonElement Ask);

/// <summary>An item, or how it ended. An empty line between them is a sign of life.</summary>
internal sealed record ForwardLine(JsonElement? Item = null, bool End = false, LinkProblem? Refused = null, string? Lost = null);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(ForwardAsk))]
[JsonSerializable(typeof(ForwardLine))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class ForwardJson : JsonSerializerContext;

/// <summary>Asks peers whose links end in other replicas.</summary>
internal sealed class Forwarding(ForwardSignature signature, LinksPace pace) : IDisposable
{
    public const string Path = "/forward";

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectTimeout = TimeSpan.FromSeconds(3),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    public async Task<TAnswer> AskAsync<TAsk, TAnswer>(
        string replica, string peer, Verb<TAsk, TAnswer> verb, TAsk ask, CancellationToken ct)
    {
        var items = LinesAsync(replica, new(peer, verb.Name, Feed: false, Element(ask, verb.Ask)), verb.Answer, ct);
        await foreach (var answer in items) { return answer; }
        throw new LinkLostException("The replica that holds the link said nothing.");
    }

    public IAsyncEnumerable<TItem> FollowAsync<TAsk, TItem>(
        string replica, string peer, Feed<TAsk, TItem> feed, TAsk ask, CancellationToken ct) =>
        LinesAsync(replica, new(peer, feed.Name, Feed: true, Element(ask, feed.Ask)), feed.Item, ct);

    public void Dispose() => _http.Dispose();

    private async IAsyncEnumerable<TItem> LinesAsync<TItem>(
        string replica, ForwardAsk ask, JsonTypeInfo<TItem> type, [EnumeratorCancellation] CancellationToken ct)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var answer = await OrLostAsync(() => SendAsync(replica, ask, silence), ct);
        if (!answer.IsSuccessStatusCode) { throw new LinkLostException($"The replica that holds the link answers {(int)answer.StatusCode}."); }
        await using var body = await OrLostAsync(() => answer.Content.ReadAsStreamAsync(silence.Token), ct);
        using var reader = new StreamReader(body);
        while (true)
        {
            silence.CancelAfter(pace.ForwardSilence);
            var text = await OrLostAsync(() => reader.ReadLineAsync(silence.Token).AsTask(), ct)
                ?? throw new LinkLostException("The replica that holds the link broke off.");
            if (text.Length == 0) { continue; }
            var line = Read(text);
            if (line.Refused is { } problem) { throw new LinkRefusedException(problem); }
            if (line.Lost is { } why) { throw new LinkLostException(why); }
            if (line.End) { yield break; }
            yield return line.Item is { } item && item.Deserialize(type) is { } read
                ? read
                : throw new LinkLostException("The replica that holds the link cannot be understood.");
        }
    }

    private async Task<HttpResponseMessage> SendAsync(string replica, ForwardAsk ask, CancellationTokenSource silence)
    {
        silence.CancelAfter(pace.ForwardSilence);
        var bytes = JsonSerializer.SerializeToUtf8Bytes(ask, ForwardJson.Default.ForwardAsk);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"{replica}{Path}")) { Content = new ByteArrayContent(bytes) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var (at, proof) = signature.Sign("POST", $"{request.RequestUri!.Authority}{Path}", bytes);
        request.Headers.Add(ForwardSignature.TimeHeader, at);
        request.Headers.Add(ForwardSignature.Header, proof);
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token);
    }

    private static async Task<T> OrLostAsync<T>(Func<Task<T>> work, CancellationToken ct)
    {
        try
        {
            return await work();
        }
        catch (OperationCanceledException error) when (!ct.IsCancellationRequested)
        {
            throw new LinkLostException("The replica that holds the link fell silent.", error);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw new LinkLostException("The replica that holds the link cannot be reached.", error);
        }
    }

    private static ForwardLine Read(string text)
    {
        try { return JsonSerializer.Deserialize(text, ForwardJson.Default.ForwardLine) ?? new(); }
        catch (JsonException error) { throw new LinkLostException("The replica that holds the link cannot be understood.", error); }
    }

    private static JsonElement Element<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToElement(value, type);
}
