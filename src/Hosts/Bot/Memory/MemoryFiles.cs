using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Wopr.Protocol;

namespace Wopr.Bot.Memory;

/// <summary>
/// What the bot knows by heart, in plain files: memory/SOUL.md who it is, memory/USER.md whom it serves,
/// memory/MEMORY.md what it remembers, skills/NAME.md how it does things.
/// </summary>
internal sealed partial class MemoryFiles
{
    public const string Soul = "memory/SOUL.md";
    public const string User = "memory/USER.md";
    public const string Remembered = "memory/MEMORY.md";
    private const int BytesMax = 64 * 1024;
    private const int SkillsMax = 64;

    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly Lock _gate = new();
    private readonly string _home;

    public MemoryFiles(string home)
    {
        _home = home;
        Directory.CreateDirectory(Path.Combine(home, "memory"));
        Directory.CreateDirectory(Path.Combine(home, "skills"));
    }

    public static string SkillPath(string name) => $"skills/{name}.md";

    /// <summary>When all together are too long for one answer, the last ones come without their text: read those alone.</summary>
    public FileList List()
    {
        List<FileView> files = [];
        var weight = 0;
        foreach (var path in Paths())
        {
            try
            {
                var file = Read(path);
                weight += WireSize.Of(file.Text);
                files.Add(weight > WireSize.PageMax ? file with { Text = "" } : file);
            }
            // Whatever lies there that is not ours is not shown.
            catch (LinkRefusedException) { }
        }
        return new(files);
    }

    public FileView Read(string path)
    {
        lock (_gate) { return Look(path) ?? throw Refusals.NoFile(path); }
    }

    /// <summary>Empty when there is none, or none that can be read: for the prompt, which goes on without.</summary>
    public string TextOf(string path)
    {
        try
        {
            lock (_gate) { return Look(path)?.Text ?? ""; }
        }
        catch (LinkRefusedException) { return ""; }
    }

    public void Write(FileWrite write)
    {
        var full = Full(write.Path);
        lock (_gate)
        {
            if (write.IfVersion is { } version && Look(write.Path) is var now && now?.Version != version)
            {
                // Asked again it is done already.
                if (now?.Text == write.Text) { return; }
                throw Refusals.FileChanged(write.Path);
            }
            try
            {
                if (write.Text is null) { Disk.Delete(full); }
                else { Put(write.Path, full, write.Text); }
            }
            catch (StorageException fault) { throw Refusals.NotKept(fault); }
        }
    }

    /// <summary>Adds a paragraph; one that stands at the end already is not added again.</summary>
    public void Append(string path, string text)
    {
        var full = Full(path);
        lock (_gate)
        {
            var before = Look(path)?.Text.TrimEnd() ?? "";
            if (before == text.Trim() || before.EndsWith($"\n{text.Trim()}", StringComparison.Ordinal)) { return; }
            try { Put(path, full, before.Length == 0 ? $"{text.Trim()}\n" : $"{before}\n{text.Trim()}\n"); }
            catch (StorageException fault) { throw Refusals.NotKept(fault); }
        }
    }

    /// <summary>Each with the first line that says something.</summary>
    public IReadOnlyList<(string Name, string About)> Skills() =>
    [
        .. from path in Paths().Where(path => path.StartsWith("skills/", StringComparison.Ordinal))
           let about = TextOf(path).Split('\n').Select(line => line.Trim('#', ' ', '\r')).FirstOrDefault(line => line.Length > 0)
           select (Path.GetFileNameWithoutExtension(path), about is { Length: > 200 } ? about[..200] : about ?? ""),
    ];

    /// <summary>The bytes of one; null when it cannot be read.</summary>
    public byte[]? Find(string path)
    {
        try
        {
            lock (_gate) { return Look(path) is { } file ? s_utf8.GetBytes(file.Text) : null; }
        }
        catch (LinkRefusedException) { return null; }
    }

    public static bool IsKnown(string path) => Known().IsMatch(path);

    public IEnumerable<string> Paths()
    {
        string[] skills = [];
        try { skills = Directory.GetFiles(Path.Combine(_home, "skills"), "*.md"); }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException) { }
        return new[] { Soul, User, Remembered }.Where(path => File.Exists(Path.Combine(_home, path)))
            .Concat(skills.Select(file => $"skills/{Path.GetFileName(file)}").Where(path => Known().IsMatch(path))
                .Order(StringComparer.Ordinal).Take(SkillsMax));
    }

    private FileView? Look(string path)
    {
        var full = Full(path);
        if (!File.Exists(full)) { return null; }
        try
        {
            using var file = new FileStream(full, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length > BytesMax) { throw Refusals.FileTooLong(BytesMax / 1024); }
            var bytes = new byte[file.Length];
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            var version = Convert.ToHexStringLower(SHA256.HashData(bytes.AsSpan(0, length)).AsSpan(0, 8));
            return new(path, s_utf8.GetString(bytes, 0, length), version, new(File.GetLastWriteTimeUtc(full), TimeSpan.Zero));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException) { throw Refusals.FileForeign(path); }
    }

    private void Put(string path, string full, string text)
    {
        var bytes = s_utf8.GetBytes(text);
        if (bytes.Length > BytesMax) { throw Refusals.FileTooLong(BytesMax / 1024); }
        if (path.StartsWith("skills/", StringComparison.Ordinal) && !File.Exists(full)
            && Paths().Count(known => known.StartsWith("skills/", StringComparison.Ordinal)) >= SkillsMax)
        {
            throw Refusals.TooManySkills(SkillsMax);
        }
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        Disk.Replace(full, bytes);
    }

    // Only names that we know lead to a file, and only to one that lies where its name says.
    private string Full(string path)
    {
        if (path is null || !Known().IsMatch(path)) { throw Refusals.FilePath(); }
        var full = Path.Combine(_home, path);
        if (new FileInfo(full).LinkTarget is not null || new DirectoryInfo(Path.GetDirectoryName(full)!).LinkTarget is not null
            || Directory.Exists(full))
        {
            throw Refusals.FileForeign(path);
        }
        return full;
    }

    [GeneratedRegex(@"\A(memory/(SOUL|USER|MEMORY)|skills/[A-Za-z0-9_-][A-Za-z0-9._-]{0,63})\.md\z", RegexOptions.CultureInvariant)]
    private static partial Regex Known();
}
