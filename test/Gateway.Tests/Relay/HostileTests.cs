using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Wopr.Testing;

namespace Wopr.Gateway.Tests.Relay;

/// <summary>Callers that mean harm, or look like it, do not stop the others.</summary>
public sealed class HostileTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bodies_of_every_bad_kind_are_refused_in_the_callers_protocol()
    {
        await using var world = await World.StartAsync();
        byte[][] bodies =
        [
            [], "null"u8.ToArray(), "[]"u8.ToArray(), "{"u8.ToArray(), [0xFF, 0xFE], Encoding.UTF8.GetBytes($"{{\"model\":\"test/echo\",\"x\":{new string('[', 100_000)}"),
            [.. "{\"model\":\"test/echo\",\"x\":\""u8, 0xED, 0xA0, 0x80, .. "\"}"u8], "{\"model\":\"test/echo\",\"model\":\"x\"}"u8.ToArray(),
        ];
        foreach (var (path, body) in from path in (string[])["/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1/embeddings"] from body in bodies select (path, body))
        {
            var answer = await world.AskAsync(path, new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } });
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(Ct)).RootElement;
            Assert.False(string.IsNullOrEmpty(json.GetProperty("error").GetProperty("code").GetString()));
            if (path == "/v1/messages") { Assert.Equal("error", json.GetProperty("type").GetString()); }
        }
        Assert.Empty(await world.ServedAsync());
    }

    [Fact]
    public async Task A_body_of_a_hundred_megabytes_is_refused_before_it_is_read()
    {
        await using var world = await World.StartAsync();
        var before = GC.GetTotalAllocatedBytes();

        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new ByteArrayContent(new byte[100 * 1024 * 1024]) };
        request.Headers.Authorization = new("Bearer", world.Secret);
        request.Headers.ExpectContinue = true;
        var promised = await world.Http.SendAsync(request, Ct);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, promised.StatusCode);
        Assert.Equal("request_too_large", JsonDocument.Parse(await promised.Content.ReadAsByteArrayAsync(Ct)).RootElement
            .GetProperty("error").GetProperty("code").GetString());

        // Our own hundred, and not as much again.
        Assert.True(GC.GetTotalAllocatedBytes() - before < 180 * 1024 * 1024);
    }

    [Fact]
    public async Task A_body_that_only_drips_and_thousands_of_idle_connections_stop_nobody()
    {
        await using var world = await World.StartAsync();
        var uri = world.Http.BaseAddress!;
        List<TcpClient> idle = [];
        try
        {
            for (var count = 0; count < 2000; count++)
            {
                TcpClient client = new();
                await client.ConnectAsync(uri.Host, uri.Port, Ct);
                idle.Add(client);
                if (count % 4 != 0) { continue; }
                var head = $"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {world.Secret}\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{{\"mod";
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), Ct);
            }
            for (var turn = 0; turn < 20; turn++)
            {
                var answer = await world.AskAsync("/v1/chat/completions", World.Chat()).WaitAsync(Patience.Max, Ct);
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            }
        }
        finally
        {
            foreach (var client in idle) { client.Dispose(); }
        }
    }

    [Fact]
    public async Task A_provider_that_sends_two_megabytes_in_one_event_is_carried()
    {
        await using var world = await World.StartAsync();
        await world.BehaveAsync("one", new { chunks = 4, fault = "huge:2000000" });

        var text = await (await world.AskAsync("/v1/chat/completions", World.Chat(stream: true))).Content.ReadAsStringAsync(Ct);

        Assert.Contains("[DONE]", text, StringComparison.Ordinal);
        Assert.True(text.Length > 2_000_000);
        Assert.Single(await world.SettledAsync());
    }

    [Fact]
    public async Task A_silent_stream_gets_comments_and_then_its_answer()
    {
        await using var world = await World.StartAsync(settings: ("GATEWAY_KEEP_ALIVE_SECONDS", "1"));
        await world.BehaveAsync("one", new { delay = 3000 });

        var text = await (await world.AskAsync("/v1/chat/completions", World.Chat(stream: true))).Content.ReadAsStringAsync(Ct);

        Assert.StartsWith(": waiting", text, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        // One a second, and not one at every look.
        Assert.InRange(text.Split(": waiting").Length - 1, 1, 4);
    }

    [Fact]
    public async Task The_same_idempotency_key_answers_once_and_charges_once()
    {
        await using var world = await World.StartAsync();
        async Task<string> AskAsync()
        {
            var content = new StringContent(JsonSerializer.Serialize(World.Chat("Once only")), Encoding.UTF8, "application/json");
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = content };
            request.Headers.Authorization = new("Bearer", world.Secret);
            request.Headers.Add("Idempotency-Key", "key-1");
            using var answer = await world.Http.SendAsync(request, Ct);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            return await answer.Content.ReadAsStringAsync(Ct);
        }

        var first = await AskAsync();
        Assert.Equal(first, await AskAsync());

        Assert.Single(await world.ServedAsync());
        Assert.Single(await world.SettledAsync());
    }

    [Theory]
    [InlineData("/v1/models")]
    [InlineData("/v1/openai/v1/models")]
    [InlineData("/v1/models/test/echo")]
    public async Task Models_are_listed_for_whoever_has_a_key(string path)
    {
        await using var world = await World.StartAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, (await world.Http.GetAsync(path, Ct)).StatusCode);
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("x-api-key", world.Secret);
        var answer = await world.Http.SendAsync(request, Ct);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("test/echo", await answer.Content.ReadAsStringAsync(Ct));
    }
}
