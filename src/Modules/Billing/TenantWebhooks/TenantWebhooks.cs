using System.Text.Json;
using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>What tenants want to be told, and where.</summary>
public sealed class TenantWebhooks
{
    internal const string Channel = "billing_webhooks";

    private readonly Db _db;
    private readonly WebhookSecrets _secrets;
    private readonly TenantWebhookOptions _options;
    private readonly AuditLog _audit;
    private readonly TimeProvider _time;

    internal TenantWebhooks(Db db, WebhookSecrets secrets, TenantWebhookOptions options, AuditLog audit, TimeProvider time) =>
        (_db, _secrets, _options, _audit, _time) = (db, secrets, options, audit, time);

    /// <summary>Tells whoever wants to know, once the caller's transaction has committed.</summary>
    /// <param name="type">One of <see cref="WebhookEvents"/>.</param>
    public async Task EnqueueAsync(
        Db tx, string tenant, string type, IReadOnlyDictionary<string, object?> data, CancellationToken ct)
    {
        if (!tx.InTransaction) { throw new InvalidOperationException("News is enqueued in the transaction that makes it."); }
        if (!WebhookEvents.All.Contains(type)) { throw new ArgumentException("There is no such event.", nameof(type)); }
        var now = _time.Now();
        if (await WebhookSql.WantingAsync(tx, tenant, type, now, ct) is not { Count: > 0 } endpoints) { return; }
        var news = Event(tenant, type, data, now);
        foreach (var (endpoint, at) in endpoints)
        {
            await WebhookSql.EnqueueAsync(tx, tenant, endpoint, Guid.CreateVersion7(now), news, at, now, ct);
        }
        await NudgeAsync(tx, ct);
    }

    internal async Task<IReadOnlyList<WebhookView>> ListAsync(Actor actor, CancellationToken ct) =>
        [.. (await WebhookSql.ListAsync(_db, actor.TenantId!, ct)).Select(WebhookView.From)];

    internal async Task<Result<WebhookView>> CreateAsync(Actor actor, string url, IReadOnlyList<string> events, CancellationToken ct)
    {
        if (Normal(url) is not { } address) { return WebhookProblems.BadUrl; }
        if (events.Count == 0 || events.Distinct().Count() != events.Count || events.Except(WebhookEvents.All).Any())
        {
            return WebhookProblems.BadEvents;
        }
        var endpoint = new TenantWebhook(Id<TenantWebhook>.New(_time), actor.TenantId!, address, [.. events], _time.Now(), null, null);
        var secret = WebhookSecrets.New();
        return await _db.TransactAsync<Result<WebhookView>>(async tx =>
        {
            await WebhookSql.LockTenantAsync(tx, endpoint.TenantId, ct);
            if ((await WebhookSql.ListAsync(tx, endpoint.TenantId, ct)).Count >= TenantWebhookOptions.EndpointsMax)
            {
                return WebhookProblems.TooMany;
            }
            await WebhookSql.InsertAsync(tx, endpoint, _secrets.Seal(endpoint.Id.Value, secret), ct);
            await WriteAsync(tx, actor, "created", endpoint, ct);
            return WebhookView.From(endpoint) with { Secret = secret };
        }, ct);
    }

    internal Task<Result<Done>> DeleteAsync(Actor actor, Id<TenantWebhook> id, CancellationToken ct) =>
        WithAsync<Done>(actor, id, async (tx, endpoint) =>
        {
            await WebhookSql.DeleteAsync(tx, endpoint.TenantId, id, ct);
            await WriteAsync(tx, actor, "deleted", endpoint, ct);
            return Done.Instance;
        }, ct);

    /// <summary>Makes a new secret. The one before signs as well for a day, so that nothing is missed meanwhile.</summary>
    internal Task<Result<WebhookView>> RotateAsync(Actor actor, Id<TenantWebhook> id, CancellationToken ct) =>
        WithAsync<WebhookView>(actor, id, async (tx, endpoint) =>
        {
            var secret = WebhookSecrets.New();
            await WebhookSql.RotateAsync(tx, id, _secrets.Seal(id.Value, secret), _time.Now() + TenantWebhookOptions.Overlap, ct);
            await WriteAsync(tx, actor, "rotated", endpoint, ct);
            return WebhookView.From(endpoint) with { Secret = secret };
        }, ct);

    internal Task<Result<WebhookView>> EnableAsync(Actor actor, Id<TenantWebhook> id, CancellationToken ct) =>
        WithAsync<WebhookView>(actor, id, async (tx, endpoint) =>
        {
            await WebhookSql.EnableAsync(tx, id, ct);
            await WriteAsync(tx, actor, "enabled", endpoint, ct);
            return WebhookView.From(endpoint with { FailingSince = null, DisabledAt = null });
        }, ct);

