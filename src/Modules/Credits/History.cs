using Wopr.Kernel;

namespace Wopr.Credits;

/// <param name="From">Milliseconds since 1970, as JavaScript counts.</param>
public sealed record HistoryRequest(
    string? Tenant = null, string? Type = null, long? From = null, long? To = null, int? Limit = null, int? Offset = null);

/// <param name="Amount">Nano-dollars; below zero when it left the balance.</param>
public sealed record HistoryEntry(
    string Id, string TenantId, long Amount, long BalanceAfter, string Type, string? Description,
    string? ReferenceId, string? FundingSource, string? AttributedUserId, DateTimeOffset CreatedAt);

/// <param name="Total">How many there are in all; not counted beyond ten thousand.</param>
public sealed record HistoryPage(IReadOnlyList<HistoryEntry> Entries, long Total);

/// <summary>Every movement on a tenant's balance, the newest first, each with the balance it left.</summary>
internal sealed class History(Db db)
{
    private const int LimitDefault = 50;
    private const int LimitMax = 250;
    private const int OffsetMax = 10_000;
    private const int CountMax = 10_000;

    private static readonly HashSet<string> s_types = [.. Enum.GetValues<EntryKind>().Select(kind => Sql.Name(kind))];

    public async Task<Result<HistoryPage>> ShowAsync(Actor actor, HistoryRequest request, CancellationToken ct)
    {
        if (request.Tenant is not null && request.Tenant != actor.TenantId) { return Problems.ForeignTenant; }
        if (request.Type is { } type && !s_types.Contains(type)) { return CreditProblems.UnknownType(s_types); }
        var (limit, offset) = (request.Limit ?? LimitDefault, request.Offset ?? 0);
        if (limit < 1 || offset is < 0 or > OffsetMax) { return CreditProblems.BadPage(OffsetMax); }
        if (!TryTime(request.From, out var from) || !TryTime(request.To, out var to)) { return CreditProblems.BadTime; }
        var tenant = actor.TenantId!;

        // What moved since an entry is taken from today's balance; both are of one look at the database.
        var entries = await db.QueryAsync($"""
            with page as materialized (
                select id from credits.entry
                where tenant_id = {tenant} and nanos > 0 and 'tenant' in (from_account, to_account)
                  and kind = coalesce({request.Type}::text, kind)
                  and at >= coalesce({from}::timestamptz, '-infinity') and at <= coalesce({to}::timestamptz, 'infinity')
                order by id desc
                limit {Math.Min(limit, LimitMax)} offset {offset}
            ), total as (
                select coalesce((select free_nanos from credits.account where tenant_id = {tenant}), 0)
                     + coalesce((select sum(remaining_nanos) from credits.allowance where tenant_id = {tenant}), 0) as nanos
            ), span as (
                select e.*, case to_account when 'tenant' then nanos else -nanos end as signed,
                       coalesce(sum(case to_account when 'tenant' then nanos else -nanos end) over (
                           order by id desc rows between unbounded preceding and 1 preceding), 0) as newer
                from credits.entry e
                where tenant_id = {tenant} and id >= (select min(id) from page) and 'tenant' in (from_account, to_account)
            )
            select s.id, s.signed::bigint, (total.nanos - s.newer)::bigint, s.kind, s.description, s.reference, s.source, s.at
            from span s join page using (id) cross join total
            order by s.id desc
            """, row => new HistoryEntry(
                row.GetInt64(0).ToString(System.Globalization.CultureInfo.InvariantCulture), tenant, row.GetInt64(1), row.GetInt64(2),
                row.GetString(3), Text(row, 4), Text(row, 5), Text(row, 6), null, row.GetFieldValue<DateTimeOffset>(7)), ct);
        var count = await db.ValueAsync<long>($"""
            select count(*) from (
                select from credits.entry
                where tenant_id = {tenant} and nanos > 0 and 'tenant' in (from_account, to_account)
                  and kind = coalesce({request.Type}::text, kind)
                  and at >= coalesce({from}::timestamptz, '-infinity') and at <= coalesce({to}::timestamptz, 'infinity')
                limit {CountMax}) counted
            """, ct);
        return new HistoryPage(entries, count);
    }

    private static string? Text(Npgsql.NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    internal static bool TryTime(long? milliseconds, out DateTimeOffset? time)
    {
        time = null;
        if (milliseconds is null) { return true; }
        if (milliseconds is < 0 or > 253_402_300_799_999) { return false; }
        time = DateTimeOffset.FromUnixTimeMilliseconds(milliseconds.Value);
        return true;
    }
}
