using System.Text;
using System.Text.Json;

namespace Wopr.EndToEnd.Tests;

/// <summary>
/// What a caller sees of one answer, in either protocol: its text, whether its end came, and anything that cannot be in
/// one answer to one question.
/// </summary>
internal sealed class ModelAnswer(bool isMessages, string expected)
{
    private readonly StringBuilder _text = new();
    private string? _id;

    /// <summary>The event that ends it was seen, or all of an answer in one piece.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>It was told inside the stream that it failed.</summary>
    public bool IsToldBroken { get; private set; }

    public string Text => _text.ToString();

    public string? Fault { get; private set; }

    public void ReadWhole(byte[] body)
    {
        using var json = JsonDocument.Parse(body);
        var root = json.RootElement;
        _text.Append(isMessages
            ? root.GetProperty("content")[0].GetProperty("text").GetString()
            : root.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        IsWhole = true;
        Check();
    }

    /// <summary>One line of a stream.</summary>
    public void ReadLine(string line)
    {
        if (!line.StartsWith("data:", StringComparison.Ordinal)) { return; }
        var data = line["data:".Length..].Trim();
        if (IsWhole || IsToldBroken) { Fault ??= $"after its end came {data}"; }
        if (data == "[DONE]")
        {
            IsWhole = true;
            Check();
            return;
        }
        using var json = JsonDocument.Parse(data);
        var root = json.RootElement;
        if (root.TryGetProperty("error", out _))
        {
            IsToldBroken = true;
            return;
        }
        if (isMessages) { ReadMessage(root); }
        else { ReadChat(root); }
        Check();
    }

    private void ReadChat(JsonElement root)
    {
        See(root.GetProperty("id").GetString()!);
        foreach (var choice in root.GetProperty("choices").EnumerateArray())
        {
            if (choice.GetProperty("delta").TryGetProperty("content", out var text)) { _text.Append(text.GetString()); }
        }
    }

    private void ReadMessage(JsonElement root)
    {
        switch (root.GetProperty("type").GetString())
        {
            case "message_start":
                See(root.GetProperty("message").GetProperty("id").GetString()!);
                if (_text.Length > 0) { Fault ??= "it began twice"; }
                break;
            case "content_block_delta":
                _text.Append(root.GetProperty("delta").GetProperty("text").GetString());
                break;
            case "message_stop":
                IsWhole = true;
                break;
            default:
                break;
        }
    }

    private void See(string id)
    {
        _id ??= id;
        if (_id != id) { Fault ??= $"{_id} goes on as {id}"; }
    }

    private void Check()
    {
        var text = _text.ToString();
        if (IsWhole ? text != expected : !expected.StartsWith(text, StringComparison.Ordinal))
        {
            Fault ??= $"\"{text}\" is no {(IsWhole ? "whole answer" : "beginning")} of \"{expected}\"";
        }
    }
}
