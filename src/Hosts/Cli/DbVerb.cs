using Npgsql;

namespace Wopr.Cli;

/// <summary>The whole database into a file and back.</summary>
internal static class DbVerb
{
    public static async Task<int> DumpAsync(Home home, Screen screen, string file, CancellationToken ct)
    {
        await using var database = await OpenDatabase.OpenAsync(home, screen, EnvFile.Need(home), ct);
        var path = Path.GetFullPath(file);
        var bytes = await screen.StepAsync($"Dumping to {path}", () => DumpAsync(database.Server, path, ct));
        screen.Result(new { @event = "dump", file = path, bytes },
            () => screen.Say($"{bytes:N0} bytes in {path}. It holds personal data; keep it safe."));
        return Exit.Ok;
    }

    /// <summary>The file appears only when it is complete. A name that ends with .sql gets plain SQL, any other the packed format.</summary>
    public static async Task<long> DumpAsync(Postgres server, string path, CancellationToken ct)
    {
        var folder = Path.GetDirectoryName(path);
        if (!Directory.Exists(folder)) { throw new Refusal(Exit.Usage, $"There is no folder {folder}."); }
        var half = $"{path}.half";
        try
        {
            // Made by us first: what is in it is nobody else's to read.
            await using (new FileStream(half, new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            })) { }
            var format = path.EndsWith(".sql", StringComparison.Ordinal) ? "plain" : "custom";
            var ended = await Tools.RunAsync(server.Tool("pg_dump"),
                [.. server.Connect(server.Database), "--format", format, "--file", half],
                Postgres.WithPassword(server.Owner), ct);
            if (ended.Exit != 0) { throw new Refusal(Exit.Unexpected, $"The dump failed: {ended.Words}"); }
            File.Move(half, path, overwrite: true);
            return new FileInfo(path).Length;
        }
        catch (UnauthorizedAccessException)
        {
            throw new Refusal(Exit.Usage, $"{path} cannot be written. Name a file in a folder of yours.");
        }
        finally
        {
            File.Delete(half);
        }
    }

    /// <summary>
    /// Loads beside the present database and changes places only when everything is in, so that a broken file changes nothing.
    /// </summary>
    public static async Task<int> LoadAsync(Home home, Screen screen, string file, bool force, CancellationToken ct)
    {
        var path = Path.GetFullPath(file);
        if (!File.Exists(path)) { throw new Refusal(Exit.Usage, $"There is no file {path}."); }
        home.Create();
        var env = EnvFile.TryRead(home) ?? EnvFile.Ensure(home, new()).File;
        if (!Postgres.IsOurs(env))
        {
            throw new Refusal(Exit.Prerequisite,
                $"DATABASE_URL in {env.Path} names a server that is not this stack's. Load with that server's tools.");
        }
        await using var database = await OpenDatabase.OpenAsync(home, screen, env, ct);
        var server = database.Server;
        await using var connection = new NpgsqlConnection(server.Superuser("postgres").ConnectionString);
        await connection.OpenAsync(ct);
        var rows = await FilledTablesAsync(server, ct);
        if (rows > 0 && !force)
        {
            throw new Refusal(Exit.Usage, $"The database holds data in {rows} tables, and loading replaces all of it. "
                + "Dump it first (./wopr db dump FILE), then load with --force.");
        }

        var (fresh, old) = ($"{server.Database}_loading", $"{server.Database}_replaced");
        foreach (var name in (string[])[fresh, old])
        {
            await Postgres.ExecuteAsync(connection, $"drop database if exists {Postgres.Name(name)} with (force)", ct);
        }
        await server.CreateDatabaseAsync(connection, fresh, ct);
        await screen.StepAsync($"Loading {path}", () => RestoreAsync(server, path, fresh, connection, ct));
        await screen.StepAsync("Changing places", async () =>
        {
            var name = server.Database;
            string[] statements =
            [
                // Nobody may come back between the two names.
                $"alter database {Postgres.Name(name)} allow_connections false",
                $"select pg_terminate_backend(pid) from pg_stat_activity where datname = {Postgres.Quote(name)}",
                $"alter database {Postgres.Name(name)} rename to {Postgres.Name(old)}",
                $"alter database {Postgres.Name(fresh)} rename to {Postgres.Name(name)}",
                $"drop database {Postgres.Name(old)} with (force)",
            ];
            foreach (var statement in statements) { await Postgres.ExecuteAsync(connection, statement, ct); }
        });
        await screen.StepAsync("Bringing the schema up to date", () => PlatformProgram.NeedAsync(env, ["migrate"], ct));
        if (State.Live(home) is { } live)
        {
            // What the programs remember is of the data that is gone.
            await screen.StepAsync("Restarting the programs", () => RestartVerb.AskAsync(home, live, ct));
        }
        screen.Result(new { @event = "load", file = path }, () => screen.Say("Loaded."));
        return Exit.Ok;
    }

    public static async Task<int> PsqlAsync(Home home, Screen screen, bool asOwner, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        await using var database = await OpenDatabase.OpenAsync(home, screen, EnvFile.Need(home), ct);
        var role = asOwner ? database.Server.Owner : database.Server.Application;
        return await Tools.PassAsync(database.Server.Tool("psql"),
            ["-h", role.Host!, "-p", $"{role.Port}", "-U", role.Username!, "-d", role.Database!, .. arguments],
            Postgres.WithPassword(role), ct);
    }

    private static async Task RestoreAsync(
        Postgres server, string path, string database, NpgsqlConnection connection, CancellationToken ct)
    {
        var (program, arguments) = await IsPackedAsync(path, ct)
            ? ("pg_restore", (string[])[.. server.Connect(database), "--exit-on-error", "--single-transaction", path])
            : ("psql", [.. server.Connect(database), "-q", "-X", "-v", "ON_ERROR_STOP=1", "-1", "-f", path]);
        var ended = await Tools.RunAsync(server.Tool(program), arguments, variables: null, ct);
        if (ended.Exit == 0) { return; }
        await Postgres.ExecuteAsync(connection, $"drop database {Postgres.Name(database)} with (force)", ct);
        throw new Refusal(Exit.Unexpected,
            $"The file could not be loaded, and nothing was changed: {ended.Words.Split('\n')[0]}");
    }

    private static async Task<bool> IsPackedAsync(string path, CancellationToken ct)
    {
        var head = new byte[5];
        await using var stream = File.OpenRead(path);
        return await stream.ReadAtLeastAsync(head, 5, throwOnEndOfStream: false, ct) == 5 && head.AsSpan().SequenceEqual("PGDMP"u8);
    }

    private static async Task<int> FilledTablesAsync(Postgres server, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(server.Superuser(server.Database).ConnectionString);
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand("""
            select count(*)::int from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.relkind = 'r' and n.nspname !~ '^(pg_|information_schema)' and c.relname <> 'schema_history'
              and (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from (select 1 from %s limit 1) x', c.oid::regclass),
                   false, true, '')))[1]::text <> '0'
            """, connection);
        return (int)(await command.ExecuteScalarAsync(ct))!;
    }
}
