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

    public IReadOnlyDictionary<string, string> Extra { get; init; } = new Dictionary<string, string>();

    public TimeSpan StopPatience { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>The programs of a stack, in the order they start; they stop in the reverse.</summary>
internal static class Stack
{
    public static IReadOnlyList<ChildSpec> Programs(EnvFile env)
    {
        var ports = env.Ports;
        (string Name, string Host, int Port, string PortName)[] table =
        [
            ("sandbox", "Sandbox", ports.Sandbox, "SANDBOX_PORT"),
            ("platform", "Platform", ports.Platform, "PORT"),
            ("dashboard", "Dashboard", ports.Dashboard, "DASHBOARD_PORT"),
        ];
        return [.. table.Where(row => File.Exists(ProgramPath(row.Host))).Select(row => new ChildSpec(row.Name, ProgramPath(row.Host), [], Path.GetDirectoryName(ProgramPath(row.Host))!)
        {
            Url = $"http://localhost:{row.Port}",
            Port = row.Port,
            PortName = row.PortName,
            Extra = new Dictionary<string, string> { ["PORT"] = $"{row.Port}" },
        })];
    }

    /// <summary>The programs lie beside each other, each in a folder of its name.</summary>
    public static string ProgramPath(string host) => Path.Combine(Build(), host, $"Wopr.{host}");

    /// <summary>The newest build; its real folder, so that what crashes starts again as what it was.</summary>
    private static string Build() => Home.Followed(
        Environment.GetEnvironmentVariable("WOPR_BIN") ?? Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd('/'))!);

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

    private static readonly HashSet<string> s_kept =
    [
        "PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR",
        "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
    ];
}
