namespace Wopr.Cli;

/// <summary>One program of the stack.</summary>
internal sealed record ChildSpec(string Name, string Program, IReadOnlyList<string> Arguments, string Directory)
{
    public const string Database = "postgres";

    /// <summary>Where it answers; null for the database, and for what listens nowhere.</summary>
    public string? Url { get; init; }

    public bool IsDatabase => Name == Database;

    public int Port { get; init; }

    /// <summary>The setting that moves it to another port.</summary>
    public string PortName { get; init; } = "";

    /// <summary>Words for setpriv when it must not run as root.</summary>
    public IReadOnlyList<string> AsUser { get; init; } = [];

    /// <summary>PostgreSQL takes an interrupt as "end the sessions, then stop"; the others stop on TERM.</summary>
    public bool StopsOnInterrupt => IsDatabase;

    /// <summary>The only secrets it sees; null for all. What does not have a secret cannot lose it.</summary>
    public IReadOnlyList<string>? Secrets { get; init; }

    /// <summary>What it is told besides the settings of the stack.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    public TimeSpan StopPatience { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>The programs of a stack, in the order they start; they stop in the reverse.</summary>
internal static class Stack
{
    public static IReadOnlyList<ChildSpec> Programs(EnvFile env)
    {
        var ports = env.Ports;
        IEnumerable<ChildSpec> table =
        [
            Program("sandbox", "Sandbox", ports.Sandbox, "SANDBOX_PORT"),
            Program("platform", "Platform", ports.Platform, "PORT"),
            Program("agent", "Agent") with
            {
                Secrets = ["NODE_SECRET"],
                Settings = new Dictionary<string, string> { ["BOT_PROGRAM"] = ProgramPath("Bot") },
            },
            Program("dashboard", "Dashboard", ports.Dashboard, "DASHBOARD_PORT") with { Secrets = [] },
        ];
        // The sandbox plays the outside world, which production has; and a build may be without one of them.
        return [.. table.Where(program => File.Exists(program.Program))
            .Where(program => program.Name != "sandbox" || env["WOPR_ENV"] != "production")];
    }

    private static ChildSpec Program(string name, string host)
    {
        var path = ProgramPath(host);
        return new(name, path, [], Path.GetDirectoryName(path)!);
    }

    private static ChildSpec Program(string name, string host, int port, string portName) =>
        Program(name, host) with { Url = $"http://localhost:{port}", Port = port, PortName = portName };

    /// <summary>The programs lie beside each other, each in a folder of its name.</summary>
    public static string ProgramPath(string host) => Path.Combine(Build(), host, $"Wopr.{host}");

    /// <summary>The newest build; its real folder, so that what crashes starts again as what it was.</summary>
    private static string Build() => Home.Followed(
        Environment.GetEnvironmentVariable("WOPR_BIN") ?? Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd('/'))!);

    public static Dictionary<string, string> Variables(EnvFile env, ChildSpec program) => Variables(env)
        .Where(pair => program.Secrets is not { } known || known.Contains(pair.Key)
            || !s_secret.Any(word => pair.Key.Contains(word, StringComparison.Ordinal)))
        .Concat(program.Settings).ToDictionary();

    /// <summary>Children see the settings of the stack, and of the shell only what says who and where they are.</summary>
    public static Dictionary<string, string> Variables(EnvFile env)
    {
        Dictionary<string, string> variables = [];
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            var name = (string)entry.Key;
            if (s_kept.Contains(name) || name.StartsWith("DOTNET_", StringComparison.Ordinal)) { variables[name] = (string)entry.Value!; }
        }
        foreach (var (name, value) in env.Values) { variables[name] = value; }
        return variables;
    }

    private static readonly string[] s_secret = ["SECRET", "PASSWORD", "TOKEN", "_KEY", "DATABASE"];

    private static readonly HashSet<string> s_kept =
    [
        "PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR",
        "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
    ];
}
