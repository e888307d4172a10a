using System.Text.Json;

namespace Wopr.Protocol;

/// <summary>The first thing an agent says on a link.</summary>
/// <param name="Runtime">"process" or "docker".</param>
public sealed record NodeHello(string Node, string Version, string Runtime, int Processors, long MemoryBytes);

public enum BotWish { Run, Stop, Erase }

/// <summary>What one bot should be on a node, whole: the agent makes it so, and says what it sees.</summary>
/// <param name="Name">tenant_ID or tenant_ID_N: its process, its folder and its archive are called so.</param>
/// <param name="Settings">What its process gets as environment, secrets included.</param>
/// <param name="Version">Raised with every change; an older one is never taken for a newer.</param>
public sealed record BotSpec(
    Guid BotId, string Name, int Generation, long Version, BotWish Wish, string Image, IReadOnlyDictionary<string, string> Settings,
    long MemoryBytes, int CpuQuota, int PidsMax, string RestartPolicy);

/// <summary>All that a node should have; what is not in it is not touched, because only <see cref="BotWish.Erase"/> deletes.</summary>
public sealed record BotSpecs(IReadOnlyList<BotSpec> Bots);

public enum BotProcess { Absent, Starting, Up, Exited, Failed }

/// <param name="Version">The last wish that it knows.</param>
/// <param name="Exit">Of a process that ended: its code.</param>
/// <param name="Fault">Why it is not as it should be, in a sentence.</param>
public sealed record BotSeen(
    Guid BotId, int Generation, long Version, BotProcess Process, DateTimeOffset? StartedAt, int Restarts, int? Exit, string? Fault,
    double CpuPercent, long MemoryBytes, long DataBytes, bool HasData);

public sealed record BotsSeen(IReadOnlyList<BotSeen> Bots);

public sealed record LogAsk(Guid BotId, int Tail, bool Follow);

/// <param name="Level">debug, info, warn or error.</param>
public sealed record LogLine(DateTimeOffset At, string Level, string Message);

/// <summary>Bytes that were appended to a file of a bot, to be kept in the object store.</summary>
public sealed record Segment(Guid BotId, int Generation, string Path, long Offset, byte[] Bytes);

/// <param name="Length">How much of the file is kept, from its start.</param>
public sealed record SegmentKept(long Length);

/// <summary>Something asked of a bot that does not run, in the words of its own verbs; see <see cref="BotVerbs.AtRest"/>.</summary>
public sealed record RestAsk(Guid BotId, int Generation, string Verb, JsonElement Ask);

/// <param name="Answer">As the verb has it; null when there is a problem.</param>
public sealed record RestAnswer(JsonElement? Answer, LinkProblem? Problem = null);

/// <summary>A piece of an archive that is to take the place of a bot's data. What was sent before is sent again without harm.</summary>
/// <param name="ImportId">Of all pieces of one archive.</param>
public sealed record ImportPiece(Guid BotId, int Generation, Guid ImportId, long Offset, byte[] Bytes);

/// <param name="Length">How much of the archive is there.</param>
public sealed record ImportLength(long Length);

/// <summary>All pieces are there: the archive becomes the data of the next generation, which counts once the platform says so.</summary>
public sealed record ImportAsk(Guid BotId, int Generation, Guid ImportId, long Length, string Sha256);
