using System.Globalization;
using Wopr.Client;

namespace Wopr.Dashboard.Pages.Bots;

/// <summary>Conversations as the list calls them.</summary>
internal static class SessionNames
{
    private static readonly string[] s_channels = ["discord-", "slack-", "telegram-", "webhook-"];

    private const string Made = "'chat-'yyyyMMdd-HHmmss";

    public static string Of(string session) =>
        session == ChatPages.FirstSession ? "First conversation"
        : DateTime.TryParseExact(session, Made, CultureInfo.InvariantCulture, DateTimeStyles.None, out var at)
            ? at.ToString("'Of' d MMM, HH:mm 'UTC'", CultureInfo.InvariantCulture)
            : session;

    /// <summary>What is said there is said here, and not in a channel.</summary>
    public static bool IsOwn(string session) => !s_channels.Any(channel => session.StartsWith(channel, StringComparison.OrdinalIgnoreCase));

    /// <summary>With the one that is open, which may not have begun.</summary>
    public static IEnumerable<ChatSession> With(IReadOnlyList<ChatSession> sessions, string open) =>
        sessions.Any(one => one.Session == open) ? sessions : [new(open, default), .. sessions];
}
