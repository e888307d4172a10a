using Npgsql;

namespace Wopr.Platform.Tests;

/// <summary>
/// The modules' rows as they are now. They can be put back, so that what one call did is nothing to the next, and
/// compared. Left out are the trail, the mail, the host's own bookkeeping, which every call may add to, and the ledger's
/// sign of life.
/// </summary>
public sealed class Snapshot(NpgsqlDataSource source)
{
    private const string Taken = """
        create schema snapshot;

        create function snapshot.tables() returns table (name regclass, copy text, columns text) language sql as $$
            select c.oid::regclass, format('snapshot.%I', 'copy_' || c.oid),
                string_agg(quote_ident(a.attname), ', ' order by a.attnum)
            from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
            where c.relkind = 'r' and n.nspname not like 'pg\_%'
              and n.nspname not in ('information_schema', 'snapshot', 'kernel', 'audit', 'notices')
              and c.oid not in ('credits.writer'::regclass, 'credits.usage_summed'::regclass)
            group by c.oid
        $$;

        create function snapshot.restore() returns void language plpgsql set session_replication_role = replica as $$
        declare one record;
        begin
            for one in select * from snapshot.tables() loop
                execute format('delete from %s', one.name);
                execute format('insert into %s (%s) overriding system value select %2$s from %s',
                    one.name, one.columns, one.copy);
            end loop;
        end $$;

        -- Links are mailed after the answer, tries at signing in are recorded whatever comes of them, and when a token
        -- was last used is no change.
        create function snapshot.state(patterns text[]) returns text language plpgsql as $$
        declare one record; hash text; all_hashes text := '';
        begin
            for one in
                select * from snapshot.tables()
                where name::text not in ('auth.verification', 'auth.login')
                order by name::text
            loop
                execute format('select md5(string_agg(r, chr(10) order by r)) '
                    'from (select (to_jsonb(t) - ''last_used_at'')::text r from %s t) x '
                    'where r like any ($1)', one.name) into hash using patterns;
                all_hashes := all_hashes || one.name::text || ' ' || coalesce(hash, 'empty') || chr(10);
            end loop;
            return all_hashes;
        end $$;

        do $$
        declare one record;
        begin
            for one in select * from snapshot.tables() loop
                execute format('create table %s as select %s from %s', one.copy, one.columns, one.name);
            end loop;
        end $$;
        """;

    public static async Task<Snapshot> TakeAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        await using var command = source.CreateCommand(Taken);
        await command.ExecuteNonQueryAsync(ct);
        return new(source);
    }

    public async Task RestoreAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand("select snapshot.restore()");
        for (var tries = 0; ; tries++)
        {
            try
            {
                await command.ExecuteNonQueryAsync(ct);
                return;
            }
            catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.DeadlockDetected && tries < 5)
            {
                // The platform's jobs take rows in their own order.
            }
        }
    }

    /// <summary>A hash for each table, of all rows or of those that name one of the ids.</summary>
    public async Task<string> StateAsync(CancellationToken ct, params string[] ids)
    {
        await using var command = source.CreateCommand("select snapshot.state($1)");
        command.Parameters.Add(new() { Value = ids.Length == 0 ? ["%"] : ids.Select(id => $"%{id}%").ToArray() });
        return (string)(await command.ExecuteScalarAsync(ct))!;
    }
}
