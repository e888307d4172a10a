using System.Text.Json;

namespace Wopr.Gateway.Protocols;

/// <summary>
/// OpenAI names how hard to think, Anthropic counts the tokens for it: a part of all that may be written.
/// </summary>
internal static class Efforts
{
    private const long BudgetMin = 1024;
    private const long BudgetMax = 32_000;

    /// <summary>Null when it is not to think, or may not write enough to.</summary>
    public static long? Budget(JsonElement effort, long tokens)
    {
        var tenths = effort switch
        {
            _ when effort.Is("minimal"u8) || effort.Is("low"u8) => 2,
            _ when effort.Is("medium"u8) => 5,
            _ when effort.Is("high"u8) || effort.Is("xhigh"u8) || effort.Is("max"u8) => 8,
            _ => 0,
        };
        if (tenths == 0 || tokens <= BudgetMin) { return null; }
        return Math.Clamp(tokens / 10 * tenths, BudgetMin, Math.Min(BudgetMax, tokens - 1));
    }

    /// <summary>Empty when it is not said.</summary>
    public static ReadOnlySpan<byte> Effort(JsonElement messages)
    {
        var thinking = messages.Get("thinking"u8);
        if (thinking.Get("type"u8).Is("disabled"u8)) { return default; }
        var said = messages.Get("output_config"u8).Get("effort"u8);
        if (said.Is("low"u8)) { return "low"u8; }
        if (said.Is("medium"u8)) { return "medium"u8; }
        if (said.IsText()) { return "high"u8; }
        if (thinking.Get("type"u8).Is("adaptive"u8)) { return "medium"u8; }
        if (!thinking.Get("type"u8).Is("enabled"u8)) { return default; }
        var budget = thinking.Get("budget_tokens"u8).Count();
        var all = Math.Max(1, Math.Min(messages.Get("max_tokens"u8).Count(), BudgetMax * 10 / 8));
        return (budget * 100 / all) switch
        {
            < 35 => "low"u8,
            < 65 => "medium"u8,
            _ => "high"u8,
        };
    }
}
