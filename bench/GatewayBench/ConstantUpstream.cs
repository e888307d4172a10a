using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

namespace Wopr.GatewayBench;

/// <summary>
/// A provider that always says the same: at once, after 20 ms under a path with <c>/slow/</c>, and to who asks for a stream
/// in 64 pieces 20 ms apart. It counts what it served by the first part of the path, and tells at <c>/served/NAME</c>.
/// </summary>
internal static class ConstantUpstream
{
    public const int Deltas = 64;
    public static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    private static readonly long s_pace = (long)(Pace.TotalSeconds * Stopwatch.Frequency);
    private static readonly byte[] s_answer = Encoding.UTF8.GetBytes("""
        {"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,"model":"constant","choices":[{"index":0,"message":{"role":"assistant","content":"The quick brown fox jumps over the lazy dog, and then it does so once more because it was asked to."},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":24,"total_tokens":36}}
        """);
    private static readonly byte[][] s_deltas = [.. Enumerable.Range(0, Deltas).Select(number => Frame(
        $$$"""{"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"constant","choices":[{"index":0,"delta":{"content":"word{{{number}}} "},"finish_reason":null}]}"""))];
    private static readonly byte[] s_end =
    [
        .. Frame("""{"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"constant","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"""),
        .. Frame("""{"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"constant","choices":[],"usage":{"prompt_tokens":12,"completion_tokens":64,"total_tokens":76}}"""),
        .. Frame("[DONE]"),
    ];

    private static readonly ConcurrentDictionary<string, StrongCount> s_served = new();
    private static readonly Pacer s_pacer = new();

    public static async Task RunAsync(string url)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.Run(AnswerAsync);
        await app.RunAsync(url);
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        var came = Stopwatch.GetTimestamp();
        var path = context.Request.Path.Value!;
        if (path.StartsWith("/served/", StringComparison.Ordinal))
        {
            await context.Response.WriteAsync($"{(s_served.TryGetValue(path[8..], out var known) ? known.Value : 0)}");
            return;
        }
        var streams = await WantsStreamAsync(context);
        if (streams) { await StreamAsync(context, came); }
        else
        {
            if (path.Contains("/slow/", StringComparison.Ordinal)) { await s_pacer.UntilAsync(came + s_pace); }
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = s_answer.Length;
            await context.Response.BodyWriter.WriteAsync(s_answer);
        }
        Interlocked.Increment(ref s_served.GetOrAdd(path[1..path.IndexOf('/', 1)], static _ => new()).Value);
    }

    private static async Task StreamAsync(HttpContext context, long came)
    {
        context.Response.ContentType = "text/event-stream";
        for (var number = 0; number < Deltas; number++)
        {
            await s_pacer.UntilAsync(came + ((number + 1) * s_pace));
            await context.Response.BodyWriter.WriteAsync(s_deltas[number]);
        }
        await context.Response.BodyWriter.WriteAsync(s_end);
    }

    private static async Task<bool> WantsStreamAsync(HttpContext context)
    {
        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync();
            if (!read.IsCompleted)
            {
                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }
            var body = Encoding.UTF8.GetString(read.Buffer);
            reader.AdvanceTo(read.Buffer.End);
            return body.Contains("\"stream\":true", StringComparison.Ordinal);
        }
    }

    private static byte[] Frame(string data) => Encoding.UTF8.GetBytes($"data: {data}\n\n");

    private sealed class StrongCount
    {
        public long Value;
    }
}
