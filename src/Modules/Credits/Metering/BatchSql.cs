using Wopr.Kernel;

namespace Wopr.Credits.Metering;

internal static class BatchSql
{
    /// <summary>
    /// Makes a batch durable in one statement and one commit. False when the writer was ended by another, and nothing
    /// was written. Anything that does not add up divides by zero, which undoes all of it. Rows that only this writer
    /// changes are looked up by key one by one and updated by place: joined, they would sometimes be read all for each.
    /// What a batch has nothing of is left out: a lone request waits for every part.
    /// </summary>
    public static Task<bool> WriteAsync(Db db, Guid writer, long batch, Batch content, CancellationToken ct)
    {
        var parts = Beat(writer, batch);
        var (ended, spent) = (0, 0);
        if (content.Ends.Count > 0) { parts = WithEnds(parts, writer, batch, content.Ends, content.IsLone, out ended, out spent); }
        if (content.Running.Count > 0) { parts = WithStarts(parts, content.Running, content.IsLone); }
        if (content.Notes.Count > 0) { parts = WithNotes(parts, content.Notes); }
        return content.Ends.Count == 0
            ? db.ValueAsync<bool>($"{parts} select exists (select from beat)", ct)
            : db.ValueAsync<bool>($"""
                {parts}
                select exists (select from beat) and
                       1 / ((select count(*) from beat) = 0
                            or ((select count(*) from ended) = {ended} and (select count(*) from spent) = {spent}))::int = 1
                """, ct);
    }

    private static SqlPart Beat(Guid writer, long batch) => new($"""
        with beat as (
            update credits.writer set batch = {batch}, beat_at = clock_timestamp()
            where id = {writer} and ended_at is null and batch < {batch}
            returning id
        )
        """);

    private static SqlPart WithEnds(
        SqlPart parts, Guid writer, long batch, IReadOnlyList<Ended> ends, bool isLone, out int ended, out int spent)
    {
        var used = ends.Where(end => end.Op.Use is not null).ToArray();
        // By row, not by purse: one that closes and the one that follows it on the same day share a row.
        var purses = ends.SelectMany(end => end.Charges)
            .GroupBy(charge => (charge.Purse.TenantId, charge.Purse.Name, charge.Purse.Day), charge => charge.Amount.Nanos)
            .Select(row => new PurseCharge(row.Key.TenantId, row.Key.Name, row.Key.Day, row.Sum())).ToArray();
        var entries = Entries(writer, batch, used);
        var written = ends.Where(end => end.Flight.IsWritten).Select(end => end.Op.RequestId).ToArray();
        (ended, spent) = (written.Length, purses.Length);
        var usedRows = new RowSet<Ended>(used, isLone)
            .With(end => end.Flight.Request.TenantId).With(end => end.Op.RequestId).With(end => RequestDay.Of(end.Op.RequestId))
            .With(end => end.Flight.Request.BotId).With(end => end.Flight.Request.Capability)
            .With(end => end.Op.Use!.Provider).With(end => end.Op.Use!.Model)
            .With(end => end.Op.Use!.InputUnits).With(end => end.Op.Use!.OutputUnits)
            .With(end => end.Op.Use!.Wholesale.Nanos).With(end => end.Op.Use!.Price.Nanos).With(end => end.Charged.Nanos)
            .With(end => end.Op.Use!.IsEstimated).Rows();
        var purseRows = new RowSet<PurseCharge>(purses, isLone)
            .With(charge => charge.TenantId).With(charge => charge.Name).With(charge => charge.Day).With(charge => charge.Nanos).Rows();
        var entryRows = new RowSet<BatchEntry>(entries, isLone)
            .With(entry => entry.TenantId).With(entry => entry.Reference).With(entry => entry.Kind)
            .With(entry => entry.From).With(_ => Accounts.UsageRevenue)
            .With(entry => entry.Amount.Nanos).With(entry => entry.Missing.Nanos).With(entry => entry.Description).Rows();
        return new($"""
            {parts}, ended as (
                delete from credits.start
                where request_id = any({written}) and writer_id = (select id from beat)
                returning 1
            ), used as (
                insert into credits.usage (tenant_id, request_id, day, bot_id, capability, provider, model, input_units, output_units,
                                           wholesale_nanos, price_nanos, charged_nanos, estimated, writer_id, batch)
                select u.*, beat.id, {batch}
                from beat, {usedRows} u
            ), spent as (
                update credits.allowance l set remaining_nanos = l.remaining_nanos - c.nanos
                from (select c.nanos, (select a.ctid from credits.allowance a
                                       where a.tenant_id = c.tenant and a.writer_id = beat.id and a.purse = c.purse and a.day = c.day) as place
                      from beat, {purseRows} c (tenant, purse, day, nanos)) c
                where l.ctid = c.place
                returning 1
            ), booked as (
                insert into credits.entry (tenant_id, reference, kind, from_account, to_account, nanos, missing_nanos, description)
                select e.*
                from beat, {entryRows} e
            )
            """);
    }

