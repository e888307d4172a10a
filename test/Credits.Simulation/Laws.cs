using Npgsql;
using Wopr.Kernel;

namespace Wopr.Credits.Simulation;

/// <summary>What must hold, between any two steps and when all is over.</summary>
internal sealed class Laws(Model model, Admin admin)
{
    /// <summary>Refusals that a caller can bring about: an id that was used before.</summary>
    public static bool MayRefuse(PostgresException error) => error.SqlState == PostgresErrorCodes.UniqueViolation
        && error.ConstraintName is { } name
        && (name == "start_pkey" || (name.StartsWith("usage_", StringComparison.Ordinal) && name.EndsWith("_pkey", StringComparison.Ordinal)));

    public void Swept(IReadOnlyList<(Guid Request, long Price)> rows)
    {
        foreach (var (request, price) in rows)
        {
            if (model.ById.TryGetValue(request, out var metered)) { metered.Swept.Add(new(price)); }
        }
    }

    public void AtAnyTime()
    {
        var broken = admin.Query("""
            select 'the balance of ' || tenant_id || ' is not the sum of its entries: off by ' || off from (
                select tenant_id, free_nanos
                    + coalesce((select sum(remaining_nanos) from credits.allowance l where l.tenant_id = a.tenant_id), 0)
                    - coalesce((select sum(case 'tenant' when to_account then nanos when from_account then -nanos else 0 end)
                                from credits.entry e where e.tenant_id = a.tenant_id), 0) as off
                from credits.account a where tenant_id = any($1)) balance where off <> 0
            union all
            select 'what ' || tenant_id || ' owes is not the sum of its entries' from credits.account a
            where tenant_id = any($1) and owed_nanos <>
                coalesce((select sum(case 'receivable' when from_account then nanos when to_account then -nanos else 0 end)
                          from credits.entry e where e.tenant_id = a.tenant_id), 0)
            union all
            select tenant_id || ' owes and keeps free money' from credits.account
            where tenant_id = any($1) and owed_nanos > 0 and free_nanos > 0
            union all
            select 'a limit of ' || tenant_id || ' is exceeded' from credits.cap where tenant_id = any($1) and used_nanos > limit_nanos
            union all
            select 'requests of ' || tenant_id || ' run without the money that is held for them'
            from (select tenant_id, writer_id, purse, sum(hold_nanos) as held from credits.start where tenant_id = any($1) group by 1, 2, 3) s
            where held > coalesce((select sum(remaining_nanos) from credits.allowance l
                                   where l.tenant_id = s.tenant_id and l.writer_id = s.writer_id and l.purse = s.purse), 0)
            """, row => row.GetString(0), [model.Tenants]);
        if (broken.Count > 0) { throw new LawBrokenException(broken[0]); }
    }

    public void AtTheEnd()
    {
        var left = admin.Query("""
            select 'money of ' || tenant_id || ' is still set aside' from credits.allowance where tenant_id = any($1)
            union all
            select 'a request of ' || tenant_id || ' runs for ever' from credits.start where tenant_id = any($1)
            union all
            select 'the postings of ' || tenant_id || ' do not sum to zero' from credits.posting
            where tenant_id = any($1) group by tenant_id having sum(nanos) <> 0
            union all
            select 'the usage of ' || u.tenant_id || ' is not what its entries say' from (
                select tenant_id, writer_id, batch, sum(charged_nanos) as charged, sum(price_nanos) as price
                from credits.usage where tenant_id = any($1) group by 1, 2, 3 having sum(price_nanos) > 0) u
            full join (select tenant_id, reference, nanos, missing_nanos from credits.entry where tenant_id = any($1) and kind = 'usage') e
                on e.reference = 'usage:' || replace(u.writer_id::text, '-', '') || ':' || u.batch || ':' || u.tenant_id
            where e.nanos is distinct from u.charged or e.missing_nanos is distinct from u.price - u.charged
            union all
            select 'what was used beyond the balance of ' || tenant_id || ' is not booked' from credits.entry
            where tenant_id = any($1) group by tenant_id
            having coalesce(sum(missing_nanos) filter (where kind = 'usage'), 0) <> coalesce(sum(nanos) filter (where kind = 'shortfall'), 0)
            union all
            select 'the limit of ' || c.tenant_id || ' does not count what was charged' from credits.cap c
            where c.tenant_id = any($1) and c.capability = ''
              and c.used_nanos <> coalesce((select sum(charged_nanos) from credits.usage u where u.tenant_id = c.tenant_id), 0)
            """, row => row.IsDBNull(0) ? "an entry of usage has no usage" : row.GetString(0), [model.Tenants]);
        if (left.Count > 0) { throw new LawBrokenException(left[0]); }
        Verbs();
        Requests();
    }

