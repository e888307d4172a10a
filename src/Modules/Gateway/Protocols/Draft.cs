using System.Buffers;
using System.Text.Json;
using Wopr.Kernel;

namespace Wopr.Gateway.Protocols;

/// <summary>A request being written; it remembers the first thing that cannot be carried over.</summary>
internal sealed class Draft
{
    private readonly ArrayBufferWriter<byte> _bytes = new(1024);
    private Problem? _problem;

    public Draft()
    {
        To = new(_bytes, Writing.Options);
        To.WriteStartObject();
    }

    public Utf8JsonWriter To { get; }

    public void Wrong(string field, string what) => _problem ??= ProtocolProblems.Wrong(field, what);

    public void NotCarried(string field, string advice) => _problem ??= ProtocolProblems.NotCarried(field, advice);

    public void Model(JsonElement from)
    {
        var model = from.Get("model"u8);
        if (!model.IsText() || model.IsEmptyText()) { Wrong("model", "has to name a model."); }
        To.WriteText("model"u8, model);
    }

    public void Number(JsonElement from, string name) => Number(from, name, name);

    public void Number(JsonElement from, string name, string newName)
    {
        var value = from.Get(name);
        if (value.IsMissing()) { return; }
        if (!value.IsNumber()) { Wrong(name, "has to be a number."); }
        To.WritePropertyName(newName);
        To.WriteRaw(value);
    }

    /// <summary>A temperature no higher than the other side knows.</summary>
    public void Temperature(JsonElement from, int max)
    {
        var value = from.Get("temperature"u8);
        if (value.IsNumber() && value.TryGetDouble(out var number) && number > max)
        {
            To.WriteNumber("temperature"u8, max);
        }
        else { Number(from, "temperature"); }
    }

    public void Flag(JsonElement from, string name)
    {
        var value = from.Get(name);
        if (value.IsMissing()) { return; }
        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            Wrong(name, "has to be true or false.");
        }
        To.WritePropertyName(name);
        To.WriteRaw(value);
    }

    public Result<byte[]> Finish()
    {
        To.WriteEndObject();
        To.Dispose();
        return _problem is { } problem ? problem : _bytes.WrittenSpan.ToArray();
    }
}
