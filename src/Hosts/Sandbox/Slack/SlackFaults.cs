namespace Wopr.Sandbox.Slack;

/// <summary>How an app's Slack misbehaves. What is not named is as it should be.</summary>
/// <param name="IsRevoked">The bot token is refused.</param>
/// <param name="IsAppTokenRevoked">The app-level token is refused.</param>
/// <param name="IsSocketModeOff">The switch in the app's settings.</param>
/// <param name="MissingScope">The app was installed without it.</param>
/// <param name="IsOutside">It was not invited to any channel.</param>
/// <param name="RateLimited">So many messages are refused with 429.</param>
/// <param name="RetryAfter">Seconds, what such a refusal says.</param>
/// <param name="Failing">So many messages are refused with 500, and not kept.</param>
/// <param name="Swallowing">So many messages are kept, and their answer never comes: the connection breaks.</param>
/// <param name="AckMs">How long an event waits to be acknowledged.</param>
/// <param name="RetriesMs">How long it then waits until it is delivered again; after the last it is lost.</param>
internal sealed record SlackFaults(
    bool IsRevoked = false, bool IsAppTokenRevoked = false, bool IsSocketModeOff = false, string? MissingScope = null,
    bool IsOutside = false, int RateLimited = 0, int RetryAfter = 1, int Failing = 0, int Swallowing = 0,
    int AckMs = 3_000, IReadOnlyList<int>? RetriesMs = null)
{
    private static readonly int[] s_usualRetries = [100, 60_000, 300_000];

    public IReadOnlyList<int> Retries => RetriesMs ?? s_usualRetries;

    public string Scopes => string.Join(',', ((string[])["app_mentions:read", "chat:write", "im:history", "im:read"])
        .Where(scope => scope != MissingScope));
}
