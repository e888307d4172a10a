using System.Text;
using Microsoft.Extensions.Logging;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>The secrets that sign what tenants are sent: sealed in the database, opened to sign.</summary>
internal sealed class WebhookSecrets(Db db, Vault vault, ILogger<WebhookSecrets> logger)
{
    private const string Label = "webhook-secrets";

    public static string New() => $"whsec_{Token.New()}";

    public byte[] Seal(Guid endpoint, string secret) => vault.Seal(Label, Owner(endpoint), Encoding.UTF8.GetBytes(secret));

    /// <summary>Newest first; null when the current one does not open.</summary>
    public IReadOnlyList<string>? Open(WebhookAttempt attempt)
    {
        if (Open(attempt.Endpoint, attempt.Sealed) is not { } current) { return null; }
        return attempt.PreviousSealed is { } sealedBefore && Open(attempt.Endpoint, sealedBefore) is { } previous
            ? [current, previous]
            : [current];
    }

    public SealedStore AsSealedStore() => new("billing.webhooks", ct => WebhookSql.DueForSealingAsync(db, vault.KeyId, ct), ResealAsync);

    private Task<ResealBatch> ResealAsync(string? after, int limit, CancellationToken ct) => db.TransactAsync(async tx =>
    {
        var due = await WebhookSql.TakeForSealingAsync(tx, vault.KeyId, after is null ? Guid.Empty : Guid.Parse(after), limit, ct);
        var unopened = 0;
        foreach (var row in due)
        {
            if (Open(row.Id, row.Sealed) is not { } current)
            {
                unopened++;
                continue;
            }
            // One that does not open any more signs nothing, and is of use for hours only.
            var previous = row.Previous is { } bytes && Open(row.Id, bytes) is { } before ? Seal(row.Id, before) : null;
            await WebhookSql.ResealAsync(tx, row.Id, Seal(row.Id, current), previous, ct);
        }
        return new ResealBatch(due.Count - unopened, unopened, due is [.., var last] ? last.Id.ToString() : null);
    }, ct);

    private string? Open(Guid endpoint, byte[] sealedSecret)
    {
        if (vault.TryOpen(Label, Owner(endpoint), sealedSecret, out var plain)) { return Encoding.UTF8.GetString(plain); }
        WebhookLog.DoesNotOpen(logger, endpoint);
        return null;
    }

    private static string Owner(Guid endpoint) => endpoint.ToString("n");
}
