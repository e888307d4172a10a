using System.Text.Json;
using Wopr.Kernel;

namespace Wopr.Gateway.Protocols;

/// <summary>A request of OpenAI's old text completions as a chat of one message.</summary>
internal static class ChatFromCompletions
{
    private static readonly string[] Numbers =
        ["max_tokens", "temperature", "top_p", "top_k", "n", "presence_penalty", "frequency_penalty", "seed"];

    public static Result<byte[]> Request(JsonElement from)
    {
        var draft = new Draft();
        draft.Model(from);
        Refuse(draft, from);
        var prompt = from.Get("prompt"u8);
        if (prompt.IsList() && prompt.GetArrayLength() == 1) { prompt = prompt[0]; }
        if (prompt.IsList())
        {
            draft.NotCarried("prompt", "Send one prompt at a time, as a text.");
        }
        else if (!prompt.IsText()) { draft.Wrong("prompt", "has to be a text."); }
        draft.To.WriteStartArray("messages"u8);
        draft.To.WriteStartObject();
        draft.To.WriteString("role"u8, "user"u8);
        draft.To.WriteText("content"u8, prompt);
        draft.To.WriteEndObject();
        draft.To.WriteEndArray();
        foreach (var name in Numbers) { draft.Number(from, name); }
        if (from.Get("stop"u8) is var stop && !stop.IsMissing()) { draft.To.WriteRaw("stop"u8, stop); }
        if (from.Get("user"u8) is var user && user.IsText()) { draft.To.WriteRaw("user"u8, user); }
        ChatFields.Stream(draft, from);
        return draft.Finish();
    }

    private static void Refuse(Draft draft, JsonElement from)
    {
        foreach (var name in (ReadOnlySpan<string>)["suffix", "logprobs"])
        {
            var value = from.Get(name);
            if (value.IsMissing() || value.IsEmptyText()) { continue; }
            draft.NotCarried(name, "Leave it out, or use a model that completes text.");
        }
        if (from.Get("echo"u8).IsTrue()) { draft.NotCarried("echo", "Put the prompt before the answer yourself."); }
        if (from.Get("best_of"u8).Count() > 1) { draft.NotCarried("best_of", "Ask several times and choose."); }
    }
}
