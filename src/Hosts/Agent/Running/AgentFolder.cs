using System.Globalization;
using System.Text.RegularExpressions;

namespace Wopr.Agent.Running;

/// <summary>The agent's folder, held by one agent at a time: a folder for each bot, by its name.</summary>
internal sealed partial class AgentFolder : IDisposable
{
    private readonly FileStream _lock;
    private readonly Lock _gate = new();

    private AgentFolder(string root, FileStream held) => (Root, _lock) = (root, held);

    public string Root { get; }

    /// <summary>Null when another agent works in it.</summary>
    public static AgentFolder? TryOpen(string root)
    {
        var full = Path.GetFullPath(root);
        // Bots of users of their own pass through it, and see nothing in it.
        if (!Directory.Exists(full)) { Directory.CreateDirectory(full, Passable); }
        try { return new(full, new(Path.Combine(full, "agent.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)); }
        catch (IOException) { return null; }
    }

    /// <summary>Names come from the platform, and become paths here.</summary>
    public static bool IsName(string name) => Name().IsMatch(name);

    public BotFolder Of(string name) => IsName(name)
        ? new(Path.Combine(Root, name))
        : throw new ArgumentException("That is no name of a bot.", nameof(name));

    public IEnumerable<string> Names() => Directory.EnumerateDirectories(Root).Select(path => Path.GetFileName(path)!).Where(IsName);

    /// <summary>The user of a bot: the same for as long as its folder stands, and no other bot's.</summary>
    public int UidOf(string name, int first)
    {
        lock (_gate)
        {
            if (ReadUid(name) is { } known) { return known; }
            var uid = Math.Max(first, Names().Select(ReadUid).Max() + 1 ?? first);
            var file = Path.Combine(Of(name).Path, "uid");
            File.WriteAllText($"{file}.new", uid.ToString(CultureInfo.InvariantCulture));
            File.Move($"{file}.new", file, overwrite: true);
            return uid;
        }
    }

    public void Dispose() => _lock.Dispose();

    internal const UnixFileMode Passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private int? ReadUid(string name)
    {
        var file = Path.Combine(Of(name).Path, "uid");
        return File.Exists(file) ? int.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture) : null;
    }

    [GeneratedRegex(@"\Atenant_[A-Za-z0-9]{1,40}(_[0-9]{1,9})?\z")]
    private static partial Regex Name();
}
