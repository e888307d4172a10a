using Npgsql;
using Wopr.Kernel;

namespace Wopr.Billing;

internal static class PaymentSql
{
    /// <summary>
    /// Held to the end of the transaction. A payment and its refund may come at the same moment on two replicas; the second
    /// then sees what the first one wrote. Always in one order, so that nobody waits in a circle.
    /// </summary>
    public static async Task LockAsync(Db tx, IEnumerable<string?> keys, CancellationToken ct)
    {
        foreach (var key in keys.OfType<string>().Distinct().Order(StringComparer.Ordinal))
        {
            await tx.ExecuteAsync($"select pg_advisory_xact_lock(hashtextextended({"billing:" + key}, 0))", ct);
        }
    }

    public static Task<Payment?> FindAsync(Db tx, string? reference, string? intent, string? charge, CancellationToken ct) => tx.FirstAsync($"""
        select reference, kind, tenant_id, cents, credited_nanos, taken_nanos, payment_intent, charge, customer_id
        from billing.payment
        where reference = {reference}::text or payment_intent = {intent}::text or charge = {charge}::text
        order by (reference = {reference}::text) desc nulls last
        limit 1
        for update
        """, Read, ct);

    public static Task InsertAsync(Db tx, Payment payment, CancellationToken ct) => tx.ExecuteAsync($"""
        insert into billing.payment
            (reference, kind, tenant_id, cents, credited_nanos, payment_intent, charge, customer_id)
        values ({payment.Reference}, {payment.Kind}, {payment.TenantId}, {payment.Cents}, {payment.Credited},
                {payment.Intent}::text, {payment.Charge}::text, {payment.Customer}::text)
        """, ct);

    /// <summary>A later event may know the charge that an earlier one did not.</summary>
    public static Task LearnAsync(Db tx, string reference, string? intent, string? charge, CancellationToken ct) => tx.ExecuteAsync($"""
        update billing.payment
        set payment_intent = coalesce(payment_intent, {intent}::text), charge = coalesce(charge, {charge}::text)
        where reference = {reference}
        """, ct);

    public static Task SetTakenAsync(Db tx, string reference, Money taken, CancellationToken ct) =>
        tx.ExecuteAsync($"update billing.payment set taken_nanos = {taken} where reference = {reference}", ct);

    private static Payment Read(NpgsqlDataReader row) => new(
        row.GetString(0), SnakeCase<PaymentKind>.Parse(row.GetString(1)), row.GetString(2), row.GetInt64(3), new(row.GetInt64(4)),
        new(row.GetInt64(5)), Text(row, 6), Text(row, 7), Text(row, 8));

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