    internal Task<Result<WebhookSent>> TestAsync(Actor actor, Id<TenantWebhook> id, CancellationToken ct) =>
        SendAsync(actor, id, (_, endpoint) => Task.FromResult<Result<WebhookEvent>>(
            Event(endpoint.TenantId, WebhookEvents.Test, new Dictionary<string, object?>(), _time.Now())), ct);

    /// <summary>Sends again what was sent, with the event's own id; the log keeps both.</summary>
    internal Task<Result<WebhookSent>> RedeliverAsync(
        Actor actor, Id<TenantWebhook> id, Id<WebhookDelivery> delivery, CancellationToken ct) =>
        SendAsync(actor, id, async (tx, _) =>
            await WebhookSql.EventAsync(tx, id.Value, delivery, ct) is { } news ? news : WebhookProblems.NoDelivery, ct);

    internal async Task<Result<Page<WebhookDelivery>>> DeliveriesAsync(
        Actor actor, Id<TenantWebhook> id, string? cursor, int? limit, CancellationToken ct)
    {
        if (!Paging<Guid>.Parse(cursor, limit).Succeeded(out var page, out var problem)) { return problem; }
        if ((await WebhookSql.ListAsync(_db, actor.TenantId!, ct)).All(endpoint => endpoint.Id != id)) { return WebhookProblems.Missing; }
        var rows = await WebhookSql.DeliveriesAsync(_db, actor.TenantId!, id, page, ct);
        return page.Of(rows, row => row.Id.Value, row => row);
    }

    private Task<Result<WebhookSent>> SendAsync(
        Actor actor, Id<TenantWebhook> id, Func<Db, TenantWebhook, Task<Result<WebhookEvent>>> what, CancellationToken ct) =>
        WithAsync<WebhookSent>(actor, id, async (tx, endpoint) =>
        {
            if (endpoint.DisabledAt is not null) { return WebhookProblems.Disabled; }
            if (!(await what(tx, endpoint)).Succeeded(out var news, out var problem)) { return problem; }
            var (delivery, now) = (Id<WebhookDelivery>.New(_time), _time.Now());
            await WebhookSql.EnqueueAsync(tx, endpoint.TenantId, id.Value, delivery.Value, news, now, now, ct);
            await NudgeAsync(tx, ct);
            return new WebhookSent(delivery, news.Type);
        }, ct);

    private Task<Result<T>> WithAsync<T>(
        Actor actor, Id<TenantWebhook> id, Func<Db, TenantWebhook, Task<Result<T>>> work, CancellationToken ct) =>
        _db.TransactAsync<Result<T>>(async tx => await WebhookSql.LockAsync(tx, actor.TenantId!, id, ct) is { } endpoint
            ? await work(tx, endpoint)
            : WebhookProblems.Missing, ct);

    /// <summary>The address in its one form; null when it is not one to call. Where its name leads is judged when it is called.</summary>
    private string? Normal(string url)
    {
        if (url.Length > TenantWebhookOptions.UrlCharsMax || !Uri.TryCreate(url, UriKind.Absolute, out var parsed)) { return null; }
        var isSecure = parsed.Scheme == Uri.UriSchemeHttps || (_options.AllowsPrivate && parsed.Scheme == Uri.UriSchemeHttp);
        if (!isSecure || parsed.UserInfo.Length > 0 || parsed.Host.Length == 0 || parsed.Fragment.Length > 0) { return null; }
        // A number as a host is seen through at once; a name that leads inside is seen when it is called.
        var isClosed = System.Net.IPAddress.TryParse(parsed.DnsSafeHost, out var address)
            ? !WebhookAddress.IsPublic(address)
            : parsed.Host is "localhost" || parsed.Host.EndsWith(".localhost", StringComparison.Ordinal);
        return isClosed && !_options.AllowsPrivate ? null : parsed.AbsoluteUri;
    }

    private static WebhookEvent Event(string tenant, string type, IReadOnlyDictionary<string, object?> data, DateTimeOffset now)
    {
        var id = Guid.CreateVersion7(now);
        return new(id, type, JsonSerializer.Serialize(
            new { id = $"evt_{id:n}", type, created = now.ToUnixTimeSeconds(), tenant, data }, JsonSerializerOptions.Web));
    }

    private Task WriteAsync(Db tx, Actor actor, string what, TenantWebhook endpoint, CancellationToken ct) =>
        _audit.WriteAsync(tx, actor, new($"webhooks.{what}", $"webhook:{endpoint.Id}",
            Details: new Dictionary<string, string> { ["host"] = new Uri(endpoint.Url).Host }), ct);

    private static Task NudgeAsync(Db tx, CancellationToken ct) => tx.ExecuteAsync($"select pg_notify({Channel}, '')", ct);
}

internal sealed record WebhookSent(Id<WebhookDelivery> Delivery, string Type);
