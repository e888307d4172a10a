namespace Wopr.Protocol;

/// <summary>The first thing a bot says on a link.</summary>
public sealed record BotHello(Guid BotId, int Generation, string Version);

/// <summary>A lease counts from the moment it was asked for, by the bot's own clock that never goes back.</summary>
public sealed record LeaseAsk(int Generation);

/// <param name="Seconds">0: this generation gets none any more, and never will.</param>
public sealed record LeaseGiven(int Seconds);

/// <param name="Running">Turns under way.</param>
public sealed record BotStatus(
    string Version, int Generation, bool HasLease, DateTimeOffset StartedAt, int Sessions, int Running, int Waiting,
    long Turns, long InputTokens, long OutputTokens, double LatencyMs, IReadOnlyList<string> SetAside);

/// <summary>The next bytes of an archive with all that a bot keeps.</summary>
public sealed record ArchivePiece(byte[] Bytes);

/// <summary>What an archive held that was taken in.</summary>
public sealed record ArchiveTaken(int Sessions, int Files, int Schedules, long Bytes);
