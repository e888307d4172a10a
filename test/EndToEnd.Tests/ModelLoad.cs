using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Npgsql;
using Wopr.Testing;

namespace Wopr.EndToEnd.Tests;

internal enum Ending { Whole, Left, Broken, Refused }

/// <summary>One question to a model, and what came of it for who asked.</summary>
/// <param name="Tag">Stands in the question, so that the provider's record names it too.</param>
/// <param name="RequestId">Null when not even the head of an answer came.</param>
/// <param name="HadByte">Something of an answer was seen.</param>
/// <param name="WasBooked">Whether its usage row was there the moment the last byte was; null when nobody looked.</param>
internal sealed record Question(
    string Tag, string Tenant, string? RequestId, string Expected, int BodyBytes, Ending Ending, HttpStatusCode? Status,
    bool HadByte, string? Fault, bool? WasBooked);

/// <summary>Who asks models all the time, at every replica and in every protocol, until told to stop. Some leave early.</summary>
internal sealed class ModelLoad(IReadOnlyList<Uri> addresses, IReadOnlyList<string> models, NpgsqlDataSource database) : IDisposable
{
    private const double Streamed = 0.7;
    private const double Leaving = 0.25;
    private const double Looked = 0.2;
    private const int EventsMax = 24;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 500, ResponseDrainTimeout = TimeSpan.Zero })
    {
        Timeout = Patience.Max,
    };

    private readonly ConcurrentQueue<Question> _asked = new();
    private readonly List<Task> _loops = [];
    private volatile bool _isOver;

    public IReadOnlyList<Question> Asked => [.. _asked];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Start(string tenant, string secret, int clients)
    {
        for (var index = 0; index < clients; index++)
        {
            var name = $"c{_loops.Count}";
            _loops.Add(Task.Run(() => RunAsync(name, tenant, secret), Ct));
        }
    }

    public Task StopAsync()
    {
        _isOver = true;
        return Task.WhenAll(_loops);
    }

    public void Dispose() => _http.Dispose();

    private async Task RunAsync(string name, string tenant, string secret)
    {
        for (var turn = 0; !_isOver; turn++)
        {
            var asked = await AskAsync($"{name}-{turn}", tenant, secret);
            _asked.Enqueue(asked);
            if (asked.Ending is Ending.Broken or Ending.Refused) { await Task.Delay(s_pause, Ct); }
        }
    }

    private async Task<Question> AskAsync(string tag, string tenant, string secret)
    {
        var dice = Random.Shared;
        var isMessages = dice.Next(2) == 0;
        var isStream = dice.NextDouble() < Streamed;
        var leaves = dice.NextDouble() < Leaving;
        var text = $"{tag} asks you, {new string('x', dice.Next(80))} and wants to hear it again.";
        var body = Body(tag, text, dice.GetItems([.. models], 1)[0], isMessages, isStream);
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        // What is left of an answer in one piece is left while it is waited for.
        if (leaves && (!isStream || dice.Next(4) == 0)) { leave.CancelAfter(dice.Next(60)); }

        ModelAnswer seen = new(isMessages, $"You said: {text}");
        Question asked = new(tag, tenant, null, $"You said: {text}", body.Length, Ending.Broken, null, false, null, null);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post,
                new Uri(dice.GetItems([.. addresses], 1)[0], isMessages ? "/v1/messages" : "/v1/chat/completions"));
            request.Headers.Authorization = new("Bearer", secret);
            request.Content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } };
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leave.Token);
            asked = asked with
            {
                RequestId = answer.Headers.TryGetValues("x-request-id", out var ids) ? ids.Single() : null,
                Status = answer.StatusCode,
            };
            if (answer.StatusCode != HttpStatusCode.OK)
            {
                return asked with { Ending = Ending.Refused, Fault = await answer.Content.ReadAsStringAsync(leave.Token) };
            }
            if (isStream) { await ReadAsync(answer, seen, leaves ? dice.Next(EventsMax) : int.MaxValue, leave); }
            else { seen.ReadWhole(await answer.Content.ReadAsByteArrayAsync(leave.Token)); }
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested && !Ct.IsCancellationRequested)
        {
            asked = asked with { Ending = Ending.Left };
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException)
        {
            // The replica died.
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            asked = asked with { Fault = error.Message };
        }
        asked = asked with { HadByte = seen.Text.Length > 0, Fault = asked.Fault ?? seen.Fault };
        if (!seen.IsWhole) { return asked; }
        return asked with { Ending = Ending.Whole, WasBooked = dice.NextDouble() < Looked ? await IsBookedAsync(tenant, asked.RequestId!) : null };
    }

    private static async Task ReadAsync(HttpResponseMessage answer, ModelAnswer seen, int events, CancellationTokenSource leave)
    {
        await using var stream = await answer.Content.ReadAsStreamAsync(leave.Token);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        for (var count = 0; await reader.ReadLineAsync(leave.Token) is { } line;)
        {
            seen.ReadLine(line);
            if (line.Length == 0 && ++count > events && !seen.IsWhole)
            {
                await leave.CancelAsync();
                leave.Token.ThrowIfCancellationRequested();
            }
        }
    }

    private async Task<bool?> IsBookedAsync(string tenant, string requestId)
    {
        try
        {
            await using var command = database.CreateCommand("select exists (select from credits.usage where tenant_id = $1 and request_id = $2)");
            command.Parameters.AddWithValue(tenant);
            command.Parameters.AddWithValue(Guid.Parse(requestId));
            return (bool)(await command.ExecuteScalarAsync(Ct))!;
        }
        catch (NpgsqlException)
        {
            // The database is away.
            return null;
        }
    }

    private static byte[] Body(string tag, string text, string model, bool isMessages, bool isStream)
    {
        Dictionary<string, object> body = new()
        {
            ["model"] = model,
            ["messages"] = new[] { new { role = "user", content = text } },
            ["max_tokens"] = 100,
            ["stream"] = isStream,
        };
        if (isMessages) { body["metadata"] = new { user_id = tag }; }
        else { body["user"] = tag; }
        return JsonSerializer.SerializeToUtf8Bytes(body);
    }
}
