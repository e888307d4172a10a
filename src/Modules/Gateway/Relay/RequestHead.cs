using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using Wopr.Kernel;

namespace Wopr.Gateway.Relay;

/// <summary>A place in the body.</summary>
internal readonly record struct Place(int Start, int Length)
{
    public int End => Start + Length;
}

/// <summary>
/// What the gateway must know of a request, read in one pass over its bytes. The rest is not looked at and goes to the
/// provider as it came. A property that is read here may stand there once: a provider that takes the other of two would
/// answer a model that is not the one paid for.
/// </summary>
internal sealed class RequestHead
{
    private const int DepthMax = 64;
    private const int BinaryBytesMin = 1024;
    private const int OpeningBytes = 1024;
    private static readonly SearchValues<byte> s_base64 =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-"u8);

    private Place? _model;

    private RequestHead() { }

    public string Model { get; private set; } = "";
    public bool Streams { get; private set; }

    /// <summary>The caller of a stream asked for the chunk with the usage.</summary>
    public bool WantsUsage { get; private set; }

    /// <summary>The most one answer may take, as the caller set it.</summary>
    public long? OutputMax { get; private set; }

    public long Choices { get; private set; } = 1;

    /// <summary>All but what is no text.</summary>
    public long TextBytes { get; private set; }

    /// <summary>Images, sound and files that lie in the request.</summary>
    public int Binaries { get; private set; }

    /// <summary>The same for requests that begin alike, so that they go where their beginning is remembered.</summary>
    public ulong Conversation { get; private set; }

    internal Place ModelAt => _model!.Value;
    internal Place? StreamOptionsAt { get; private set; }

    /// <summary>A limit that was set to null.</summary>
    internal Place? NoLimitAt { get; private set; }

    /// <summary>The name of the limit, in its quotes.</summary>
    internal Place? LimitNameAt { get; private set; }

    public static Result<RequestHead> Read(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body)) { return GatewayProblems.BadText; }
        RequestHead head = new();
        try
        {
            return head.ReadBody(body) is { } problem ? problem : head;
        }
        catch (JsonException error)
        {
            return Problems.BadJson(error);
        }
    }

    private Problem? ReadBody(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = DepthMax });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) { return GatewayProblems.NoObject; }
        TextBytes = body.Length;
        var seen = Known.None;
        var opening = new HashCode();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var property = Name(ref reader);
            if (property != Known.None && (seen & property) != 0) { return GatewayProblems.Twice(reader.GetString()!); }
            seen |= property;
            if (property == Known.OutputMax) { LimitNameAt = new((int)reader.TokenStartIndex, reader.ValueSpan.Length + 2); }
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            if (Take(property, ref reader) is { } problem) { return problem; }
            Walk(ref reader, property);
            Place at = new(start, (int)reader.BytesConsumed - start);
            if (property == Known.Model) { _model = at; }
            if (property == Known.StreamOptions) { StreamOptionsAt = at; }
            if (property == Known.OutputMax && OutputMax is null) { NoLimitAt = at; }
            if (property == Known.Opening) { opening.AddBytes(body.Slice(at.Start, Math.Min(at.Length, OpeningBytes))); }
        }
        // Nothing but blanks may follow.
        while (reader.Read()) { }
        Conversation = (uint)opening.ToHashCode();
        return _model is null ? GatewayProblems.NoModel : null;
    }

    private Problem? Take(Known property, ref Utf8JsonReader reader)
    {
        switch (property)
        {
            case Known.Model:
                if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length is 0 or > 400) { return GatewayProblems.NoModel; }
                Model = reader.GetString()!;
                return null;
            case Known.Stream:
                Streams = reader.TokenType == JsonTokenType.True;
                return reader.TokenType is JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null ? null : GatewayProblems.BadStream;
            case Known.OutputMax or Known.CompletionMax:
                if (reader.TokenType == JsonTokenType.Null) { return null; }
                if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var tokens) || tokens is < 1 or > int.MaxValue)
                {
                    return GatewayProblems.BadLimit;
                }
                OutputMax = Math.Max(OutputMax ?? 0, tokens);
                return null;
            case Known.Choices or Known.BestOf:
                if (reader.TokenType == JsonTokenType.Null) { return null; }
                if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var choices) || choices is < 1 or > 128)
                {
                    return GatewayProblems.BadChoices;
                }
                Choices = Math.Max(Choices, choices);
                return null;
            default:
                return null;
        }
    }

    /// <summary>To the end of the value.</summary>
    private void Walk(ref Utf8JsonReader reader, Known property)
    {
        if (reader.TokenType == JsonTokenType.String) { See(ref reader); }
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray)) { return; }
        var depth = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType == JsonTokenType.String) { See(ref reader); }
            if (property != Known.StreamOptions || reader.TokenType != JsonTokenType.PropertyName) { continue; }
            if (!reader.ValueTextEquals("include_usage"u8)) { continue; }
            reader.Read();
            WantsUsage = reader.TokenType == JsonTokenType.True;
        }
    }

    private void See(ref Utf8JsonReader reader)
    {
        var text = reader.ValueSpan;
        if (text.Length < BinaryBytesMin) { return; }
        if (!text.StartsWith("data:"u8) && text[..BinaryBytesMin].ContainsAnyExcept(s_base64)) { return; }
        Binaries++;
        TextBytes -= text.Length;
    }

    private static Known Name(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("model"u8) ? Known.Model
        : reader.ValueTextEquals("stream"u8) ? Known.Stream
        : reader.ValueTextEquals("stream_options"u8) ? Known.StreamOptions
        : reader.ValueTextEquals("max_tokens"u8) || reader.ValueTextEquals("max_output_tokens"u8) ? Known.OutputMax
        : reader.ValueTextEquals("max_completion_tokens"u8) ? Known.CompletionMax
        : reader.ValueTextEquals("n"u8) ? Known.Choices
        : reader.ValueTextEquals("best_of"u8) ? Known.BestOf
        : reader.ValueTextEquals("messages"u8) || reader.ValueTextEquals("input"u8) || reader.ValueTextEquals("prompt"u8) ? Known.Opening
        : Known.None;

    [Flags]
    private enum Known
    {
        None = 0, Model = 1, Stream = 2, StreamOptions = 4, OutputMax = 8, CompletionMax = 16, Choices = 32, BestOf = 64, Opening = 128,
    }
}
