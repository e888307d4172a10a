using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Wopr.Bot.Model;

namespace Wopr.Bot.Tests.Model;

/// <summary>What a model was asked.</summary>
internal sealed record Asked(JsonObject Body, string? Authorization, string? TurnHeader, long? Length)
{
    public IReadOnlyList<(string Role, string Text)> Messages =>
        [.. Body["messages"]!.AsArray().Select(message => ((string)message!["role"]!, (string?)message["content"] ?? ""))];

    public IReadOnlyList<string> Tools => [.. Body["tools"]?.AsArray().Select(tool => (string)tool!["function"]!["name"]!) ?? []];
}

internal delegate Task Reply(Asked asked, HttpResponse response, CancellationToken ct);

/// <summary>A real server that speaks like the gateway and says what a test tells it to: one script a request, the last one for ever.</summary>
internal sealed class FakeModel : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Reply> _scripts = new();
    private Reply _last = (asked, response, ct) => Replies.Say($"You said: {asked.Messages[^1].Text}")(asked, response, ct);

    private FakeModel(WebApplication app) => _app = app;

    public ConcurrentQueue<Asked> Asked { get; } = new();

    public Uri Address { get; private set; } = null!;

    public ModelSettings Settings => new(Address, "key-of-a-test", "test/model");

    public static async Task<FakeModel> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        FakeModel model = new(app);
        app.MapPost("/v1/chat/completions", model.AnswerAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        model.Address = new(app.Urls.First() + "/v1");
        return model;
    }

    public ChatClient Client(TestHome home, ModelSettings? settings = null) =>
        new(new HttpClient { Timeout = Timeout.InfiniteTimeSpan }, settings ?? Settings, TimeProvider.System, home.Log);

    /// <summary>The next request is answered so, and all that follow when nothing else is said.</summary>
    public FakeModel Then(Reply reply)
    {
        _scripts.Enqueue(reply);
        return this;
    }

    /// <summary>Whatever was to come, from now on every request is answered so.</summary>
    public void Always(Reply reply)
    {
        _scripts.Clear();
        _last = reply;
    }

    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource soon = new(TimeSpan.FromMilliseconds(100));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var body = (await JsonNode.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted))!.AsObject();
        Asked asked = new(body, http.Request.Headers.Authorization, http.Request.Headers["X-Wopr-Turn"], http.Request.ContentLength);
        Asked.Enqueue(asked);
        if (_scripts.TryDequeue(out var script)) { _last = script; }
        try { await _last(asked, http.Response, http.RequestAborted); }
        catch (OperationCanceledException) { }
    }
}

/// <summary>What a model may say.</summary>
internal static class Replies
{
    public static Reply Say(params string[] pieces) => async (_, response, ct) =>
    {
        foreach (var piece in pieces) { await SendAsync(response, Piece(new { content = piece }), ct); }
        await EndAsync(response, ct);
    };

    public static Reply Call(params (string Tool, string Arguments)[] calls) => async (_, response, ct) =>
    {
        foreach (var (index, (tool, arguments)) in calls.Index())
        {
            object begin = new { index, id = $"c{index}", type = "function", function = new { name = tool, arguments = "" } };
            await SendAsync(response, Piece(new { tool_calls = new[] { begin } }), ct);
            foreach (var piece in arguments.Chunk(3))
            {
                object more = new { index, function = new { arguments = new string(piece) } };
                await SendAsync(response, Piece(new { tool_calls = new[] { more } }), ct);
            }
        }
        await EndAsync(response, ct, "tool_calls");
    };

    /// <summary>Says a piece, then waits for the test; cut off by it when the connection should break.</summary>
    public static Reply SayThenWait(string piece, Task go, bool breaks = false) => async (_, response, ct) =>
    {
        // More is promised than comes, and so the connection breaks once all that was said is there.
        if (breaks) { response.ContentLength = 1_000_000; }
        await SendAsync(response, Piece(new { content = piece }), ct);
        await go.WaitAsync(ct);
        if (!breaks) { await EndAsync(response, ct); }
    };

    public static Reply Refuse(int status, string body = "", string? retryAfter = null) => async (_, response, ct) =>
    {
        response.StatusCode = status;
        if (retryAfter is not null) { response.Headers.RetryAfter = retryAfter; }
        await response.WriteAsync(body, ct);
    };

    public static Reply Raw(string text) => async (_, response, ct) =>
    {
        response.ContentType = "text/event-stream";
        await response.WriteAsync(text, ct);
    };

    public static Reply Silence => (_, _, ct) => Task.Delay(Timeout.Infinite, ct);

    public static async Task SendAsync(HttpResponse response, string data, CancellationToken ct)
    {
        if (!response.HasStarted) { response.ContentType = "text/event-stream"; }
        await response.WriteAsync($"data: {data}\n\n", ct);
        await response.Body.FlushAsync(ct);
    }

    public static async Task EndAsync(HttpResponse response, CancellationToken ct, string reason = "stop")
    {
        await SendAsync(response, Piece(new { }, reason), ct);
        await SendAsync(response, """{"model":"test/model-1","choices":[],"usage":{"prompt_tokens":11,"completion_tokens":5}}""", ct);
        await SendAsync(response, "[DONE]", ct);
    }

    private static string Piece(object delta, string? reason = null) =>
        JsonSerializer.Serialize(new { model = "test/model-1", choices = new object[] { new { index = 0, delta, finish_reason = reason } } });
}
