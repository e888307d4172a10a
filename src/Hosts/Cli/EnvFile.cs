using System.Security.Cryptography;
using System.Text;

namespace Wopr.Cli;

internal sealed record Ports(int Platform = 3100, int Dashboard = 3000, int Sandbox = 3900, int Postgres = 3432);

/// <summary>
/// The settings of the stack, one <c>NAME=value</c> a line. The file is made once and is the whole truth from then on: what
/// the shell has set does not count, and no value in it is ever changed here. A name that a newer build needs is added.
/// </summary>
internal sealed class EnvFile
{
    private readonly Dictionary<string, string> _values;

    private EnvFile(string path, Dictionary<string, string> values) => (Path, _values) = (path, values);

    public string Path { get; }
    public IReadOnlyDictionary<string, string> Values => _values;

    public string this[string name] => _values.GetValueOrDefault(name, "");

    public Ports Ports => new(Port("PORT"), Port("DASHBOARD_PORT"), Port("SANDBOX_PORT"), Port("POSTGRES_PORT"));

    /// <summary>On a server the settings come with the process.</summary>
    public bool IsFile => File.Exists(Path);

    /// <summary>The file when there is one; else the shell when it names a database; else a refusal.</summary>
    public static EnvFile Need(Home home)
    {
        if (TryRead(home) is { } file) { return file; }
        var shell = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!);
        return shell.ContainsKey("DATABASE_URL")
            ? new("the environment", shell)
            : throw new Refusal(Exit.Prerequisite,
                $"There is no stack in {home.Root}, and DATABASE_URL is not set. Run ./wopr up first.");
    }

    public static EnvFile? TryRead(Home home) => File.Exists(home.EnvFile) ? new(home.EnvFile, Parse(home.EnvFile)) : null;

    /// <summary>Makes the file, or adds the names it does not have; <c>Created</c> is true when there was none.</summary>
    public static (EnvFile File, bool Created) Ensure(Home home, Ports ports)
    {
        if (TryRead(home) is not { } known)
        {
            Write(home, Lines(ports, home, new Dictionary<string, string>(), onlyMissing: false));
            return (TryRead(home)!, true);
        }
        File.SetUnixFileMode(home.EnvFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        // A name that stands behind a "#" was taken out on purpose.
        var commented = File.ReadLines(home.EnvFile).Where(line => line.StartsWith('#') && line.Contains('='))
            .Select(line => line.TrimStart('#', ' ').Split('=')[0]);
        var present = known._values.Concat(commented.Except(known._values.Keys).ToDictionary(name => name, _ => "")).ToDictionary();
        var missing = Lines(known.Fill(ports), home, present, onlyMissing: true).ToList();
        if (missing.Count == 0) { return (known, false); }
        File.AppendAllLines(home.EnvFile, ["", "# Added by a newer build.", .. missing]);
        return (TryRead(home)!, false);
    }

    public static string Secret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    private static void Write(Home home, IEnumerable<string> lines)
    {
        var half = $"{home.EnvFile}.{Environment.ProcessId}";
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (var writer = new StreamWriter(half, new UTF8Encoding(false), options))
        {
            foreach (var line in lines) { writer.Write($"{line}\n"); }
        }
        File.Move(half, home.EnvFile, overwrite: false);
    }

    private Ports Fill(Ports ports) => new(
        Known("PORT") ?? ports.Platform, Known("DASHBOARD_PORT") ?? ports.Dashboard,
        Known("SANDBOX_PORT") ?? ports.Sandbox, Known("POSTGRES_PORT") ?? ports.Postgres);

    private int? Known(string name) => _values.ContainsKey(name) ? Port(name) : null;

    private int Port(string name) => int.TryParse(this[name], out var port) && port is > 0 and < 65536
        ? port
        : throw new Refusal(Exit.ConfigFaults, $"{name} in {Path} must be a port, a whole number from 1 to 65535.");

    private static Dictionary<string, string> Parse(string path)
    {
        Dictionary<string, string> values = [];
        foreach (var (line, number) in File.ReadLines(path).Select((line, index) => (line.Trim().TrimStart('\uFEFF'), index + 1)))
        {
            if (line.Length == 0 || line.StartsWith('#')) { continue; }
            if (line.Split('=', 2) is not [{ Length: > 0 } name, var value] || name.Any(char.IsWhiteSpace))
            {
                throw new Refusal(Exit.ConfigFaults, $"Line {number} of {path} is not NAME=value. Mend it, then run this again.");
            }
            values[name] = value.Length >= 2 && value[0] is '"' or '\'' && value[^1] == value[0] ? value[1..^1] : value;
        }
        return values;
    }

    private static IEnumerable<string> Lines(Ports ports, Home home, IReadOnlyDictionary<string, string> known, bool onlyMissing)
    {
        var password = known.GetValueOrDefault("POSTGRES_PASSWORD") ?? Secret();
        var owner = Secret();
        (string Name, string Value)[] entries =
        [
            ("# Made by ./wopr up, and read again by ./wopr restart. It holds secrets: keep it out of git and away from others.", ""),
            ("WOPR_ENV", "development"),
            ("", ""),
            ("# Where each program listens and how browsers reach it.", ""),
            ("PORT", $"{ports.Platform}"),
            ("DASHBOARD_PORT", $"{ports.Dashboard}"),
            ("SANDBOX_PORT", $"{ports.Sandbox}"),
            ("BETTER_AUTH_URL", $"http://localhost:{ports.Platform}"),
            ("PLATFORM_URL", $"http://localhost:{ports.Platform}"),
            ("SANDBOX_URL", $"http://localhost:{ports.Sandbox}"),
            ("UI_ORIGIN", $"http://localhost:{ports.Dashboard}"),
            ("COOKIE_DOMAIN", "localhost"),
            ("", ""),
            ("# The dashboard runs on this machine and tells the platform who its visitors are.", ""),
            ("TRUSTED_PROXY_IPS", "127.0.0.1,::1"),
            ("", ""),
            ("# The database: the application's role, and the role that owns the schemas.", ""),
            ("POSTGRES_HOST", "localhost"),
            ("POSTGRES_PORT", $"{ports.Postgres}"),
            ("POSTGRES_USER", "wopr"),
            ("POSTGRES_PASSWORD", password),
            ("POSTGRES_DB", "wopr_platform"),
            ("DATABASE_URL", $"postgres://wopr:{password}@localhost:{ports.Postgres}/wopr_platform"),
            ("DATABASE_OWNER_URL", $"postgres://wopr_owner:{owner}@localhost:{ports.Postgres}/wopr_platform"),
            ("", ""),
            ("# Secrets of this stack. Changing BETTER_AUTH_SECRET ends every session.", ""),
            ("BETTER_AUTH_SECRET", Secret()),
            ("PLATFORM_SECRET", Secret()),
            ("ADMIN_TOKEN", Secret()),
            ("GPU_NODE_SECRET", Secret()),
            ("NODE_SECRET", Secret()),
            ("", ""),
            ("# Limits are for production; here they are a hundred times wider.", ""),
            ("RATE_LIMIT_FACTOR", "100"),
            ("", ""),
            ("# Objects: a folder with the layout of the bucket.", ""),
            ("OBJECTS_DIR", home.Objects),
            ("S3_BUCKET", "wopr-backups"),
            ("", ""),
            ("# Bots are processes of this machine; each keeps what it knows in a folder of its own here.", ""),
            ("AGENT_DATA", home.Bots),
            ("BOT_PLATFORM_URL", $"http://localhost:{ports.Platform}"),
            ("", ""),
            ("# Payments, played by the sandbox. The first price is the one the manual test buys.", ""),
            ("STRIPE_SECRET_KEY", $"sk_test_{Secret()}"),
            ("STRIPE_API_BASE", $"http://localhost:{ports.Sandbox}"),
            ("STRIPE_WEBHOOK_SECRET", $"whsec_{Secret()}"),
            ("SANDBOX_STRIPE_WEBHOOK_URL", $"http://localhost:{ports.Platform}/api/billing/webhook"),
            ("STRIPE_DEFAULT_PRICE_ID", "price_subscription_5"),
            ("STRIPE_CREDITS_PRICE_30", "price_credits_30"),
            ("STRIPE_CREDITS_PRICE_5", "price_credits_5"),
            ("STRIPE_CREDITS_PRICE_10", "price_credits_10"),
            ("STRIPE_CREDITS_PRICE_25", "price_credits_25"),
            ("STRIPE_CREDITS_PRICE_50", "price_credits_50"),
            ("STRIPE_CREDITS_PRICE_100", "price_credits_100"),
            ("", ""),
            ("# Models, played by the sandbox. To ask a real provider, change its key and its address.", ""),
            ("OPENROUTER_API_KEY", $"sandbox-{Secret()}"),
            ("OPENROUTER_BASE_URL", $"http://127.0.0.1:{ports.Sandbox}/models/openai"),
            ("OPENAI_API_KEY", $"sandbox-{Secret()}"),
            ("OPENAI_BASE_URL", $"http://127.0.0.1:{ports.Sandbox}/models/openai"),
            ("ANTHROPIC_API_KEY", $"sandbox-{Secret()}"),
            ("ANTHROPIC_BASE_URL", $"http://127.0.0.1:{ports.Sandbox}/models/anthropic"),
            ("", ""),
            ("# Where bots talk, played by the sandbox. Take a line out to reach the real service.", ""),
            ("DISCORD_API_URL", $"http://127.0.0.1:{ports.Sandbox}/discord/api/v10"),
            ("SLACK_API_URL", $"http://127.0.0.1:{ports.Sandbox}/slack/api"),
            ("TELEGRAM_API_URL", $"http://127.0.0.1:{ports.Sandbox}/telegram"),
            ("BOT_PRIVATE_WEBHOOKS", "true"),
        ];
        foreach (var (name, value) in entries)
        {
            var isText = name.Length == 0 || name.StartsWith('#');
            if (onlyMissing && (isText || known.ContainsKey(name))) { continue; }
            yield return isText ? name : $"{name}={value}";
        }
    }
}
