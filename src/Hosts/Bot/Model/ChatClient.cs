using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Wopr.Bot.Model;

/// <param name="Gateway">Ends in /v1.</param>
internal sealed record ModelSettings(Uri? Gateway, string? Key, string Model)
{
    public TimeSpan FirstByteMax { get; init; } = TimeSpan.FromSeconds(120);

    public TimeSpan IdleMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>As long as this it waits by itself when it is told to come back later.</summary>
    public TimeSpan WaitMax { get; init; } = TimeSpan.FromSeconds(20);
}

/// <summary>
/// Asks the gateway. Told to wait, it waits a little, twice; once anything of an answer came it never asks again by
/// itself, because what came has been said, and paid.
/// </summary>
internal sealed class ChatClient(HttpClient http, ModelSettings settings, TimeProvider time, Log log)
{
    private const int WaitsMax = 2;
    private const int RefusalBytesMax = 64 * 1024;

    private long _answers;
    private double _latency;

    public string Model => settings.Model;

    /// <summary>Until the first piece of an answer, on average of late.</summary>
    public double LatencyMs => Volatile.Read(ref _latency);

    /// <param name="say">Gets every piece of text as it comes.</param>
    public async Task<ModelAnswer> AskAsync(ModelRequest request, Action<string> say, CancellationToken ct)
    {
        if (settings.Gateway is null || string.IsNullOrEmpty(settings.Key)) { throw new ModelException(Sentences.NoKey, canRetry: true); }
        var body = RequestBody.Write(request, settings.Model);
        for (var waits = 0; ; waits++)
        {
            var began = time.GetTimestamp();
            using var patience = new Patience(time, ct);
            try
            {
                patience.Start(settings.FirstByteMax);
                using var response = await SendAsync(request, body, patience.Token);
                if (response.IsSuccessStatusCode) { return await ReadAsync(response, began, say, patience); }
                var wait = Wait(response.Headers.RetryAfter);
                if (response.StatusCode != HttpStatusCode.TooManyRequests || waits == WaitsMax || wait is null || wait > settings.WaitMax)
                {
                    log.ModelTrouble(request.TurnId, $"the gateway answered {(int)response.StatusCode}");
                    throw Sentences.Of(response.StatusCode, wait, await RefusalAsync(response, patience.Token));
                }
                log.ModelTrouble(request.TurnId, $"told to wait {wait.Value.TotalSeconds:F0} s");
                await Task.Delay(wait.Value, time, ct);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                log.ModelTrouble(request.TurnId, "the gateway does not answer in time");
                throw new ModelException(Sentences.Silent, canRetry: true);
            }
            catch (HttpRequestException fault)
            {
                log.ModelTrouble(request.TurnId, $"the gateway cannot be reached ({fault.HttpRequestError})");
                throw new ModelException(Sentences.Unreachable, canRetry: true, fault);
            }
        }
    }

    private async Task<HttpResponseMessage> SendAsync(ModelRequest request, byte[] body, CancellationToken ct)
    {
        using HttpRequestMessage message = new(HttpMethod.Post, new Uri($"{settings.Gateway!.ToString().TrimEnd('/')}/chat/completions"));
        message.Headers.Authorization = new("Bearer", settings.Key);
        message.Headers.Accept.Add(new("text/event-stream"));
        message.Headers.Add("X-Wopr-Turn", request.TurnId.ToString());
        // A body that says itself when it ends. When only its length says so, Caddy 2.6 looks once more whether it has ended, and
        // should the answer have begun by then, it cuts the answer off.
        message.Headers.TransferEncodingChunked = true;
        message.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        return await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, ct);
    }

    private async Task<ModelAnswer> ReadAsync(HttpResponseMessage response, long began, Action<string> say, Patience patience)
    {
        var isFirst = true;
        AnswerBuilder answer = new(piece =>
        {
            if (isFirst) { Note(time.GetElapsedTime(began)); }
            isFirst = false;
            say(piece);
        });
        try
        {
            using SseLines lines = new(await response.Content.ReadAsStreamAsync(patience.Token));
            while (await lines.NextAsync(patience.Token) is { } data)
            {
                patience.Start(settings.IdleMax);
                if (data.Span.SequenceEqual("[DONE]"u8)) { return answer.Build(); }
                if (data.IsEmpty) { continue; }
                var chunk = JsonSerializer.Deserialize(data.Span, ChunkJson.Default.Chunk);
                if (chunk is null) { continue; }
                if (chunk.Error is { ValueKind: not JsonValueKind.Null }) { throw answer.Broken(Sentences.CutOff, canRetry: true); }
                answer.Add(chunk);
                if (answer.IsFull) { return answer.Build(); }
            }
            // A provider that ends without a word ended all the same, if it said why it stopped.
            return answer.IsFinished ? answer.Build() : throw answer.Broken(Sentences.CutOff, canRetry: true);
        }
        catch (OperationCanceledException) when (!patience.IsGivenUp)
        {
            throw answer.Broken(isFirst ? Sentences.Silent : Sentences.Stalled, canRetry: true);
        }
        catch (Exception fault) when (fault is JsonException or InvalidDataException)
        {
            throw answer.Broken(Sentences.Nonsense, canRetry: true, fault);
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException)
        {
            throw answer.Broken(Sentences.CutOff, canRetry: true, fault);
        }
    }

    private static async Task<byte[]> RefusalAsync(HttpResponseMessage response, CancellationToken ct)
    {
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(ct);
            var bytes = new byte[RefusalBytesMax];
            var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, ct);
            return bytes[..length];
        }
        catch (IOException) { return []; }
    }

    private TimeSpan? Wait(RetryConditionHeaderValue? after) =>
        after?.Delta ?? (after?.Date is { } date ? TimeSpan.FromTicks(Math.Max((date - time.GetUtcNow()).Ticks, 0)) : null);

    // An average that forgets: the last twenty answers weigh most.
    private void Note(TimeSpan latency)
    {
        var weight = Math.Min(Interlocked.Increment(ref _answers), 20);
        Volatile.Write(ref _latency, _latency + ((latency.TotalMilliseconds - _latency) / weight));
    }

    /// <summary>A limit that begins anew with everything that comes.</summary>
    private sealed class Patience(TimeProvider time, CancellationToken ct) : IDisposable
    {
        private readonly CancellationTokenSource _end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        private ITimer? _timer;

        public CancellationToken Token => _end.Token;

        /// <summary>Whoever asked does not want it any more.</summary>
        public bool IsGivenUp => ct.IsCancellationRequested;

        public void Start(TimeSpan limit)
        {
            _timer ??= time.CreateTimer(_ => End(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(limit, Timeout.InfiniteTimeSpan);
        }

        public void Dispose()
        {
            _timer?.Dispose();
            _end.Dispose();
        }

        private void End()
        {
            try { _end.Cancel(); }
            catch (ObjectDisposedException) { }
        }
    }
}
