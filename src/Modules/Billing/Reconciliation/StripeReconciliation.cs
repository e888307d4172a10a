using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Wopr.Kernel;
using Wopr.Notices;

namespace Wopr.Billing;

public enum DifferenceKind { OnlyInStripe, OnlyHere, OtherAmount, WaitsForOperator, PaymentUnknown }

/// <param name="Reference">Stripe's id of the session, invoice, payment, charge or dispute.</param>
/// <param name="StripeCents">What Stripe says; null when Stripe does not have it.</param>
/// <param name="OurCents">What we recorded; null when we did not.</param>
public sealed record StripeDifference(DifferenceKind Kind, string Reference, long? StripeCents, long? OurCents)
{
    public override string ToString() => Kind switch
    {
        DifferenceKind.OnlyInStripe => $"{Reference}: Stripe has {Dollars(StripeCents)}, and nothing was recorded here",
        DifferenceKind.OnlyHere => $"{Reference}: {Dollars(OurCents)} were recorded here, and Stripe knows nothing of it",
        DifferenceKind.OtherAmount => $"{Reference}: Stripe has {Dollars(StripeCents)}, and {Dollars(OurCents)} were recorded here",
        DifferenceKind.WaitsForOperator => $"{Reference}: {Dollars(StripeCents)} wait for an operator under unprocessed events",
        DifferenceKind.PaymentUnknown => $"{Reference}: {Dollars(StripeCents)} went back for a payment that was never recorded here",
        _ => throw new ArgumentOutOfRangeException(nameof(Kind), Kind, "A difference without words."),
    };

    private static string Dollars(long? cents) => string.Create(CultureInfo.InvariantCulture, $"${cents / 100m:0.00}");
}

/// <param name="Payments">How many paid things of Stripe's were compared.</param>
/// <param name="Refunds">How many refunded charges.</param>
public sealed record StripeComparison(int Payments, int Refunds, IReadOnlyList<StripeDifference> Differences);

/// <summary>Compares what Stripe says was paid and refunded in a window with what we credited and took back.</summary>
public sealed class StripeReconciliation
{
    private readonly Db _db;
    private readonly StripeClient _stripe;

    internal StripeReconciliation(Db db, StripeClient stripe) => (_db, _stripe) = (db, stripe);

    /// <summary>For a program that compares and ends; null while payments go to the sandbox, unless that is meant.</summary>
    public static StripeReconciliation? From(SettingsReader settings, Db db, bool withSandbox, TimeProvider time)
    {
        var options = settings.Read<StripeOptions>();
        if (!(options.HasKey && !options.ApiBase.IsLoopback) && !withSandbox) { return null; }
        return new(db, new StripeClient(StripeFeature.Connect(options, settings.Read<NoticesOptions>(), time, NullLogger<StripeHttp>.Instance)));
    }

