namespace Wopr.Sandbox.Discord;

/// <summary>How a bot's Discord misbehaves. What is not named is as it should be.</summary>
/// <param name="IsRevoked">Its token was reset.</param>
/// <param name="HasMessageContent">The switch in the developer portal.</param>
/// <param name="IsDeaf">Heartbeats are not acknowledged.</param>
/// <param name="IsForbidden">It may not write.</param>
/// <param name="RateLimited">So many messages are refused with 429.</param>
/// <param name="RetryAfter">Seconds, what such a refusal says.</param>
/// <param name="Failing">So many messages are refused with 500, and not kept.</param>
/// <param name="Swallowing">So many messages are kept, and their answer never comes: the connection breaks.</param>
/// <param name="MessagesPer5Seconds">How many a channel takes.</param>
internal sealed record DiscordFaults(
    bool IsRevoked = false, bool HasMessageContent = true, bool IsDeaf = false, bool IsForbidden = false,
    int RateLimited = 0, double RetryAfter = 1, bool IsGlobal = false, int Failing = 0, int Swallowing = 0,
    int MessagesPer5Seconds = 5, int HeartbeatMs = 41_250);
