using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Wopr.Bot.Tests.ToolServers;

/// <summary>A server of tools over HTTP, with one tool that adds and one that fails.</summary>
internal sealed class FakeToolServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeToolServer(WebApplication app) => _app = app;

    public string Address { get; private set; } = "";

    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>The headers of every request.</summary>
    public ConcurrentQueue<IHeaderDictionary> Asked { get; } = new();

    /// <summary>What every request must bring; null: nothing.</summary>
    public string? Authorization { get; set; }

    public bool SpeaksInEvents { get; set; }

    /// <summary>Answers a method instead of what is right.</summary>
    public (string Method, Func<HttpContext, Task> Answer)? Lie { get; set; }

    public static async Task<FakeToolServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        FakeToolServer server = new(app);
        app.Map("/mcp", server.AnswerAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        server.Address = app.Urls.First() + "/mcp";
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource soon = new(TimeSpan.FromMilliseconds(100));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        Asked.Enqueue(new HeaderDictionary(http.Request.Headers.ToDictionary()));
        if (!HttpMethods.IsPost(http.Request.Method))
        {
            http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }
        if (Authorization is { } needed && http.Request.Headers.Authorization != needed)
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }
        var ask = (await JsonNode.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted))!.AsObject();
        var method = (string)ask["method"]!;
        Calls.Enqueue(method == "tools/call" ? $"{ask["params"]!["name"]} {ask["params"]!["arguments"]!.ToJsonString()}" : method);
        if (Lie is { } lie && lie.Method == method)
        {
            await lie.Answer(http);
            return;
        }
        if (ask["id"] is not { } id)
        {
            http.Response.StatusCode = StatusCodes.Status202Accepted;
            return;
        }
        JsonObject answer = new() { ["jsonrpc"] = "2.0", ["id"] = id.DeepClone() };
        if (Result(method, ask) is { } result) { answer["result"] = result; }
        else { answer["error"] = new JsonObject { ["code"] = -32601, ["message"] = "There is no such method." }; }
        http.Response.ContentType = SpeaksInEvents ? "text/event-stream" : "application/json";
        await http.Response.WriteAsync(SpeaksInEvents ? $"event: message\ndata: {answer.ToJsonString()}\n\n" : answer.ToJsonString());
    }

    private static JsonNode? Result(string method, JsonObject ask) => method switch
    {
        "initialize" => new JsonObject
        {
            ["protocolVersion"] = ask["params"]!["protocolVersion"]!.DeepClone(),
            ["capabilities"] = new JsonObject { ["tools"] = new JsonObject() },
            ["serverInfo"] = new JsonObject { ["name"] = "sums", ["version"] = "1" },
        },
        "tools/list" => JsonNode.Parse("""
            {"tools":[
            {"name":"add","description":"Adds two numbers.","inputSchema":{"type":"object","properties":{"a":{"type":"number"},"b":{"type":"number"}}}},
            {"name":"fail","description":"Fails.","inputSchema":{"type":"object"}},
            {"name":"not a plain name","description":"Left out.","inputSchema":{"type":"object"}}]}
            """),
        "tools/call" when (string?)ask["params"]!["name"] == "add" => new JsonObject
        {
            ["content"] = new JsonArray(new JsonObject
            {
                ["type"] = "text",
                ["text"] = $"{(int)ask["params"]!["arguments"]!["a"]! + (int)ask["params"]!["arguments"]!["b"]!}",
            }),
        },
        "tools/call" => JsonNode.Parse("""{"isError":true,"content":[{"type":"text","text":"It is broken."}]}"""),
        _ => null,
    };
}