    private static SqlPart WithStarts(SqlPart parts, IReadOnlyList<StartOp> starts, bool isLone)
    {
        var rows = new RowSet<StartOp>(starts, isLone)
            .With(start => start.Request.RequestId).With(start => start.Request.TenantId)
            .With(start => start.Flight!.Purse.Name).With(start => start.Flight!.Request.Hold.Nanos)
            .With(start => start.Request.BotId).With(start => start.Request.Capability)
            .With(start => start.Request.Provider).With(start => start.Request.Model).Rows();
        return new($"""
            {parts}, begun as (
                insert into credits.start (request_id, writer_id, tenant_id, purse, hold_nanos, bot_id, capability, provider, model)
                select s.id, beat.id, s.tenant, s.purse, s.hold, s.bot, s.capability, s.provider, s.model
                from beat, {rows} s (id, tenant, purse, hold, bot, capability, provider, model)
            )
            """);
    }

    private static SqlPart WithNotes(SqlPart parts, IReadOnlyList<Flight> notes)
    {
        var rows = new RowSet<Flight>(notes, isLone: false)
            .With(note => note.Request.RequestId).With(note => note.Written!.Provider).With(note => note.Written!.Model)
            .With(note => note.Written!.Price.Nanos).With(note => note.Written!.Wholesale.Nanos)
            .With(note => note.Written!.InputUnits).With(note => note.Written!.OutputUnits).Rows();
        return new($"""
            {parts}, noted as (
                update credits.start s set provider = n.provider, model = n.model, price_nanos = n.price, wholesale_nanos = n.wholesale,
                                           input_units = n.input, output_units = n.output
                from beat, {rows} n (id, provider, model, price, wholesale, input, output)
                where s.request_id = n.id and s.writer_id = beat.id
            )
            """);
    }

    /// <summary>One entry a tenant for the whole batch, and one for what its balance did not reach.</summary>
    private static List<BatchEntry> Entries(Guid writer, long batch, Ended[] used)
    {
        List<BatchEntry> entries = [];
        foreach (var tenant in used.GroupBy(end => end.Flight.Request.TenantId))
        {
            var (charged, price, count) = (Money.Zero, Money.Zero, 0);
            foreach (var end in tenant) { (charged, price, count) = (charged + end.Charged, price + end.Op.Use!.Price, count + 1); }
            if (price == Money.Zero) { continue; }
            var reference = $"usage:{writer:N}:{batch}:{tenant.Key}";
            var description = count == 1 ? "1 request" : $"{count} requests";
            entries.Add(new(tenant.Key, reference, Sql.Name(EntryKind.Usage), Accounts.Tenant, charged, price - charged, description));
            if (charged < price)
            {
                entries.Add(new(tenant.Key, $"{reference}:short", Sql.Name(EntryKind.Shortfall), Accounts.Shortfall,
                    price - charged, Money.Zero, "Used beyond the balance, at our cost"));
            }
        }
        return entries;
    }

    private sealed record BatchEntry(
        string TenantId, string Reference, string Kind, string From, Money Amount, Money Missing, string Description);

    private sealed record PurseCharge(string TenantId, string Name, DateOnly Day, long Nanos);
}
