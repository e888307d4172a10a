namespace Wopr.Cli;

/// <summary>One program of the stack.</summary>
internal sealed record ChildSpec(string Name, string Program, IReadOnlyList<string> Arguments, string Directory)
{
    /// <summary>Where it answers; null for the database.</summary>
    public string? Url { get; init; }

    public int Port { get; init; }

    /// <summary>The setting that moves it to another port.</summary>
    public string PortName { get; init; } = "";

    /// <summary>Words for setpriv when it must not run as root.</summary>
    public IReadOnlyList<string> AsUser { get; init; } = [];

    /// <summary>PostgreSQL takes an interrupt as "end the sessions, then stop"; the others stop on TERM.</summary>
    public bool StopsOnInterrupt { get; init; }

    /// <summary>The program that talks to browsers knows no secret: it cannot lose what it does not have.</summary>
    public bool SeesSecrets { get; init; } = true;

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
            Program("dashboard", "Dashboard", ports.Dashboard, "DASHBOARD_PORT") with { SeesSecrets = false },
        ];
        // The sandbox plays the outside world, which production has; and a build may be without one of them.
        return [.. table.Where(program => File.Exists(program.Program))
            .Where(program => program.Name != "sandbox" || env["WOPR_ENV"] != "production")];
    }

    private static ChildSpec Program(string name, string host, int port, string portName)
    {
        var path = ProgramPath(host);
        return new(name, path, [], Path.GetDirectoryName(path)!) { Url = $"http://localhost:{port}", Port = port, PortName = portName };
    }

    /// <summary>The programs lie beside each other, each in a folder of its name.</summary>
    public static string ProgramPath(string host) => Path.Combine(Build(), host, $"Wopr.{host}");

    /// <summary>The newest build; its real folder, so that what crashes starts again as what it was.</summary>
    private static string Build() => Home.Followed(
        Environment.GetEnvironmentVariable("WOPR_BIN") ?? Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd('/'))!);

    public static Dictionary<string, string> Variables(EnvFile env, ChildSpec program) => Variables(env)
        .Where(pair => program.SeesSecrets || !s_secret.Any(word => pair.Key.Contains(word, StringComparison.Ordinal))).ToDictionary();

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
