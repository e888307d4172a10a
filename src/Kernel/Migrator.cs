using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Npgsql;

namespace Wopr.Kernel;

/// <summary>One step of one module's schema, embedded as <c>Migrations/0001_what.sql</c>.</summary>
public sealed partial record Migration(string Module, int Number, string Name, string Text)
{
    public string Label => $"{Module}/{Number:0000}_{Name}";

    public string Checksum => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));

    /// <summary>Statements that lose data; production wants a register entry and a confirmation for them.</summary>
    public bool IsDestructive => Losing().IsMatch(Harmless().Replace(Text, " "));

    // What can be dropped without losing a row is listed; everything else counts, also "alter table x drop y".
    [GeneratedRegex("""
        \b(truncate\b|drop\s+(?!(constraint|default|not\s+null|expression|identity|index|trigger|function|procedure|routine
        |aggregate|operator|policy|rule|view|materialized\s+view|owned|role|user|event\s+trigger|cast)\b))
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Losing();

    // Comments, and what a function would do if it were called: making it loses nothing.
    [GeneratedRegex(@"--[^\n]*|/\*.*?\*/|\bcreate\s+(or\s+replace\s+)?function\b.*?\$\$.*?\$\$",
        RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex Harmless();

    /// <summary>The steps embedded in the assemblies, in the order given, which is the order they run in.</summary>
    public static IReadOnlyList<Migration> Of(params ReadOnlySpan<Assembly> modules)
    {
        List<Migration> steps = [];
        foreach (var assembly in modules)
        {
            var module = Sql.Snake(assembly.GetName().Name!.Split('.')[^1]);
            foreach (var resource in assembly.GetManifestResourceNames()
                .Where(name => name.EndsWith(".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
                var file = resource.Split('.')[^2];
                steps.Add(new(module, int.Parse(file.AsSpan(0, 4), null), file[5..], reader.ReadToEnd()));
            }
        }
        return steps;
    }
}

/// <summary>How a database differs from what a build expects of it.</summary>
/// <param name="Newer">Labels of steps that ran and that this build does not have.</param>
public sealed record SchemaDifference(IReadOnlyList<Migration> Pending, IReadOnlyList<string> Newer);

/// <summary>
/// Brings the schemas to what the program expects. Steps run in order, each in its own transaction, under one
/// advisory lock, so two machines that migrate at once do it once. What ran is recorded with its checksum: a step
/// that was edited afterwards stops everything, because the database can no longer be known from the files.
/// Steps run as the schemas' owner. The application's role gets the rights of daily work and no more: on a table
/// whose comment begins with "append-only" it may only insert and read.
/// </summary>
public sealed class Migrator(NpgsqlDataSource owner, IReadOnlyList<Migration> steps)
{
    private const long LockKey = 0x776f7072_00000001;

    public async Task<IReadOnlyList<Migration>> PendingAsync(CancellationToken ct) => (await CompareAsync(ct)).Pending;

    public async Task<SchemaDifference> CompareAsync(CancellationToken ct)
    {
        await using var connection = await owner.OpenConnectionAsync(ct);
        return await CompareAsync(connection, ct);
    }

    /// <summary>Applies what is pending, up to and including <paramref name="last"/> when it is given.</summary>
    public async Task<IReadOnlyList<Migration>> ApplyAsync(
        string? appRole, string? last, Action<Migration> applied, CancellationToken ct)
    {
        await using var connection = await owner.OpenConnectionAsync(ct);
        await RunAsync(connection, $"select pg_advisory_lock({LockKey})", ct);
        try
        {
            var done = new List<Migration>();
            foreach (var step in (await CompareAsync(connection, ct)).Pending)
            {
                await ApplyOneAsync(connection, step, ct);
                done.Add(step);
                applied(step);
                if (last is not null && step.Label.StartsWith(last, StringComparison.Ordinal)) { break; }
            }
            await GrantAsync(connection, appRole, ct);
            return done;
        }
        finally
        {
            // A pooled connection keeps its locks until it is used again.
            await RunAsync(connection, $"select pg_advisory_unlock({LockKey})", CancellationToken.None);
        }
    }

    private async Task<SchemaDifference> CompareAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var ran = new Dictionary<(string, int), (string Name, string Checksum)>();
        await using (var exists = new NpgsqlCommand("select to_regclass('public.schema_history') is not null", connection))
        {
            if (await exists.ExecuteScalarAsync(ct) is false) { return new(steps, []); }
        }
        await using var command = new NpgsqlCommand(
            "select module, number, name, checksum from public.schema_history order by applied_at, module, number", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            ran[(reader.GetString(0), reader.GetInt32(1))] = (reader.GetString(2), reader.GetString(3));
        }

        foreach (var step in steps)
        {
            if (ran.TryGetValue((step.Module, step.Number), out var known) && known.Checksum != step.Checksum)
            {
                throw new MigrationException(
                    $"{step.Label} was changed after it ran here. Restore the file and put the change into a new step.");
            }
        }
        var pending = steps.Where(step => !ran.ContainsKey((step.Module, step.Number)));
        var newer = ran.ExceptBy(steps.Select(step => (step.Module, step.Number)), row => row.Key);
        return new([.. pending], [.. newer.Select(row => $"{row.Key.Item1}/{row.Key.Item2:0000}_{row.Value.Name}")]);
    }

    private static async Task ApplyOneAsync(NpgsqlConnection connection, Migration step, CancellationToken ct)
    {
        await RunAsync(connection, """
            create table if not exists public.schema_history (
                module     text not null,
                number     int not null,
                name       text not null,
                checksum   text not null,
                applied_at timestamptz not null default now(),
                primary key (module, number)
            )
            """, ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        try
        {
            await RunAsync(connection, step.Text, ct);
        }
        catch (PostgresException error)
        {
            throw new MigrationException($"{step.Label} failed and changed nothing: {error.MessageText}", error);
        }
        await using var record = new NpgsqlCommand(
            "insert into public.schema_history (module, number, name, checksum) values ($1, $2, $3, $4)", connection)
        {
            Parameters =
            {
                new() { Value = step.Module }, new() { Value = step.Number },
                new() { Value = step.Name }, new() { Value = step.Checksum },
            },
        };
        await record.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
    }

    private static async Task GrantAsync(NpgsqlConnection connection, string? appRole, CancellationToken ct)
    {
        if (appRole is null) { return; }
        // Role and schema names are quoted by the server itself.
        await RunAsync(connection, $"""
            do $$
            declare
                app text := {Literal(appRole)};
                path text := (select string_agg(quote_ident(nspname), ', ' order by oid)
                              from pg_namespace where nspname !~ '^(pg_|information_schema)');
                item record;
            begin
                -- Asks only for the database's owner; a role's own setting would ask for more.
                execute format('alter database %I set search_path = %s', current_database(), path);
                for item in select nspname from pg_namespace where nspname !~ '^(pg_|information_schema)' loop
                    execute format('grant usage on schema %I to %I', item.nspname, app);
                end loop;
                for item in
                    select c.oid::regclass as name, c.relkind,
                           coalesce(obj_description(c.oid, 'pg_class'), '') like 'append-only%' as sealed
                    from pg_class c join pg_namespace n on n.oid = c.relnamespace
                    where n.nspname !~ '^(pg_|information_schema)' and c.relkind in ('r', 'p', 'v', 'm', 'S')
                loop
                    if item.relkind = 'S' then
                        execute format('grant usage, select on sequence %s to %I', item.name, app);
                    elsif item.name::text in ('schema_history', 'public.schema_history') then
                        execute format('grant select on %s to %I', item.name, app);
                    elsif item.sealed then
                        execute format('revoke update, delete, truncate on %s from %I', item.name, app);
                        execute format('grant select, insert on %s to %I', item.name, app);
                    else
                        execute format('grant select, insert, update, delete on %s to %I', item.name, app);
                    end if;
                end loop;
            end $$
            """, ct);
    }

    private static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
#pragma warning disable CA2100 // The text comes from files embedded in this program.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(ct);
    }
}

public sealed class MigrationException : Exception
{
    public MigrationException(string message, Exception? inner = null) : base(message, inner) { }
}
