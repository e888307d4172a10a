using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Wopr.Gateway.Protocols;
using Wopr.Kernel;

namespace Wopr.Gateway.Tests.Protocols;

/// <summary>Says what goes in and what is to come out as JSON that can be read.</summary>
internal static class Wire
{
    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    public static JsonObject Translated(WireFormat from, WireFormat to, string body)
    {
        var done = Translator.Request(from, to, Bytes(body)).Succeeded(out var translated, out var problem);
        Assert.True(done, problem?.Detail);
        return Read(translated!);
    }

    public static Problem Refused(WireFormat from, WireFormat to, string body)
    {
        var problem = Translator.Request(from, to, Bytes(body)).Problem;
        Assert.NotNull(problem);
        Assert.Equal(ProblemKind.Invalid, problem.Kind);
        return problem;
    }

    public static JsonObject Answered(WireFormat from, WireFormat to, string body, string model = "our/model")
    {
        Assert.True(Translator.TryAnswer(from, to, Bytes(body), model, out var answer), Text(answer));
        return Read(answer);
    }

    public static JsonObject Read(ReadOnlySpan<byte> json) => JsonNode.Parse(json)!.AsObject();

    public static void Same(string expected, JsonNode? actual)
    {
        var wanted = JsonNode.Parse(expected);
        Assert.True(JsonNode.DeepEquals(wanted, actual), $"Expected {wanted?.ToJsonString()}\nbut was  {actual?.ToJsonString()}");
    }

    /// <summary>What a caller gets when the provider sends these events, of which only the data is given.</summary>
    public static List<(string Name, string Data)> Streamed(StreamTranslation stream, params IEnumerable<string> events)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var data in events) { stream.Next(default, Bytes(data), output); }
        stream.End(output);
        return Events(Text(output.WrittenSpan));
    }

    public static List<(string Name, string Data)> Events(string written)
    {
        var events = new List<(string, string)>();
        if (written.Length == 0) { return events; }
        Assert.EndsWith("\n\n", written, StringComparison.Ordinal);
        foreach (var block in written[..^2].Split("\n\n"))
        {
            var (name, data) = ("", new List<string>());
            foreach (var line in block.Split('\n'))
            {
                if (line.StartsWith("event: ", StringComparison.Ordinal)) { name = line[7..]; }
                else
                {
                    Assert.StartsWith("data: ", line, StringComparison.Ordinal);
                    data.Add(line[6..]);
                }
            }
            events.Add((name, string.Join('\n', data)));
        }
        return events;
    }
}
