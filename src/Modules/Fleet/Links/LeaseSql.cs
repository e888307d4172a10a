using Wopr.Kernel;

namespace Wopr.Fleet;

internal enum LeaseAnswer
{
    Given,

    /// <summary>Not now: it shall not run, or an earlier generation may still.</summary>
    NotNow,

    /// <summary>This generation gets none any more.</summary>
    Never,
}

internal sealed record LeaseRow(Guid BotId, LeaseAnswer Answer);

internal static class LeaseSql
{
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(15);

    /// <summary>Clocks run differently fast, and a bot takes a moment to fall silent.</summary>
    private static readonly TimeSpan s_between = TimeSpan.FromSeconds(5);

    /// <summary>
    /// All at once. Whatever else happens at the same time, the row of the lease decides: a generation gets it when no earlier
    /// one can have it any more.
    /// </summary>
    /// <param name="bots">Each once.</param>
    public static Task<List<LeaseRow>> GiveAsync(Db db, Guid[] bots, int[] generations, CancellationToken ct) => db.QueryAsync($"""
        with asked as (
            select a.bot_id, a.generation, b.generation as current,
                   b.wish = 'run' and b.billing_state = 'active' and b.deleted_at is null as may_run
            from unnest({bots}::uuid[], {generations}::int[]) as a (bot_id, generation)
            left join fleet.bot b on b.id = a.bot_id and b.erased_at is null),
        given as (
            insert into fleet.lease as l (bot_id, generation, until)
            select bot_id, generation, now() + {Duration}
            from asked
            where generation = current and may_run
            order by bot_id
            on conflict (bot_id) do update
            set generation = excluded.generation, until = excluded.until
            where l.generation = excluded.generation
               or (l.generation < excluded.generation and l.until + {s_between} <= now())
            returning bot_id)
        select a.bot_id, g.bot_id is not null, a.current is null or a.current <> a.generation
        from asked a
        left join given g on g.bot_id = a.bot_id
        """, row => new LeaseRow(row.GetGuid(0),
            row.GetBoolean(1) ? LeaseAnswer.Given : row.GetBoolean(2) ? LeaseAnswer.Never : LeaseAnswer.NotNow), ct);
}
