using System.Text.Json;

namespace Wopr.Bot;

/// <summary>A list that is kept as one JSON file. One that cannot be read is set aside and named, never fatal and never lost.</summary>
internal static class KeptFile
{
    /// <param name="read">Null: it is not such a file. Called only when there is one, so that a bot without loads nothing for it.</param>
    public static List<T> Load<T>(
        string home, string name, Func<byte[], IReadOnlyList<T>?> read, TimeProvider time, List<string> setAside, Log log)
    {
        var path = Path.Combine(home, name);
        if (!Path.Exists(path)) { return []; }
        try
        {
            return [.. read(File.ReadAllBytes(path)) ?? throw new JsonException("It is not what its name says.")];
        }
        catch (Exception fault) when (fault is JsonException or IOException or UnauthorizedAccessException)
        {
            var aside = Disk.SetAside(path, time.GetUtcNow()) ?? path;
            setAside.Add(Path.GetRelativePath(home, aside));
            log.FileSetAside(name, Path.GetFileName(aside), fault.GetType().Name);
            return [];
        }
    }
}
