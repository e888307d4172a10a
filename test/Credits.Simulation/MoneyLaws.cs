using Wopr.Kernel;

namespace Wopr.Credits.Simulation;

internal sealed record Entry(long Id, string Tenant, string Reference, string Kind, Money Moved, Money Missing, bool IsOut);

/// <summary>What must be true of Stripe's payments and of gifts that end, when all is over.</summary>
internal sealed class MoneyLaws(Model model, Admin admin)
{
    /// <returns>The references that are accounted for.</returns>
    public HashSet<string> Check(IReadOnlyDictionary<string, Entry> entries)
    {
        HashSet<string> known = [];
        foreach (var payment in model.Payments) { Payment(payment, entries.Values, known); }
        Gifts(entries, known);
        return known;
    }

    private void Payment(StripePayment payment, IEnumerable<Entry> entries, HashSet<string> known)
    {
        var rows = admin.Query("""
            select reference, credited_nanos, taken_nanos from billing.payment where payment_intent = $1 or reference = any($2)
            """, row => (Reference: row.GetString(0), Credited: new Money(row.GetInt64(1)), Taken: new Money(row.GetInt64(2))),
            payment.Intent, (string[])[payment.Session, payment.Intent, payment.Invoice ?? ""]);
        Laws.Must(rows.Count == 1, $"{payment.Intent} is {rows.Count} payments");
        var (reference, credited, taken) = rows[0];
        var bonus = payment.Cents == 2500 ? 50 : 0;
        Laws.Must(credited == Money.FromCents(payment.Cents + bonus), $"{payment.Intent} is credited otherwise than it was paid");
        var (came, went) = (Money.Zero, Money.Zero);
        foreach (var entry in entries.Where(entry => IsOf(entry.Reference, payment)))
        {
            Laws.Must(entry.Tenant == payment.Tenant, $"{entry.Reference} is another tenant's");
            known.Add(entry.Reference);
            switch (entry.Kind)
            {
                case "purchase" or "bonus" or "subscription" or "top_up": came += entry.Moved; break;
                case "reinstatement": went -= entry.Moved; break;
                case "refund" or "dispute" when !entry.Reference.EndsWith(":owed", StringComparison.Ordinal): went += entry.Moved + entry.Missing; break;
                default: break;
            }
        }
        var due = Billing.Payment.ToTake(credited, payment.Cents, payment.Gone);
        Laws.Must(came == credited, $"{payment.Intent} came in as {came.Nanos}, and its row says {credited.Nanos}");
        Laws.Must(went == due, $"of {payment.Intent} {went.Nanos} are gone, and its refunds and disputes say {due.Nanos}");
        Laws.Must(taken == due, $"of {payment.Intent} its row says that {taken.Nanos} are gone, and it must be {due.Nanos}");
        var refunded = admin.Query("select coalesce(max(cents), 0) from billing.reversal where charge = $1 and kind = 'refund'",
            row => row.GetInt64(0), payment.Charge)[0];
        Laws.Must(refunded == payment.Refunded, $"of {payment.Intent} {payment.Refunded} cents are refunded, and its row says {refunded}");
        known.Add(reference);
    }

    private static bool IsOf(string reference, StripePayment payment) => reference.Split(':') is var parts
        && (parts[0] == payment.Session || parts[0] == payment.Intent || parts[0] == payment.Invoice
            || (parts.Length > 1 && parts[0] is ("refund" or "dispute") && (parts[1] == payment.Charge || parts[1] == payment.Dispute)));

    private void Gifts(IReadOnlyDictionary<string, Entry> entries, HashSet<string> known)
    {
        var gifts = model.Verbs.Where(verb => verb.Kind == VerbKind.Gift && entries.ContainsKey(verb.Reference)).ToList();
        foreach (var tenant in gifts.GroupBy(gift => gift.Tenant))
        {
            foreach (var gift in tenant)
            {
                known.Add($"{gift.Reference}:expired");
                var isDue = gift.ExpiresAt <= model.ExpiredAt;
                var ended = admin.Query("select expired_at is not null, coalesce(last_entry_id, 0) from credits.expiring_grant where reference = $1",
                    row => (IsEnded: row.GetBoolean(0), LastEntry: row.GetInt64(1)), gift.Reference);
                Laws.Must(ended.Count == 1 && ended[0].IsEnded == isDue, $"{gift.Reference} ended or not, and it ought to be otherwise");
                if (!entries.TryGetValue($"{gift.Reference}:expired", out var lost)) { continue; }
                Laws.Must(isDue, $"{gift.Reference} was taken before its time");
                Laws.Must(lost.Moved + lost.Missing <= gift.Amount, $"more is taken than {gift.Reference} gave");
                if (tenant.Count() > 1) { continue; }
                // Of an only gift what was used after it is known.
                var from = entries[gift.Reference].Id;
                var spent = entries.Values.Where(entry => entry.Tenant == gift.Tenant && entry.IsOut && entry.Id > from && entry.Id <= ended[0].LastEntry
                    && entry.Kind is ("usage" or "runtime" or "storage" or "adjustment")).Sum(entry => entry.Moved.Nanos);
                Laws.Must(lost.Moved + lost.Missing == new Money(Math.Max(0, gift.Amount.Nanos - spent)),
                    $"of {gift.Reference} another part is taken than was left");
            }
        }
    }
}
