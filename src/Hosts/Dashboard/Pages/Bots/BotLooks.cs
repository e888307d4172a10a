using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Wopr.Client;

namespace Wopr.Dashboard.Pages.Bots;

/// <summary>A bot's state as people read it.</summary>
internal static class BotLooks
{
    private const int StampChars = 12;

    public static string Word(BotView bot) => bot.State switch
    {
        "provisioning" => "Starting",
        "running" => "Running",
        "unhealthy" => "Not answering",
        "sleeping" => "Sleeping",
        "stopped" => "Stopped",
        "suspended" => "Suspended",
        "updating" => "Updating",
        "recovering" => "Starting again",
        "failed" => "Failed",
        "deleted" => "Deleted",
        _ => "Not known",
    };

    /// <summary>The colour of its mark: good, warn, bad, or none for what rests.</summary>
    public static string? Tone(BotView bot) => bot.State switch
    {
        "running" or "sleeping" => "good",
        "provisioning" or "updating" or "recovering" => "warn",
        "stopped" or "deleted" => null,
        _ => "bad",
    };

    public static bool CanStart(BotView bot) => bot.State is "stopped" or "failed" || bot is { Wish: "stop", State: not ("suspended" or "deleted") };

    public static bool CanStop(BotView bot) => bot is { Wish: "run", State: not ("stopped" or "suspended" or "deleted") };

    public static bool CanImport(BotView bot) => bot is { State: "stopped" or "suspended", Wish: not "run" };

    public static bool IsThere(BotView bot) => bot.State is "running" or "sleeping";

    /// <summary>What to do about it; null when it is as it should be, or on its way there.</summary>
    public static string? Advice(BotView bot) => bot.State switch
    {
        "suspended" => "It is stopped, because your balance is used up. Buy credits; it then starts by itself.",
        "unknown" => "Its machine has not been heard of for a while. Nothing needs to be done; it is looked for.",
        "unhealthy" => bot.Fault ?? "It runs and does not answer. It is started again by itself when that stays so.",
        "failed" => bot.Fault ?? "It did not start. Look at its log in the settings, then start it again.",
        _ => bot.Fault,
    };

    /// <summary>What waits for it, until when.</summary>
    public static string Waiting(BotView bot) => bot switch
    {
        { State: "suspended" } => "Waits until the bot is paid for",
        { Wish: "stop" } or { State: "stopped" or "failed" } => "Waits until the bot is started",
        _ => "Waits until the bot runs",
    };

    /// <summary>How long, roughly, so that it seldom changes.</summary>
    public static string For(TimeSpan time) => time switch
    {
        { TotalMinutes: < 1 } => "less than a minute",
        { TotalHours: < 1 } => Count((int)time.TotalMinutes, "minute"),
        { TotalDays: < 1 } => Count((int)time.TotalHours, "hour"),
        _ => Count((int)time.TotalDays, "day"),
    };

    /// <summary>Two lists of facts with one stamp look the same.</summary>
    public static string Stamp(params IEnumerable<object?> facts) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Join('\u001f', facts.Select(fact => Convert.ToString(fact, CultureInfo.InvariantCulture))))))[..StampChars];

    public static string Stamp(BotView bot, TimeProvider time) => Stamp(
        bot.Name, bot.State, bot.Wish, bot.BillingState, Advice(bot), bot.StateAt.UtcTicks, For(time.GetUtcNow() - bot.StateAt),
        bot.LastSaidAt?.UtcTicks, bot.DailyCents);

    private static string Count(int number, string unit) => $"{number} {unit}{(number == 1 ? "" : "s")}";
}
