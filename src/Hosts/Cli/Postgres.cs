using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Wopr.Kernel;

namespace Wopr.Cli;

/// <summary>
/// The stack's own PostgreSQL cluster. The superuser has no password and can be reached through the socket only, whose
/// folder nobody else may enter; the roles of the product have theirs from the settings.
/// </summary>
internal sealed class Postgres
{
    private const string OsUser = "postgres";

    private readonly Home _home;
    private readonly EnvFile _env;
    private readonly string _binaries;

    public Postgres(Home home, EnvFile env)
    {
        (_home, _env) = (home, env);
        _binaries = FindBinaries();
        Data = Home.Followed(home.Postgres);
    }

    /// <summary>The cluster's folder with every link followed.</summary>
    public string Data { get; private set; }

    public bool Exists => File.Exists(Path.Combine(Data, "PG_VERSION"));

    /// <summary>Remembered beside the data, so that it goes when the data goes.</summary>
    public bool HadFirstAdmin
    {
        get => File.Exists(Path.Combine(Data, "wopr_first_admin"));
        set { if (value) { File.WriteAllText(Path.Combine(Data, "wopr_first_admin"), ""); } }
    }

    public string Database => Application.Database!;

    public NpgsqlConnectionStringBuilder Application => Parsed("DATABASE_URL");

    public NpgsqlConnectionStringBuilder Owner =>
        Parsed(_env["DATABASE_OWNER_URL"].Length > 0 ? "DATABASE_OWNER_URL" : "DATABASE_URL");

    /// <summary>A path of a socket may be 107 bytes long, and some clones lie deep.</summary>
    public string SocketFolder => Path.Combine("/tmp", $"wopr-{Fingerprint(_home.Root)}");

    public string Tool(string name) => Path.Combine(_binaries, name);

    /// <summary>Whether the settings point at this cluster and not at a server of somebody else's.</summary>
    public static bool IsOurs(EnvFile env) =>
        env.IsFile && PostgresUrl.TryParse(env["DATABASE_URL"], out var url) && (url.Host is "localhost" or "127.0.0.1")
        && url.Port == env.Ports.Postgres;

    /// <summary>Words for PostgreSQL's own tools, with every right there is: ours by the socket, another's as its owner.</summary>
    public string[] Connect(string database) => IsOurs(_env)
        ? ["-h", SocketFolder, "-p", $"{_env.Ports.Postgres}", "-U", "postgres", "-d", database]
        : ["-h", Owner.Host!, "-p", $"{Owner.Port}", "-U", Owner.Username!, "-d", database];