    public async Task<Result<StripeComparison>> CompareAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken ct)
    {
        if (!(await PaidAsync(from, to, ct)).Succeeded(out var paid, out var problem)) { return problem; }
        if (!(await RefundedAsync(from, to, ct)).Succeeded(out var refunded, out problem)) { return problem; }
        List<StripeDifference> differences = [];
        await ComparePaymentsAsync(paid, differences, ct);
        if ((await CompareOursAsync(from, to, paid, differences, ct)).Problem is { } fault) { return fault; }
        await CompareRefundsAsync(refunded, differences, ct);
        differences.AddRange(await ReconciliationSql.UnmatchedAsync(_db, from, to, ct));
        return new StripeComparison(paid.Count, refunded.Count, differences);
    }

    /// <summary>Cents by reference of all that should have been credited.</summary>
    private async Task<Result<Dictionary<string, long>>> PaidAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken ct)
    {
        if (!(await _stripe.SessionsAsync(from, to, ct)).Succeeded(out var sessions, out var problem)) { return problem; }
        if (!(await _stripe.InvoicesAsync(from, to, ct)).Succeeded(out var invoices, out problem)) { return problem; }
        if (!(await _stripe.PaymentIntentsAsync(from, to, ct)).Succeeded(out var intents, out problem)) { return problem; }
        var all = sessions.Select(session => (session.Id, Cents: Paid(session)))
            .Concat(invoices.Select(invoice => (invoice.Id, Cents: Paid(invoice))))
            .Concat(intents.Select(intent => (intent.Id, Cents: Paid(intent))));
        return all.Where(one => one.Cents > 0).DistinctBy(one => one.Id).ToDictionary(one => one.Id, one => one.Cents);
    }

    private async Task<Result<Dictionary<string, long>>> RefundedAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken ct)
    {
        if (!(await _stripe.RefundsAsync(from, to, ct)).Succeeded(out var refunds, out var problem)) { return problem; }
        Dictionary<string, long> charges = [];
        foreach (var id in refunds.Where(refund => refund.Currency == "usd").Select(refund => refund.Charge).OfType<string>().Distinct())
        {
            // The sum may hold older refunds, and it is the sum that we keep.
            if (!(await _stripe.ChargeAsync(id, ct)).Succeeded(out var charge, out problem)) { return problem; }
            if (charge.AmountRefunded > 0) { charges[id] = charge.AmountRefunded; }
        }
        return charges;
    }

    private async Task ComparePaymentsAsync(Dictionary<string, long> paid, List<StripeDifference> differences, CancellationToken ct)
    {
        var ours = await ReconciliationSql.PaymentsAsync(_db, [.. paid.Keys], ct);
        var waiting = await ReconciliationSql.WaitingAsync(_db, [.. paid.Keys], ct);
        foreach (var (reference, cents) in paid)
        {
            if (ours.TryGetValue(reference, out var own))
            {
                if (own != cents) { differences.Add(new(DifferenceKind.OtherAmount, reference, cents, own)); }
                continue;
            }
            differences.Add(new(waiting.Contains(reference) ? DifferenceKind.WaitsForOperator : DifferenceKind.OnlyInStripe,
                reference, cents, null));
        }
    }

    /// <summary>What we credited in the window and Stripe did not list; a session is often made before the window it is paid in.</summary>
    private async Task<Result<Done>> CompareOursAsync(DateTimeOffset from, DateTimeOffset to, Dictionary<string, long> paid,
        List<StripeDifference> differences, CancellationToken ct)
    {
        foreach (var (reference, cents) in await ReconciliationSql.PaymentsAsync(_db, from, to, ct))
        {
            if (paid.ContainsKey(reference)) { continue; }
            var found = await LookUpAsync(reference, ct);
            if (found.Problem is { } problem && problem.Code != StripeProblems.NoSuchThing) { return problem; }
            if (found.Problem is not null || found.Value == 0)
            {
                differences.Add(new(DifferenceKind.OnlyHere, reference, null, cents));
            }
            else if (found.Value != cents) { differences.Add(new(DifferenceKind.OtherAmount, reference, found.Value, cents)); }
        }
        return Done.Instance;
    }

    private async Task CompareRefundsAsync(Dictionary<string, long> refunded, List<StripeDifference> differences, CancellationToken ct)
    {
        var ours = await ReconciliationSql.RefundsAsync(_db, [.. refunded.Keys], ct);
        foreach (var (charge, cents) in refunded)
        {
            if (!ours.TryGetValue(charge, out var own)) { differences.Add(new(DifferenceKind.OnlyInStripe, charge, cents, null)); }
            else if (own != cents) { differences.Add(new(DifferenceKind.OtherAmount, charge, cents, own)); }
        }
    }

    private async Task<Result<long>> LookUpAsync(string reference, CancellationToken ct) => reference[..reference.IndexOf('_')] switch
    {
        "cs" => (await _stripe.SessionAsync(reference, ct)).Map(Paid),
        "in" => (await _stripe.InvoiceAsync(reference, ct)).Map(Paid),
        _ => (await _stripe.PaymentIntentAsync(reference, ct)).Map(PaidOrUnmarked),
    };

    private static long Paid(CheckoutSession session) => session is { Mode: "payment", PaymentStatus: "paid", Currency: "usd" }
        && session.ClientReferenceId is not null ? session.AmountTotal ?? 0 : 0;

    private static long Paid(StripeInvoice invoice) =>
        invoice is { Status: "paid", Currency: "usd", Subscription: not null } ? invoice.AmountPaid : 0;

    private static long Paid(PaymentIntent intent) =>
        intent.Metadata?.GetValueOrDefault("wopr_source") == "auto_topup" ? PaidOrUnmarked(intent) : 0;

    private static long PaidOrUnmarked(PaymentIntent intent) => intent is { Status: "succeeded", Currency: "usd" } ? intent.Amount : 0;
}
