using System.Diagnostics;
using System.Runtime.CompilerServices;
using Wopr.Agent.Running;
using Wopr.Protocol;

namespace Wopr.Agent.Tests;

/// <summary>A node with a real agent in a process of its own, and a shell script for a bot.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    // What it does is said by MODE. Each start leaves a line.
    private const string Script = """
        #!/bin/sh
        if [ "$1" = import ]; then
            cat >"$WOPR_HOME/archive"
            case "$(cat "$WOPR_HOME/archive")" in
                bad*) echo '{"problem":{"code":"import.torn","message":"The archive is not whole."}}' ;;
                *) echo '{"answer":{"sessions":1,"files":2,"schedules":3,"bytes":4}}' ;;
            esac
            exit 0
        fi
        if [ "$1" = ask ]; then
            case "$(cat)" in
                *refuse*) echo '{"problem":{"code":"file.not_found","message":"There is none."}}' ;;
                *wait*) touch waiting; while [ ! -e go ]; do sleep 0.05; done; echo '{"answer":{}}' ;;
                *runs*) exit 75 ;;
                *nodata*) exit 78 ;;
                *fail*) echo "it broke" >&2; exit 3 ;;
                *large*) head -c 1100000 /dev/zero | tr '\0' x; echo ;;
                *nonsense*) echo nonsense ;;
                *many*) for item in 1 2 3; do echo "{\"answer\":$item}"; done ;;
                *) echo "{\"answer\":{\"uid\":\"$(id -u)\",\"mask\":\"$(umask)\",\"env\":\"$(env | cut -d= -f1 | sort | tr '\n' ' ')\",\"bot\":\"$WOPR_BOT_ID $WOPR_GENERATION $WOPR_HOME\"}}" ;;
            esac
            exit 0
        fi
        echo "$$" >>starts
        env >environment
        say() { echo "$(date -u +%Y-%m-%dT%H:%M:%S.000Z) [$1] $2"; }
        case "$MODE" in
            crash) say INFO "about to end"; echo "the $WHAT broke" >&2; exit 3 ;;
            once) say INFO done; exit 0 ;;
            deaf) trap '' TERM ;;
            *) trap 'say INFO ending; exit 0' TERM ;;
        esac
        say INFO "generation $WOPR_GENERATION is up"
        while :; do sleep 0.05; done
        """;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private readonly List<Process> _agents = [];

    private TestNode(FakePlatform platform, string root) => (Platform, Root) = (platform, root);

    public FakePlatform Platform { get; }
    public string Root { get; }
    public string Data => Path.Combine(Root, "bots");
    public string Program => Path.Combine(Root, "bot.sh");
    public Process Agent => _agents[^1];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<TestNode> StartAsync(params (string Name, string Value)[] settings)
    {
        var node = await PrepareAsync();
        node.StartAgent(settings);
        await node.UntilAsync(() => node.Platform.IsLinked);
        return node;
    }

    /// <summary>Without an agent yet.</summary>
    public static async Task<TestNode> PrepareAsync()
    {
        var root = Directory.CreateTempSubdirectory("wopr-agent-").FullName;
        File.SetUnixFileMode(root, AgentFolder.Passable);
        var node = new TestNode(await FakePlatform.StartAsync(), root);
        await File.WriteAllTextAsync(node.Program, Script, Ct);
        File.SetUnixFileMode(node.Program, (UnixFileMode)0b111_101_101);
        return node;
    }

    public Process StartAgent(params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Wopr.Agent")) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["PLATFORM_URL"] = Platform.Url;
        start.Environment["NODE_ID"] = FakePlatform.Node;
        start.Environment["NODE_SECRET"] = FakePlatform.NodeSecret;
        start.Environment["AGENT_DATA"] = Data;
        start.Environment["BOT_PROGRAM"] = Program;
        start.Environment["SECRET_OF_THE_AGENT"] = "not for bots";
        foreach (var (name, value) in settings) { start.Environment[name] = value; }
        var agent = Process.Start(start)!;
        agent.OutputDataReceived += (_, line) => TestContext.Current.SendDiagnosticMessage(line.Data ?? "");
        agent.BeginOutputReadLine();
        _agents.Add(agent);
        return agent;
    }

    public void KillAgent() => Kill(Agent);

    private static void Kill(Process agent)
    {
        Posix.Signal(agent.Id, Posix.Kill);
        agent.WaitForExit();
    }

    public static BotSpec Bot(
        string name, long version = 1, BotWish wish = BotWish.Run, int generation = 1, string mode = "", string policy = "always",
        params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string> { ["MODE"] = mode, ["WOPR_GENERATION"] = $"{generation}", ["WHAT"] = "it's \"wheel\" $HOME" };
        foreach (var (key, value) in settings) { all[key] = value; }
        return new(IdOf(name), name, generation, version, wish, "image", all, 0, 0, 0, policy);
    }

    public static Guid IdOf(string name) => new([.. System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name)).Take(16)]);

    public BotSeen? Seen(string name) => Platform.Seen.Bots.FirstOrDefault(bot => bot.BotId == IdOf(name));

    public async Task<BotSeen> SeenAsync(string name, Func<BotSeen, bool> so, [CallerArgumentExpression(nameof(so))] string question = "")
    {
        await UntilAsync(() => Seen(name) is { } seen && so(seen), $"{question} (it is {Seen(name)})");
        return Seen(name)!;
    }

    public Task<BotSeen> UpAsync(string name, long version = 1) =>
        SeenAsync(name, bot => bot.Process == BotProcess.Up && bot.Version == version);

    public string Home(string name, int generation = 1) => Path.Combine(Data, name, $"{generation}", "data");

    /// <summary>What the bot left in its folder; waited for.</summary>
    public async Task<string> LeftAsync(string name, string file, int generation = 1)
    {
        var path = Path.Combine(Home(name, generation), file);
        await UntilAsync(() => File.Exists(path) && new FileInfo(path).Length > 0);
        return await File.ReadAllTextAsync(path, Ct);
    }

    public int Starts(string name, int generation = 1) =>
        File.Exists(Path.Combine(Home(name, generation), "starts")) ? File.ReadLines(Path.Combine(Home(name, generation), "starts")).Count() : 0;

    /// <summary>The processes of a bot that live now.</summary>
    public IReadOnlyList<int> Alive(string name) =>
        [.. Strays.All().Where(stray => stray.Home.StartsWith(Path.Combine(Data, name) + "/", StringComparison.Ordinal))
            .Select(stray => stray.Process.Pid).Where(pid => !Prepares(pid))];

    // Who still asks whether another runs is no second copy: it ends when one does. Who ended has no words left.
    private static bool Prepares(int pid)
    {
        try { return File.ReadAllText($"/proc/{pid}/cmdline") is var words && (words.Length == 0 || words.Contains("flock", StringComparison.Ordinal)); }
        catch (IOException) { return true; }
    }

    public async Task UntilAsync(Func<bool> so, [CallerArgumentExpression(nameof(so))] string question = "")
    {
        var began = Stopwatch.GetTimestamp();
        while (!so())
        {
            if (Stopwatch.GetElapsedTime(began) > s_patience) { Assert.Fail($"Never came true: {question}. Seen: {string.Join('\n', Platform.Seen.Bots)}"); }
            await Task.Delay(20, Ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in _agents)
        {
            if (!agent.HasExited) { Kill(agent); }
            agent.Dispose();
        }
        foreach (var (process, _) in Strays.All().Where(stray => stray.Home.StartsWith(Data + "/", StringComparison.Ordinal)))
        {
            Posix.Signal(-process.Pid, Posix.Kill);
        }
        await Platform.DisposeAsync();
        for (var tries = 0; ; tries++)
        {
            try
            {
                Directory.Delete(Root, recursive: true);
                return;
            }
            catch (IOException) when (tries < 50)
            {
                // A process that was killed may still be writing its last.
                await Task.Delay(20, CancellationToken.None);
            }
        }
    }
}