    public static Dictionary<string, string> WithPassword(NpgsqlConnectionStringBuilder role)
    {
        var variables = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!);
        variables["PGPASSWORD"] = role.Password ?? "";
        return variables;
    }

    public ChildSpec Spec() => new(ChildSpec.Database, Tool("postgres"),
    [
        "-D", Data, "-p", $"{_env.Ports.Postgres}", "-k", SocketFolder, "-c", "listen_addresses=localhost",
        "-c", "max_connections=200", "-c", "unix_socket_permissions=0700", "-c", "log_min_messages=warning",
    ], "/")
    {
        Port = _env.Ports.Postgres,
        PortName = "POSTGRES_PORT",
        AsUser = AsUser(),
    };

    /// <summary>Makes the cluster when there is none.</summary>
    public async Task CreateAsync(CancellationToken ct)
    {
        if (Posix.IsRoot) { Place(); }
        MakeSocketFolder();
        if (Exists) { return; }
        // What an interrupted start left behind holds nothing yet.
        if (Directory.Exists(Data)) { Directory.Delete(Data, recursive: true); }
        var half = $"{Data}.new";
        if (Directory.Exists(half)) { Directory.Delete(half, recursive: true); }
        Directory.CreateDirectory(half, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await GiveAsync(half, ct);
        // It looks at the folder it is started in, which its user may not be allowed to.
        string[] initdb = [Tool("initdb"), "-D", half, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust"];
        await RunAsync("env", ["-C", "/", "setpriv", .. AsUser(), "--", .. initdb], ct);
        await File.WriteAllTextAsync(Path.Combine(half, "pg_hba.conf"), """
            local all postgres trust
            local all all scram-sha-256
            host all postgres all reject
            host all all 127.0.0.1/32 scram-sha-256
            host all all ::1/128 scram-sha-256

            """, ct);
        Directory.Move(half, Data);
    }

    public void Wipe()
    {
        if (Directory.Exists(Data)) { Directory.Delete(Data, recursive: true); }
        // Placed elsewhere, a link is left.
        if (Data != _home.Postgres) { File.Delete(_home.Postgres); }
        Data = _home.Postgres;
    }

    /// <summary>Once the server is down.</summary>
    public void RemoveSocketFolder()
    {
        if (Directory.Exists(SocketFolder)) { Directory.Delete(SocketFolder, recursive: true); }
    }

    public NpgsqlConnectionStringBuilder Superuser(string database) => new()
    {
        Host = SocketFolder,
        Port = _env.Ports.Postgres,
        Username = "postgres",
        Database = database,
        Pooling = false,
        Timeout = 5,
    };

    /// <summary>Null when it takes sessions; otherwise why not.</summary>
    public async Task<string?> FaultAsync(CancellationToken ct)
    {
        try
        {
            await using var connection = new NpgsqlConnection(Superuser("postgres").ConnectionString);
            await connection.OpenAsync(ct);
            return null;
        }
        catch (NpgsqlException)
        {
            return "does not answer";
        }
    }

    /// <summary>Roles and database as the settings name them.</summary>
    public async Task PrepareAsync(CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(Superuser("postgres").ConnectionString);
        await connection.OpenAsync(ct);
        var (owner, app) = (Owner, Application);
        foreach (var role in (NpgsqlConnectionStringBuilder[])[owner, app])
        {
            await ExecuteAsync(connection, $"""
                do $$ begin
                    if not exists (select from pg_roles where rolname = {Quote(role.Username!)}) then
                        create role {Name(role.Username!)} login;
                    end if;
                end $$;
                alter role {Name(role.Username!)} password {Quote(role.Password ?? "")}
                """, ct);
        }
        await using var exists = new NpgsqlCommand("select exists (select from pg_database where datname = $1)", connection)
        {
            Parameters = { new() { Value = app.Database! } },
        };
        if (await exists.ExecuteScalarAsync(ct) is false) { await CreateDatabaseAsync(connection, app.Database!, ct); }
    }

    public async Task CreateDatabaseAsync(NpgsqlConnection connection, string name, CancellationToken ct)
    {
        await ExecuteAsync(connection, $"create database {Name(name)} owner {Name(Owner.Username!)}", ct);
        await ExecuteAsync(connection, $"revoke all on database {Name(name)} from public", ct);
        await ExecuteAsync(connection, $"grant connect, temporary on database {Name(name)} to {Name(Application.Username!)}", ct);
    }

    public static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
#pragma warning disable CA2100 // Names and values are quoted by Name and Quote.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(ct);
    }

    public static string Name(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>The server that still runs on our folder although nobody supervises it.</summary>
    public ProcessKey? Leftover()
    {
        var file = Path.Combine(Data, "postmaster.pid");
        if (!File.Exists(file) || !int.TryParse(File.ReadLines(file).FirstOrDefault(), out var pid)) { return null; }
        return Posix.CommandOf(pid).Contains(Data, StringComparison.Ordinal) ? ProcessKey.Of(pid) : null;
    }

    private static string FindBinaries() =>
        (Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [])
            .OrderByDescending(path => int.TryParse(Path.GetFileName(path), out var version) ? version : 0)
            .Select(path => Path.Combine(path, "bin"))
            .FirstOrDefault(path => File.Exists(Path.Combine(path, "initdb")))
        ?? throw new Refusal(Exit.Prerequisite, "PostgreSQL is not installed. Run: apt-get install postgresql");

    private static string[] AsUser() => Posix.IsRoot ? [$"--reuid={OsUser}", $"--regid={OsUser}", "--init-groups"] : [];

    private NpgsqlConnectionStringBuilder Parsed(string name) => PostgresUrl.TryParse(_env[name], out var url)
        ? url
        : throw new Refusal(Exit.ConfigFaults, $"{name} in {_env.Path} must look like postgres://user:password@host:port/name.");

    /// <summary>PostgreSQL refuses to run as root, and its user cannot enter every folder root can.</summary>
    private void Place()
    {
        if (Data != _home.Postgres || Exists || CanEnter(_home.Root)) { return; }
        Data = $"/var/lib/wopr/{Fingerprint(_home.Root)}/postgres";
        Directory.CreateDirectory(Path.GetDirectoryName(Data)!);
        Directory.CreateSymbolicLink(_home.Postgres, Data);
    }

    private static bool CanEnter(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            if (!at.UnixFileMode.HasFlag(UnixFileMode.OtherExecute)) { return false; }
        }
        return true;
    }

    private void MakeSocketFolder()
    {
        var folder = new DirectoryInfo(SocketFolder);
        if (folder.Exists) { folder.Delete(recursive: true); }
        folder.Create();
        folder.UnixFileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        if (Posix.IsRoot) { Process.Start("chown", [OsUser, SocketFolder]).WaitForExit(); }
    }

    private static Task GiveAsync(string folder, CancellationToken ct) =>
        Posix.IsRoot ? RunAsync("chown", [$"{OsUser}:{OsUser}", folder], ct) : Task.CompletedTask;

    private static async Task RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        var ended = await Tools.RunAsync(program, arguments, variables: null, ct);
        if (ended.Exit != 0) { throw new Refusal(Exit.Prerequisite, $"PostgreSQL could not make its folder: {ended.Words}"); }
    }

    private static string Fingerprint(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..12];
}
