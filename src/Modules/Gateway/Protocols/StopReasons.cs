using System.Text.Json;

namespace Wopr.Gateway.Protocols;

/// <summary>Why an answer ended, in either language.</summary>
internal static class StopReasons
{
    /// <param name="matched">The stop sequence that ended it, where the provider tells.</param>
    /// <param name="calls">Some providers say "stop" though they call tools.</param>
    public static ReadOnlySpan<byte> ToMessages(JsonElement finish, JsonElement matched, bool calls, bool refused)
    {
        if (finish.Is("length"u8)) { return "max_tokens"u8; }
        if (refused || finish.Is("content_filter"u8)) { return "refusal"u8; }
        if (calls) { return "tool_use"u8; }
        return matched.IsText() ? "stop_sequence"u8 : "end_turn"u8;
    }

    public static ReadOnlySpan<byte> ToChat(JsonElement stop, bool calls)
    {
        if (stop.Is("max_tokens"u8) || stop.Is("model_context_window_exceeded"u8)) { return "length"u8; }
        if (stop.Is("refusal"u8)) { return "content_filter"u8; }
        return calls ? "tool_calls"u8 : "stop"u8;
    }
}