    private void Verbs()
    {
        var entries = admin.Query("""
            select id, tenant_id, reference, kind, nanos, missing_nanos, from_account = 'tenant' from credits.entry where tenant_id = any($1)
            """, row => new Entry(row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3), new(row.GetInt64(4)),
                new(row.GetInt64(5)), row.GetBoolean(6)), [model.Tenants]).ToDictionary(entry => entry.Reference);
        var known = new MoneyLaws(model, admin).Check(entries);
        foreach (var verb in model.Verbs)
        {
            known.UnionWith([verb.Reference, $"{verb.Reference}:owed", $"{verb.Reference}:repaid"]);
            var exists = entries.TryGetValue(verb.Reference, out var found);
            Must(exists || verb.Told.Count == 0, $"{verb.Reference} was told, and has no entry");
            Must(verb.Told.Count(told => !told.IsReplay) <= 1, $"{verb.Reference} was told as new twice");
            if (found is not { } entry) { continue; }
            Must(verb.Told.All(told => (told.Amount, told.Missing) == (entry.Moved, entry.Missing)), $"{verb.Reference} was told otherwise than it is");
            var asked = verb.Amount < Money.Zero ? -verb.Amount : verb.Amount;
            Must(entry.Moved + entry.Missing == asked, $"{verb.Reference} moved and misses another amount than was asked");
            var mayMiss = verb.Kind is VerbKind.Charge or VerbKind.Refund or VerbKind.Dispute;
            Must(mayMiss || entry.Missing == Money.Zero, $"{verb.Reference} is not whole");
            var owed = entries.TryGetValue($"{verb.Reference}:owed", out var debt) ? debt.Moved : Money.Zero;
            Must(owed == (verb.Kind is VerbKind.Refund or VerbKind.Dispute ? entry.Missing : Money.Zero), $"{verb.Reference} is owed otherwise than it misses");
        }
        foreach (var reference in entries.Keys)
        {
            var isOurs = known.Contains(reference) || reference.StartsWith("usage:", StringComparison.Ordinal)
                || reference.StartsWith("back:", StringComparison.Ordinal);
            Must(isOurs, $"nobody asked for {reference}");
        }
    }

    private void Requests()
    {
        var usage = admin.Query("select request_id, price_nanos, charged_nanos, estimated from credits.usage where tenant_id = any($1)",
            row => (Request: row.GetGuid(0), Price: new Money(row.GetInt64(1)), Charged: new Money(row.GetInt64(2)), IsEstimated: row.GetBoolean(3)),
            [model.Tenants]).ToLookup(row => row.Request);
        foreach (var metered in model.Requests)
        {
            var name = $"{Clients.Short(metered)} of {metered.Request.Tenant()}";
            var rows = usage[metered.Request.RequestId].ToList();
            Must(rows.Count <= 1, $"{name} is charged twice");
            Must(metered.Told.Count(told => !told.IsReplay) <= 1, $"{name} was settled as new twice");
            if (rows.Count == 0)
            {
                Must(metered.Told.Count == 0, $"{name} was told to be settled, and has no usage");
                Must(!metered.Accepted || metered.VoidAsked || metered.Restarted, $"{name} was accepted and not voided, and has no usage");
                continue;
            }
            var row = rows[0];
            var held = row.Price < metered.Request.Hold ? row.Price : metered.Request.Hold;
            Must(row.Charged >= held, $"{name} is charged less than was held for it");
            Must(metered.Told.All(told => (told.Price, told.Charged, told.IsEstimated) == (row.Price, row.Charged, row.IsEstimated)),
                $"{name} was told otherwise than it is charged");
            if (row.IsEstimated)
            {
                Must(metered.Swept.Contains(row.Price), $"{name} is estimated at {row.Price.Nanos}, which its row did not say");
                Must(row.Price == Money.Zero || metered.Notes.Any(note => note.Price == row.Price), $"{name} is estimated at what nobody noted");
                Must(!metered.VoidTold || !metered.Owner.EndedInOrder(model) || metered.Restarted || metered.SettleAsked, $"{name} was voided and is charged");
            }
            else
            {
                Must(metered.Prices.Contains(row.Price), $"{name} is charged at a price that nobody asked");
            }
            Must(metered.Request.TenantId != model.Rich || row.Charged == row.Price, $"{name} is not charged in full, and its tenant is rich");
        }
    }

    public static void Must(bool holds, string otherwise)
    {
        if (!holds) { throw new LawBrokenException(otherwise); }
    }
}
