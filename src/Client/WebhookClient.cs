using Wopr.Kernel;

namespace Wopr.Client;

/// <summary>Addresses of the tenant's own programs that are told what happens.</summary>
public sealed class WebhookClient
{
    private readonly PlatformWire _wire;

    internal WebhookClient(PlatformWire wire) => _wire = wire;

    public Task<Result<WebhookList>> ListAsync(CancellationToken ct) => _wire.GetAsync<WebhookList>("/api/webhooks", ct);

    public Task<Result<Webhook>> CreateAsync(string url, IReadOnlyList<string> events, CancellationToken ct) =>
        _wire.PostAsync<Webhook>("/api/webhooks", new { url, events }, ct);

    public Task<Result<Done>> DeleteAsync(string id, CancellationToken ct) => _wire.DeleteAsync(Path(id), ct);

    public Task<Result<Webhook>> RotateAsync(string id, CancellationToken ct) => _wire.PostAsync<Webhook>($"{Path(id)}/rotate", new { }, ct);

    public Task<Result<Done>> EnableAsync(string id, CancellationToken ct) => _wire.PostAsync($"{Path(id)}/enable", new { }, ct);

    public Task<Result<Done>> TestAsync(string id, CancellationToken ct) => _wire.PostAsync($"{Path(id)}/test", new { }, ct);

    public Task<Result<Listing<Delivery>>> DeliveriesAsync(string id, string? cursor, CancellationToken ct) =>
        _wire.GetAsync<Listing<Delivery>>(
            $"{Path(id)}/deliveries?limit=25{(string.IsNullOrEmpty(cursor) ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}", ct);

    public Task<Result<Done>> RedeliverAsync(string id, string delivery, CancellationToken ct) =>
        _wire.PostAsync($"{Path(id)}/deliveries/{Uri.EscapeDataString(delivery)}/redeliver", new { }, ct);

    private static string Path(string id) => $"/api/webhooks/{Uri.EscapeDataString(id)}";
}

/// <param name="Events">All that can be asked for.</param>
public sealed record WebhookList(Webhook[] Webhooks, string[] Events);

/// <param name="Status"><c>active</c>, <c>failing</c> or <c>disabled</c>.</param>
/// <param name="Secret">Told when it is made, and never again.</param>
public sealed record Webhook(
    string Id, string Url, string[] Events, string Status, DateTimeOffset CreatedAt, DateTimeOffset? FailingSince = null,
    string? Secret = null);

public sealed record Delivery(
    string Id, string Type, string Status, DateTimeOffset CreatedAt, int Attempts, DateTimeOffset? TriedAt = null,
    DateTimeOffset? NextAt = null, int? HttpStatus = null, int? DurationMs = null, string? Answer = null, string? Error = null);
