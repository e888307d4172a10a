using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Wopr.Agent.Running;

/// <summary>What the agent notes of a bot's process, so that the next agent finds it. No secret stands in it.</summary>
/// <param name="Launch">A hash of all that it was started with.</param>
internal sealed record ProcessNote(
    Guid BotId, long Version, int Generation, string Launch, int Restarts, DateTimeOffset? StartedAt, ProcessKey? Process);

/// <summary>One bot's folder.</summary>
internal sealed class BotFolder(string path)
{
    private const string Marker = ".wopr-data.json";

    private static readonly TimeSpan s_oldKept = TimeSpan.FromDays(7);

    /// <summary>Everything below a folder, and nothing that a link leads to.</summary>
    public static readonly EnumerationOptions NoLinks = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.ReparsePoint,
        IgnoreInaccessible = true,
    };

    public string Path => path;
    public string Log => System.IO.Path.Combine(path, "bot.log");
    public string OlderLog => System.IO.Path.Combine(path, "bot.log.1");

    /// <summary>Held by the bot's process for as long as it lives.</summary>
    public string RunLock => System.IO.Path.Combine(path, "run.lock");

    private string NoteFile => System.IO.Path.Combine(path, "process.json");

    public bool HasData => Directory.Exists(path) && Directory.EnumerateDirectories(path).Any();

    public string Data(int generation) =>
        System.IO.Path.Combine(path, generation.ToString(CultureInfo.InvariantCulture), "data");

    public void Create()
    {
        if (!Directory.Exists(path)) { Directory.CreateDirectory(path, AgentFolder.Passable); }
    }

    /// <summary>Makes the data of a generation when there is none. Null when it is there and this bot's, else why it is not.</summary>
    public string? EnsureData(Guid bot, int generation, int? uid)
    {
        var data = Data(generation);
        if (Directory.Exists(data)) { return MarkerFault(data, bot, generation); }
        var parent = System.IO.Path.GetDirectoryName(data)!;
        Directory.CreateDirectory(parent, AgentFolder.Passable);
        // Complete, or not there.
        var half = $"{data}.new";
        if (Directory.Exists(half)) { Directory.Delete(half, recursive: true); }
        Directory.CreateDirectory(half, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var marker = System.IO.Path.Combine(half, Marker);
        File.WriteAllBytes(marker, MarkerText(bot, generation));
        if (uid is { } owner)
        {
            Posix.Own(marker, owner);
            Posix.Own(half, owner);
        }
        Directory.Move(half, data);
        return null;
    }

    public void Erase()
    {
        if (Directory.Exists(path)) { Directory.Delete(path, recursive: true); }
    }

    /// <summary>Where the pieces of an archive are collected.</summary>
    public string ImportFile(Guid import) => System.IO.Path.Combine(path, $"{import:N}.import");

    public void DropImports()
    {
        if (!Directory.Exists(path)) { return; }
        foreach (var file in Directory.EnumerateFiles(path, "*.import").ToList()) { File.Delete(file); }
    }

    /// <summary>An empty folder that the bot's user may fill.</summary>
    public string Stage(int generation, int? uid)
    {
        DropStaged(generation);
        Create();
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Data(generation))!, AgentFolder.Passable);
        var staged = StagedOf(generation);
        Directory.CreateDirectory(staged, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (uid is { } owner) { Posix.Own(staged, owner); }
        return staged;
    }

    public void DropStaged(int generation)
    {
        if (Directory.Exists(StagedOf(generation))) { Directory.Delete(StagedOf(generation), recursive: true); }
    }

    /// <summary>What was filled becomes the data of its generation, whole; it counts when a wish of that generation comes.</summary>
    public void KeepStaged(Guid bot, int generation, int? uid)
    {
        File.WriteAllText(UntakenOf(generation), "");
        if (Directory.Exists(Data(generation))) { Directory.Delete(Data(generation), recursive: true); }
        var marker = System.IO.Path.Combine(StagedOf(generation), Marker);
        // A new file or none: whatever lies there already is not written through.
        using (var file = new FileStream(marker, FileMode.CreateNew, FileAccess.Write)) { file.Write(MarkerText(bot, generation)); }
        if (uid is { } owner) { Posix.Own(marker, owner); }
        Directory.Move(StagedOf(generation), Data(generation));
    }

    /// <summary>Data that were imported and never taken must not become those of a later generation.</summary>
    public void DropUntaken(int generation)
    {
        if (File.Exists(UntakenOf(generation))) { File.Delete(UntakenOf(generation)); }
        foreach (var other in Generations().Where(other => other > generation && File.Exists(UntakenOf(other))).ToList())
        {
            Directory.Delete(System.IO.Path.GetDirectoryName(Data(other))!, recursive: true);
        }
    }

    /// <summary>Data of other generations than the one that counts are kept for a while.</summary>
    public void DropOld(int generation, DateTimeOffset now)
    {
        foreach (var old in Generations().Where(old => old != generation).ToList())
        {
            var parent = System.IO.Path.GetDirectoryName(Data(old))!;
            var since = System.IO.Path.Combine(parent, "over");
            if (!File.Exists(since)) { File.WriteAllText(since, ""); }
            else if (now - File.GetLastWriteTimeUtc(since) > s_oldKept) { Directory.Delete(parent, recursive: true); }
        }
        var back = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Data(generation))!, "over");
        if (File.Exists(back)) { File.Delete(back); }
    }

    public ProcessNote? ReadNote()
    {
        try { return File.Exists(NoteFile) ? JsonSerializer.Deserialize<ProcessNote>(File.ReadAllText(NoteFile)) : null; }
        catch (JsonException) { return null; }
    }

    public void WriteNote(ProcessNote note)
    {
        File.WriteAllText($"{NoteFile}.new", JsonSerializer.Serialize(note));
        File.Move($"{NoteFile}.new", NoteFile, overwrite: true);
    }

    public long DataBytes(int generation)
    {
        try { return new DirectoryInfo(Data(generation)).EnumerateFiles("*", NoLinks).Sum(file => file.Length); }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException) { return 0; }
    }

    private string StagedOf(int generation) => $"{Data(generation)}.import";

    private string UntakenOf(int generation) => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Data(generation))!, "untaken");

    private IEnumerable<int> Generations() => !Directory.Exists(path) ? [] : Directory.EnumerateDirectories(path)
        .Select(folder => int.TryParse(System.IO.Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
        .Where(number => number > 0);

    private static byte[] MarkerText(Guid bot, int generation) =>
        Encoding.UTF8.GetBytes($$"""{"bot":"{{bot}}","generation":{{generation}}}""");

    private static string? MarkerFault(string data, Guid bot, int generation)
    {
        try
        {
            using var marker = JsonDocument.Parse(File.ReadAllText(System.IO.Path.Combine(data, Marker)));
            var root = marker.RootElement;
            return root.GetProperty("bot").GetGuid() == bot && root.GetProperty("generation").GetInt32() == generation
                ? null
                : $"The data in {data} belong to another bot or generation.";
        }
        catch (Exception error) when (error is IOException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return $"The data in {data} have no marker that says whose they are.";
        }
    }
}
