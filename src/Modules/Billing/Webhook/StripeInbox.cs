using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <param name="Credited">In nano-dollars.</param>
internal sealed record WebhookAnswer(
    bool Handled, string? Tenant, long? Credited, [property: JsonPropertyName("event_type")] string EventType, bool? Duplicate = null);

/// <summary>
/// Receives each event once: the row that remembers it and what it does are one transaction. Of many deliveries at one
/// moment one inserts the row, and the others wait for its end; when it fails, the next one does the work.
/// </summary>
internal sealed class StripeInbox(Db db, StripeEffects effects, ILogger<StripeInbox> logger)
{
    public async Task<WebhookAnswer> ReceiveAsync(StripeEvent said, CancellationToken ct)
    {
        var outcome = await db.TransactAsync(tx => ReceiveAsync(tx, said, ct), ct);
        if (outcome is null) { return new(Handled: true, null, null, said.Type, Duplicate: true); }
        if (outcome.Reason is { } reason) { Log.EventUnprocessed(logger, said.Id, said.Type, said.ObjectId, Sql.Name(reason)); }
        if (outcome.Credited is { Nanos: > 0 } credited) { Log.EventCredited(logger, said.Id, said.Type, credited.Nanos, outcome.Tenant); }
        return new(outcome.IsHandled, outcome.IsHandled ? outcome.Tenant : null, outcome.Credited?.Nanos, said.Type);
    }

    /// <summary>Null when the event was received before.</summary>
    internal async Task<Outcome?> ReceiveAsync(Db tx, StripeEvent said, CancellationToken ct)
    {
        if (!await InboxSql.InsertAsync(tx, said, ct)) { return null; }
        var outcome = await effects.ApplyAsync(tx, said, tenant: null, ct);
        await InboxSql.FinishAsync(tx, said.Id, outcome, ct);
        if (outcome.Reason is not null) { await InboxSql.QueueAsync(tx, said.Id, outcome, ct); }
        return outcome;
    }
}
