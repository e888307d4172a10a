using Wopr.Kernel;

namespace Wopr.Billing;

internal static class ReconciliationSql
{
    public static async Task<Dictionary<string, long>> PaymentsAsync(Db db, string[] references, CancellationToken ct) =>
        (await db.QueryAsync($"select reference, cents from billing.payment where reference = any({references})",
            row => (Reference: row.GetString(0), Cents: row.GetInt64(1)), ct)).ToDictionary(row => row.Reference, row => row.Cents);

    public static Task<List<(string Reference, long Cents)>> PaymentsAsync(
        Db db, DateTimeOffset from, DateTimeOffset to, CancellationToken ct) => db.QueryAsync(
        $"select reference, cents from billing.payment where created_at >= {from} and created_at < {to}",
        row => (row.GetString(0), row.GetInt64(1)), ct);

    public static async Task<HashSet<string>> WaitingAsync(Db db, string[] references, CancellationToken ct) => [.. await db.QueryAsync($"""
        select e.object_id
        from billing.unprocessed_event u
        join billing.stripe_event e on e.id = u.event_id
        where u.state = 'open' and e.object_id = any({references})
        """, row => row.GetString(0), ct)];

    public static async Task<Dictionary<string, long>> RefundsAsync(Db db, string[] charges, CancellationToken ct) =>
        (await db.QueryAsync($"select id, cents from billing.reversal where kind = 'refund' and id = any({charges})",
            row => (Id: row.GetString(0), Cents: row.GetInt64(1)), ct)).ToDictionary(row => row.Id, row => row.Cents);

    /// <summary>Money that went back for payments we never saw.</summary>
    public static Task<List<StripeDifference>> UnmatchedAsync(
        Db db, DateTimeOffset from, DateTimeOffset to, CancellationToken ct) => db.QueryAsync($"""
        select id, cents from billing.reversal
        where payment is null and created_at >= {from} and created_at < {to}
        """, row => new StripeDifference(DifferenceKind.PaymentUnknown, row.GetString(0), row.GetInt64(1), null), ct);
}
