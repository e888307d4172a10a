namespace Wopr.Credits.Simulation;

/// <param name="Old">Stands in the file exactly once.</param>
internal sealed record Mutation(string Name, string File, string Old, string New, string Module = "Credits");

/// <summary>Guards of the ledger, each taken away: the simulation must notice every one.</summary>
internal static class Mutations
{
    private const string Batch = "Metering/BatchSql.cs";
    private const string Sql = "Metering/MeteringSql.cs";
    private const string Writer = "Metering/LedgerWriter.cs";
    private const string Commits = "Metering/WriterCommits.cs";
    private const string Desk = "Metering/Desk.cs";
    private const string Moves = "Metering/AllowanceMoves.cs";
    private const string Sweep = "Metering/WriterSweep.cs";

    public static IReadOnlyList<Mutation> All { get; } =
    [
        new("a batch number is taken twice", Batch, "where id = {writer} and ended_at is null and batch < {batch}", "where id = {writer} and ended_at is null"),
        new("an ended writer writes batches", Batch, "where id = {writer} and ended_at is null and batch < {batch}", "where id = {writer} and batch < {batch}"),
        new("an ended writer moves allowances", Sql, "where id = {writer} and ended_at is null and batch < {batch}", "where id = {writer} and batch < {batch}"),
        new("the sweep does not hold the writer's row", Sweep,
            "select batch from credits.writer where id = {writer} and ended_at is null for update", "select batch from credits.writer where id = {writer} and ended_at is null"),
        new("the sweep does not end the writer", Sweep, "set ended_at = clock_timestamp() where id = {writer}", "set ended_at = null where id = {writer}"),
        new("a lost answer counts as written", Commits, "if (tried && await MeteringSql.LastBatchAsync(db, Writer, ct) == number) { return true; }", "if (tried) { return true; }"),
        new("a lost answer counts as not written", Commits,
            "return await commit(number) || await MeteringSql.LastBatchAsync(db, Writer, ct) == number;",
            "number = _batch = Math.Max(_batch + 1, time.GetUtcNow().ToUnixTimeMilliseconds());\n            return await commit(number);"),
        new("a refused batch is not taken back", Writer, "            lock (_gate) { Desk.TakeBack(batch); }\n", ""),
        new("what is promised ahead is not held", Desk, "        purse.Held += request.Hold;\n", ""),
        new("a start that was refused is tried again with its batch", Writer, "            return true;\n        });", "            return false;\n        });"),
        new("a repeated settle is a new one", Writer, "if (flight.Ending is { } first && first != op)", "if (flight.Ending is { } first && first == op)"),
        new("money is spent without a beat", Batch, "where a.tenant_id = c.tenant and a.writer_id = beat.id and a.purse = c.purse and a.day = c.day",
            "where a.tenant_id = c.tenant and a.purse = c.purse and a.day = c.day limit 1"),
        new("what is held is given back", Desk, "new GiveBack(purse, purse.Free, Closes: purse.Running == 0)", "new GiveBack(purse, purse.Remaining, Closes: purse.Running == 0)"),
        new("what is given back stays in the purse", Desk, "            back.Purse.Remaining -= back.Amount;\n", ""),
        new("a charge takes what others hold", Desk, "var part = Smaller(price, purse.Free);", "var part = Smaller(price, purse.Remaining);"),
        new("an ended request keeps its hold", Desk, "            ended.Flight.Purse.Held -= ended.Left;\n", ""),
        new("money of an owing tenant is given out", Moves, "if (account.Owed > Money.Zero) { return new", "if (account.Owed < Money.Zero) { return new"),
        new("money of a frozen tenant is given out", Moves, "if (account.IsFrozen) { return new", "if (account.IsFrozen && account.Owed > Money.Zero) { return new"),
        new("a gift back repays no debt", Moves, "account.Owed > Money.Zero && account.Free > Money.Zero)", "account.Owed < Money.Zero)"),
        new("other replicas are not asked for what they hold", Moves, "if (elsewhere > Money.Zero) { await", "if (elsewhere < Money.Zero) { await"),
        new("limits do not count what is set aside", Moves, "if (caps.Count > 0 && amount > Money.Zero) {", "if (caps.Count > 99) {"),
        new("a payment repays no debt", "Ledger.cs", "        await LedgerSql.RepayAsync(db, post.TenantId, post.Reference, ct);\n", ""),
        new("the rest of a clawback is forgotten", "Ledger.cs", "if (owed > Money.Zero)", "if (owed < Money.Zero)"),
        new("a clawback leaves what replicas hold", "Ledger.cs", "            await RecallAsync(db, post.TenantId, ct);\n", ""),
        new("freezing leaves what replicas hold", "Ledger.cs", "            await RecallAsync(tx, tenantId, ct);\n", ""),
        new("a reference is not looked up", "Ledger.cs", "var first = await LedgerSql.FirstOutcomeAsync(tx, post.Reference, ct);", "FirstOutcome? first = null;"),
        new("a charge takes more than is free", "Ledger.cs", "    public Task<Posted> ChargeAsync(Db tx, LedgerPost post, CancellationToken ct) => PostAsync(tx, post, async (db, account) =>\n    {\n        var taken = Smaller(post.Amount, account.Free);",
            "    public Task<Posted> ChargeAsync(Db tx, LedgerPost post, CancellationToken ct) => PostAsync(tx, post, async (db, account) =>\n    {\n        var taken = post.Amount;"),
        new("the account is not held", "LedgerSql.cs", "where tenant_id = {tenantId} for update", "where tenant_id = {tenantId}"),
        new("accounts are not held while money is set aside", Sql, "            order by tenant_id\n            for update", "            order by tenant_id"),
        new("a caller that gave up leaves its start", "Metering/RequestMeter.cs", "            _ = VoidWhenStartedAsync(op);\n", ""),
        new("the outcome of a settled request is not looked up", "Metering/RequestMeter.cs",
            "var outcome = await MeteringSql.OutcomeAsync(_db, tenantId, requestId, CancellationToken.None);", "Settled? outcome = null;"),
        new("a gift is taken before its time", "GrantExpiry.cs", "grant.To is null && grant.ExpiresAt <= now", "grant.To is null"),
        new("a gift is taken twice", "GrantExpiry.cs", "grant.To is null && grant.ExpiresAt <= now", "grant.ExpiresAt <= now"),
        new("what was used of a gift is taken with the rest", "GrantExpiry.cs", "                left[grant.Reference] -= part;\n", ""),
        new("more of a gift is taken than is free", "GrantExpiry.cs", "var lost = left[grant.Reference] < free ? left[grant.Reference] : free;", "var lost = left[grant.Reference];"),
        new("an event that is known is received again", "Webhook/StripeInbox.cs", "if (!await InboxSql.InsertAsync(tx, said, ct)) { return null; }",
            "await InboxSql.InsertAsync(tx, said, ct);", "Billing"),
        new("a payment is credited under each of its names", "Webhook/Payments.cs", "if (known is not null || cents == 0)", "if (known?.Reference == reference || cents == 0)", "Billing"),
        new("a payment and its refund do not see each other", "Webhook/PaymentSql.cs", ".Distinct().Order(StringComparer.Ordinal)", ".Distinct().Take(0)", "Billing"),
        new("a refund before its payment is forgotten", "Webhook/Payments.cs", "        await reversals.ApplyAsync(tx, payment, ct);\n", "", "Billing"),
        new("what was taken before is taken again", "Webhook/Reversals.cs", "payment.Cents, gone) - payment.Taken;", "payment.Cents, gone);", "Billing"),
        new("a smaller sum of refunds that comes late counts", "Webhook/ReversalSql.cs", "greatest(r.cents, excluded.cents)", "excluded.cents", "Billing"),
        new("a decided dispute is opened again", "Webhook/ReversalSql.cs", "when r.state in ('won', 'lost') then r.state\n", "when r.state in ('won') and false then r.state\n", "Billing"),
    ];
}
