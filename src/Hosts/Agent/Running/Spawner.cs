using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Wopr.Protocol;

namespace Wopr.Agent.Running;

/// <summary>
/// Starts bots so that they outlive the agent: in a session of their own, writing to a file, inheriting nothing. Each holds a
/// lock for as long as it lives, so that the kernel lets no second one of it run.
/// </summary>
internal sealed class Spawner(AgentOptions options, AgentFolder agent)
{
    public const string HomeVariable = "WOPR_HOME";

    /// <summary>The lock is held: another process of the bot lives.</summary>
    public const int StillRuns = 75;

    private const string SearchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    // Before the bot's own user and variables come into play, so that neither can touch what happens here.
    private const string Prepare = """
        umask 077
        exec 9>>"$2"
        exec >>"$1" 2>&1
        flock -n 9 || { echo "Another process of this bot still runs."; exit 75; }
        shift 2
        exec "$@"
        """;

    // What it complains about stands in the bot's log.
    private const string PrepareOnce = """
        umask 077
        exec 2>>"$1"
        shift
        exec "$@"
        """;

    // Cut off half-way, it lacks its last line and starts nothing.
    private const string ReadVariables = """eval "$(cat)" """;

    private static readonly string[] s_reserved = ["LD_", "DOTNET_", "GLIBC_", "GCONV_"];

    private static readonly string? s_dotnetRoot = Environment.GetEnvironmentVariable("DOTNET_ROOT");

    /// <summary>A hash of all that a bot is started with.</summary>
    public string LaunchOf(BotSpec spec)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{spec.BotId}\n{spec.Generation}\n{spec.Image}\n{options.BotProgram}\n");
        foreach (var (name, value) in spec.Settings.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"{name.Length}:{name}{value.Length}:{value}\n");
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>A folder that users of their own could not enter, so that bots run as root; null when there is none.</summary>
    public string? Closed { get; } = !Posix.IsRoot ? null
        : ((string?[])[Path.GetDirectoryName(Path.GetFullPath(options.BotProgram)), agent.Root, s_dotnetRoot])
            .FirstOrDefault(folder => folder is not null && !CanEnter(folder));

    /// <summary>The user that a bot runs as; null when it is the agent's.</summary>
    public int? UidOf(string name) => Posix.IsRoot && Closed is null ? agent.UidOf(name, options.UidFirst) : null;

    public async Task<Process> StartAsync(BotFolder folder, BotSpec spec, int? uid)
    {
        var data = folder.Data(spec.Generation);
        var start = new ProcessStartInfo("setsid") { WorkingDirectory = data, RedirectStandardInput = true };
        string[] words = ["sh", "-c", Prepare, "sh", folder.Log, folder.RunLock, .. AsUser(uid), "sh", "-c", ReadVariables];
        foreach (var word in words) { start.ArgumentList.Add(word); }
        start.Environment.Clear();
        start.Environment["PATH"] = SearchPath;
        start.Environment[HomeVariable] = data;
        var process = Process.Start(start)!;
        try
        {
            // Over a pipe: what stands in arguments can be read by everybody.
            await process.StandardInput.WriteAsync(Script(spec, data));
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended already; its log says why.
        }
        return process;
    }

    /// <summary>The bot's program for one answer. It is no leader of a group, so nobody takes it for the bot.</summary>
    public Process StartOnce(BotFolder folder, string home, Guid bot, int generation, int? uid, string mode)
    {
        var start = new ProcessStartInfo("sh") { WorkingDirectory = home, RedirectStandardInput = true, RedirectStandardOutput = true };
        string[] words = ["-c", PrepareOnce, "sh", folder.Log, .. AsUser(uid), options.BotProgram, mode];
        foreach (var word in words) { start.ArgumentList.Add(word); }
        start.Environment.Clear();
        start.Environment["PATH"] = SearchPath;
        start.Environment["HOME"] = home;
        start.Environment[HomeVariable] = home;
        start.Environment["WOPR_BOT_ID"] = bot.ToString();
        start.Environment["WOPR_GENERATION"] = generation.ToString(CultureInfo.InvariantCulture);
        if (s_dotnetRoot is not null) { start.Environment["DOTNET_ROOT"] = s_dotnetRoot; }
        return Process.Start(start)!;
    }

    private static string[] AsUser(int? uid) =>
        uid is null ? [] : ["setpriv", $"--reuid={uid}", $"--regid={uid}", "--clear-groups", "--no-new-privs", "--"];

    private static bool CanEnter(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            if (!at.UnixFileMode.HasFlag(UnixFileMode.OtherExecute)) { return false; }
        }
        return true;
    }

    private string Script(BotSpec spec, string data)
    {
        var script = new StringBuilder();
        foreach (var (name, value) in spec.Settings)
        {
            if (IsAllowed(name) && !value.Contains('\0', StringComparison.Ordinal)) { script.Append($"export {name}={Quoted(value)}\n"); }
        }
        if (s_dotnetRoot is not null) { script.Append($"export DOTNET_ROOT={Quoted(s_dotnetRoot)}\n"); }
        script.Append($"export HOME={Quoted(data)} {HomeVariable}={Quoted(data)} PATH={Quoted(SearchPath)}\n");
        // No debugger's door, and no memory for one.
        script.Append("export DOTNET_EnableDiagnostics=0\n");
        return script.Append($"exec {Quoted(options.BotProgram)} </dev/null\n").ToString();
    }

    private static bool IsAllowed(string name) => name.Length > 0 && !char.IsAsciiDigit(name[0])
        && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_')
        && !s_reserved.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
