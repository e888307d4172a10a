using System.Globalization;
using System.Text.RegularExpressions;
using Wopr.Agent.Running;
using Wopr.Protocol;

namespace Wopr.Agent.Keeping;

/// <summary>
/// The files of one generation of a bot, and how far each is kept. Sessions only grow, so their new lines are kept; of every
/// other file each version is, whole, under its name and time.
/// </summary>
internal sealed partial class BotFiles(Guid bot, int generation, string root, LinkClient client)
{
    private const int BytesMax = 256 * 1024;
    private const long FileBytesMax = 64L * 1024 * 1024;

    private static readonly string[] s_kept = ["memory", "skills", "schedules.json", .. SecretFiles.All];

    private readonly Dictionary<string, long> _kept = new(StringComparer.Ordinal);

    public async Task ShipAsync(CancellationToken ct)
    {
        if (!Directory.Exists(root)) { return; }
        foreach (var session in Files("sessions").Where(file => file.EndsWith(".jsonl", StringComparison.Ordinal)))
        {
            await ShipAsync(session, PathOf(session), wholeLines: true, ct);
        }
        foreach (var file in s_kept.SelectMany(Files))
        {
            var at = new DateTimeOffset(File.GetLastWriteTimeUtc(file)).ToUnixTimeMilliseconds();
            await ShipAsync(file, string.Create(CultureInfo.InvariantCulture, $"{PathOf(file)}@{at}"), wholeLines: false, ct);
        }
    }

    private async Task ShipAsync(string file, string path, bool wholeLines, CancellationToken ct)
    {
        var length = new FileInfo(file).Length;
        if (!Name().IsMatch(path) || length > FileBytesMax) { return; }
        if (!_kept.TryGetValue(path, out var kept)) { kept = await KeepAsync(path, length, [], ct); }
        while (kept < length)
        {
            var bytes = Read(file, kept, wholeLines);
            if (bytes.Length == 0) { break; }
            kept = await KeepAsync(path, kept, bytes, ct);
        }
    }

    private async Task<long> KeepAsync(string path, long offset, byte[] bytes, CancellationToken ct)
    {
        var link = client.Current ?? throw new LinkLostException("There is no link to the platform.");
        return _kept[path] = (await link.AskAsync(FleetVerbs.Keep, new(bot, generation, path, offset, bytes), ct)).Length;
    }

    // What a program that died wrote half of is cut off when it starts again: only whole lines are final.
    private static byte[] Read(string file, long from, bool wholeLines)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        stream.Position = from;
        var bytes = new byte[BytesMax];
        var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        var line = wholeLines ? Array.LastIndexOf(bytes, (byte)'\n', Math.Max(0, read - 1), read) + 1 : read;
        // A line that is longer than what is sent at once goes in pieces.
        var end = line == 0 && read == BytesMax ? read : line;
        return bytes[..end];
    }

    // A bot may make links, and they may point at what only the agent can read.
    private IEnumerable<string> Files(string name)
    {
        var path = Path.Combine(root, name);
        if (new FileInfo(path).LinkTarget is not null) { return []; }
        return File.Exists(path) ? [path]
            : Directory.Exists(path) ? Directory.EnumerateFiles(path, "*", BotFolder.NoLinks).Order(StringComparer.Ordinal)
            : [];
    }

    private string PathOf(string file) => Path.GetRelativePath(root, file);

    // What the object store takes; half-written files begin with a dot or are called otherwise.
    [GeneratedRegex(@"\A[A-Za-z0-9_=+@:-][A-Za-z0-9._=+@:-]*(/[A-Za-z0-9_=+@:-][A-Za-z0-9._=+@:-]*)*\z")]
    private static partial Regex Name();
}
