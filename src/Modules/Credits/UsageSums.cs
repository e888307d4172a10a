using Wopr.Kernel;

namespace Wopr.Credits;

/// <summary>
/// Adds what was used to the sums of its hour and day, each row once: a writer's batches commit one after the other, so
/// all rows up to the last number in its row are there.
/// </summary>
internal sealed class UsageSums(Db db) : IJob
{
    public async Task RunAsync(CancellationToken ct)
    {
        var fresh = await db.QueryAsync($"""
            select w.id, coalesce(s.batch, 0), w.batch
            from credits.writer w
            left join credits.usage_summed s on s.writer_id = w.id
            where w.batch > coalesce(s.batch, 0)
            order by w.id
            """, row => (Writer: row.GetGuid(0), From: row.GetInt64(1), To: row.GetInt64(2)), ct);
        foreach (var (writer, from, to) in fresh) { await AddAsync(writer, from, to, ct); }
    }

    private Task<Done> AddAsync(Guid writer, long from, long to, CancellationToken ct) => db.TransactAsync(async tx =>
    {
        var isMine = await tx.ExecuteAsync($"""
            insert into credits.usage_summed as s (writer_id, batch) values ({writer}, {to})
            on conflict (writer_id) do update set batch = excluded.batch where s.batch = {from}
            """, ct);
        // Another replica was faster.
        if (isMine == 0) { return Done.Instance; }
        await tx.ExecuteAsync($"""
            with fresh as materialized (
                select tenant_id, date_trunc('hour', settled_at, 'UTC') as hour, capability, provider, model, bot_id,
                       count(*) as requests, count(*) filter (where estimated) as estimated,
                       sum(input_units)::bigint as input_units, sum(output_units)::bigint as output_units,
                       sum(wholesale_nanos)::bigint as wholesale, sum(price_nanos)::bigint as price, sum(charged_nanos)::bigint as charged
                from credits.usage
                where writer_id = {writer} and batch > {from} and batch <= {to}
                group by 1, 2, 3, 4, 5, 6
            ), hours as (
                insert into credits.usage_hour as h
                select * from fresh
                on conflict on constraint usage_hour_once do update set
                    requests = h.requests + excluded.requests, estimated = h.estimated + excluded.estimated,
                    input_units = h.input_units + excluded.input_units, output_units = h.output_units + excluded.output_units,
                    wholesale_nanos = h.wholesale_nanos + excluded.wholesale_nanos, price_nanos = h.price_nanos + excluded.price_nanos,
                    charged_nanos = h.charged_nanos + excluded.charged_nanos
            )
            insert into credits.usage_day as d
            select tenant_id, (hour at time zone 'UTC')::date, capability, provider, model, bot_id, sum(requests)::bigint, sum(estimated)::bigint,
                   sum(input_units)::bigint, sum(output_units)::bigint, sum(wholesale)::bigint, sum(price)::bigint, sum(charged)::bigint
            from fresh
            group by 1, 2, 3, 4, 5, 6
            on conflict on constraint usage_day_once do update set
                requests = d.requests + excluded.requests, estimated = d.estimated + excluded.estimated,
                input_units = d.input_units + excluded.input_units, output_units = d.output_units + excluded.output_units,
                wholesale_nanos = d.wholesale_nanos + excluded.wholesale_nanos, price_nanos = d.price_nanos + excluded.price_nanos,
                charged_nanos = d.charged_nanos + excluded.charged_nanos
            """, ct);
        return Done.Instance;
    }, ct);
}
