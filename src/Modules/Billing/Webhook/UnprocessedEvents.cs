using System.Text.Json.Serialization;
using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <param name="Reason">Why it could not be applied.</param>
/// <param name="Tenant">Whose it says it is.</param>
internal sealed record UnprocessedEvent(
    string Id, string Type, string? ObjectId, string Reason, string? Tenant, long? Cents, string? Currency, DateTimeOffset At)
{
    [JsonIgnore]
    public long Number { get; init; }
}

/// <summary>What an operator does with events that could not be applied. All of it is on the record.</summary>
internal sealed class UnprocessedEvents(Db db, StripeEffects effects, AuditLog audit)
{
    public Task<List<UnprocessedEvent>> ListAsync(Paging<long> paging, CancellationToken ct) => InboxSql.OpenAsync(db, paging, ct);

    /// <summary>Tries again: the tenant or the setting that was missing may be there now.</summary>
    public Task<Result<Done>> RetryAsync(Actor actor, string id, CancellationToken ct) => ApplyAsync(actor, id, tenant: null, ct);

    public Task<Result<Done>> AssignAsync(Actor actor, string id, string tenant, CancellationToken ct) =>
        ApplyAsync(actor, id, tenant, ct);

    public Task<Result<Done>> DismissAsync(Actor actor, string id, string reason, CancellationToken ct) =>
        db.TransactAsync<Result<Done>>(async tx =>
        {
            if (await InboxSql.TakeAsync(tx, id, ct) is null) { return UnprocessedProblems.NotFound; }
            await InboxSql.CloseAsync(tx, id, "dismissed", reason, ct);
            await audit.WriteAsync(tx, actor, new("billing.event_dismissed", $"stripe_event:{id}",
                Details: new Dictionary<string, string> { ["reason"] = reason }), ct);
            return Done.Instance;
        }, ct);

    private Task<Result<Done>> ApplyAsync(Actor actor, string id, string? tenant, CancellationToken ct) =>
        db.TransactAsync<Result<Done>>(async tx =>
        {
            if (await InboxSql.TakeAsync(tx, id, ct) is not { } body || StripeEvent.TryParse(body) is not { } said)
            {
                return UnprocessedProblems.NotFound;
            }
            var outcome = await effects.ApplyAsync(tx, said, tenant, ct);
            if (outcome.Reason is { } reason)
            {
                await InboxSql.SetReasonAsync(tx, id, outcome, ct);
                return UnprocessedProblems.StillNot(reason);
            }
            await InboxSql.FinishAsync(tx, id, outcome, ct);
            await InboxSql.CloseAsync(tx, id, "applied", tenant is null ? "retried" : $"assigned to {tenant}", ct);
            await audit.WriteAsync(tx, actor, new(tenant is null ? "billing.event_retried" : "billing.event_assigned",
                $"stripe_event:{id}", outcome.Tenant, new Dictionary<string, string>
                {
                    ["credited_cents"] = $"{(outcome.Credited ?? Money.Zero).Cents}",
                }), ct);
            return Done.Instance;
        }, ct);
}

internal static class UnprocessedProblems
{
    public static Problem NotFound { get; } = new(ProblemKind.NotFound, "billing.no_such_event",
        "No event with this id waits to be applied. GET /api/admin/billing/unprocessed lists those that do.");

    public static Problem BadReason { get; } = new(ProblemKind.Invalid, "billing.reason_required",
        "Give a reason of 1 to 500 characters; it goes on the record.");

    public static Problem StillNot(Unprocessed reason) => new(ProblemKind.Conflict, "billing.event_not_applicable",
        $"The event still cannot be applied: {Sentence(reason)}");

    private static string Sentence(Unprocessed reason) => reason switch
    {
        Unprocessed.NoReference => "it names no tenant. Assign it to one.",
        Unprocessed.UnknownTenant => "there is no such tenant. Assign it to one that exists.",
        Unprocessed.ForeignCurrency => "it is not in US dollars. Refund it in Stripe, then dismiss it.",
        Unprocessed.CustomerOfAnotherTenant => "its customer belongs to another tenant. Assign it to the tenant that paid.",
        Unprocessed.AmountMismatch => "its amount is not the expected one. Refund or adjust by hand, then dismiss it.",
        Unprocessed.AmountInvalid => "its amount is no amount of money. Look at it in Stripe, then dismiss it.",
        Unprocessed.CreditedToAnotherTenant => "the payment was credited to another tenant. Adjust by hand, then dismiss it.",
        Unprocessed.TestMode => "it is of Stripe's test mode, and brought no money. Dismiss it.",
        Unprocessed.NotASubscription => "the invoice is of no subscription. Adjust by hand, then dismiss it.",
        Unprocessed.RefundFailed => "a refund failed, so the money is with us again. Adjust the tenant by hand, then dismiss it.",
        Unprocessed.NoId => "its object has no id or no state. Dismiss it.",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "A reason without a sentence."),
    };
}
