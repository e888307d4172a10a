using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Slack;

/// <summary>The WebSocket that an app hears over: says hello, pings, and takes acknowledgements.</summary>
internal sealed class SocketMode(SlackWorld world)
{
    private const int FrameBytesMax = 64 * 1024;
    private const int LinesMax = 10;

    public async Task ServeAsync(HttpContext context)
    {
        var query = context.Request.Query;
        if (!context.WebSockets.IsWebSocketRequest || world.Apps.FirstOrDefault(app => app.Name == query["app_id"]) is not { } app
            || !app.TakeTicket(query["ticket"].ToString()))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        // Slack pings, and clients that hear no ping for half a minute take it for dead.
        using LiveSocket line = new(await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            KeepAliveInterval = TimeSpan.FromSeconds(5),
            KeepAliveTimeout = TimeSpan.FromSeconds(30),
        }));
        var pump = line.PumpAsync(context.RequestAborted);
        var count = app.Open(line);
        if (count > LinesMax) { Disconnect(line, "too_many_websockets"); }
        else
        {
            line.Send(new()
            {
                ["type"] = "hello",
                ["num_connections"] = count,
                ["debug_info"] = new JsonObject { ["host"] = "applink-sandbox", ["build_number"] = 1, ["approximate_connection_time"] = 18_060 },
                ["connection_info"] = new JsonObject { ["app_id"] = app.AppId },
            });
        }
        while (await line.ReceiveAsync(FrameBytesMax, context.RequestAborted) is { } text)
        {
            if (ChatJson.Read(text)?.Text("envelope_id") is { } envelope) { app.Deliveries.Acknowledge(envelope); }
        }
        app.Closed(line);
        line.Abort();
        await pump;
    }

    public static void Disconnect(LiveSocket line, string reason)
    {
        line.Send(new()
        {
            ["type"] = "disconnect",
            ["reason"] = reason,
            ["debug_info"] = new JsonObject { ["host"] = "applink-sandbox" },
        });
        // A warning comes ten seconds before the end.
        if (reason != "warning") { line.Close(1000, ""); }
    }
}
