using Wopr.Kernel;

namespace Wopr.Billing;

internal static class ReversalSql
{
    // Sums only grow and a decided dispute stays decided, so what is told late changes nothing.
    public static Task SaveAsync(Db tx, Reversal told, CancellationToken ct) => tx.ExecuteAsync($"""
        insert into billing.reversal as r (id, kind, state, cents, payment_intent, charge, invoice)
        values ({told.Id}, {told.Kind}, {told.State}, {told.Cents}, {told.Intent}::text, {told.Charge}::text, {told.Invoice}::text)
        on conflict (id) do update
        set cents = greatest(r.cents, excluded.cents),
            state = case
                when r.state in ('won', 'lost') then r.state
                when r.state = 'open' and excluded.state = 'inquiry' then r.state
                else excluded.state end,
            payment_intent = coalesce(r.payment_intent, excluded.payment_intent),
            charge = coalesce(r.charge, excluded.charge),
            invoice = coalesce(r.invoice, excluded.invoice),
            updated_at = now()
        """, ct);

    public static async Task<Reversal> LinkAsync(Db tx, string id, string payment, CancellationToken ct) => (await tx.FirstAsync($"""
        update billing.reversal
        set payment = {payment}
        where id = {id}
        returning id, kind, state, cents, payment_intent, charge, invoice
        """, row => new Reversal(row.GetString(0), SnakeCase<ReversalKind>.Parse(row.GetString(1)),
            SnakeCase<ReversalState>.Parse(row.GetString(2)), row.GetInt64(3),
            row.IsDBNull(4) ? null : row.GetString(4), row.IsDBNull(5) ? null : row.GetString(5),
            row.IsDBNull(6) ? null : row.GetString(6)), ct))!;

    public static Task<List<string>> WaitingAsync(Db tx, Payment payment, CancellationToken ct) => tx.QueryAsync($"""
        select id from billing.reversal
        where payment is null
          and (payment_intent = {payment.Intent}::text or charge = {payment.Charge}::text or invoice = {payment.Reference})
        order by id
        """, row => row.GetString(0), ct);

    /// <summary>How many cents of a payment went back or are contested now.</summary>
    public static Task<long> GoneAsync(Db tx, string payment, CancellationToken ct) => tx.ValueAsync<long>($"""
        select coalesce(sum(cents), 0)::bigint from billing.reversal
        where payment = {payment} and state in ('open', 'lost')
        """, ct);
}
