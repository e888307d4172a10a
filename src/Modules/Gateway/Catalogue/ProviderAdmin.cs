using System.Text.RegularExpressions;
using Wopr.Audit;
using Wopr.Gateway.Routing;
using Wopr.Kernel;

namespace Wopr.Gateway.Catalogue;

/// <summary>What operators do with providers. All of it is on the record.</summary>
internal sealed partial class ProviderAdmin(Db db, ProviderKeys keys, ModelCatalogue catalogue, Router router, AuditLog audit)
{
    private const int KeyLengthMax = 4096;

    public async Task<ProviderList> ListAsync(CancellationToken ct)
    {
        var health = router.Health;
        return new([.. (await CatalogueSql.ProvidersAsync(db, ct)).Select(row => ViewOf(row, health)).OfType<ProviderView>()]);
    }

    public async Task<Result<ProviderView>> AddAsync(Actor actor, AddProvider wanted, CancellationToken ct)
    {
        if (!ProviderId().IsMatch(wanted.Id)) { return CatalogueProblems.BadProviderId; }
        if (!SnakeCase<Dialect>.TryParse(wanted.Dialect, out var dialect)) { return CatalogueProblems.BadDialect; }
        if (!Read(wanted.BaseUrl).Succeeded(out var url, out var problem)) { return problem; }
        if (Fault(wanted.ApiKey, wanted.OnDisconnect, wanted.ConnectMs, wanted.FirstByteMs, wanted.IdleMs, wanted.TotalMs) is { } fault)
        {
            return fault;
        }
        var sealedKey = wanted.ApiKey is { } key ? keys.Seal(wanted.Id, key.Trim()) : null;
        return await db.TransactAsync<Result<ProviderView>>(async tx =>
        {
            var added = await tx.ExecuteAsync($"""
                insert into gateway.provider (id, dialect, base_url, sealed, on_disconnect, connect_ms, first_byte_ms, idle_ms, total_ms,
                                              speaks_responses, is_own)
                values ({wanted.Id}, {dialect}, {url.AbsoluteUri}, {sealedKey}::bytea, {wanted.OnDisconnect}::text, {wanted.ConnectMs}::int,
                        {wanted.FirstByteMs}::int, {wanted.IdleMs}::int, {wanted.TotalMs}::int, {wanted.SpeaksResponses}, {wanted.IsOwn})
                on conflict (id) do nothing
                """, ct);
            if (added == 0) { return CatalogueProblems.ProviderExists; }
            await audit.WriteAsync(tx, actor, new("gateway.provider_added", $"provider:{wanted.Id}", Details: new Dictionary<string, string>
            {
                ["dialect"] = wanted.Dialect,
                ["baseUrl"] = url.AbsoluteUri,
                ["hasKey"] = sealedKey is null ? "no" : "yes",
            }), ct);
            return ViewOf((await CatalogueSql.LockProviderAsync(tx, wanted.Id, ct))!, [])!;
        }, ct);
    }

    public async Task<Result<ProviderView>> ChangeAsync(Actor actor, string id, ChangeProvider wanted, CancellationToken ct)
    {
        if (Fault(wanted.ApiKey, wanted.OnDisconnect, wanted.ConnectMs, wanted.FirstByteMs, wanted.IdleMs, wanted.TotalMs) is { } fault)
        {
            return fault;
        }
        Uri? url = null;
        if (wanted.BaseUrl is { } text && !Read(text).Succeeded(out url, out var problem)) { return problem; }
        return await db.TransactAsync<Result<ProviderView>>(async tx =>
        {
            if (await CatalogueSql.LockProviderAsync(tx, id, ct) is not { } row) { return CatalogueProblems.UnknownProvider; }
            var ofSettings = wanted.BaseUrl is not null || wanted.ApiKey is not null || wanted.SpeaksResponses is not null || wanted.IsOwn is not null;
            if (row.IsBuiltIn && ofSettings) { return CatalogueProblems.FromSettings; }
            if (url is not null && url.AbsoluteUri != row.BaseUrl && row.Sealed is not null && wanted.ApiKey is null)
            {
                return CatalogueProblems.KeyStaysBehind;
            }
            var sealedKey = wanted.ApiKey is { } key ? keys.Seal(id, key.Trim()) : null;
            await tx.ExecuteAsync($"""
                update gateway.provider
                set enabled = coalesce({wanted.IsEnabled}::boolean, enabled),
                    base_url = coalesce({url?.AbsoluteUri}::text, base_url),
                    sealed = coalesce({sealedKey}::bytea, sealed),
                    on_disconnect = coalesce({wanted.OnDisconnect}::text, on_disconnect),
                    connect_ms = coalesce({wanted.ConnectMs}::int, connect_ms),
                    first_byte_ms = coalesce({wanted.FirstByteMs}::int, first_byte_ms),
                    idle_ms = coalesce({wanted.IdleMs}::int, idle_ms),
                    total_ms = coalesce({wanted.TotalMs}::int, total_ms),
                    speaks_responses = coalesce({wanted.SpeaksResponses}::boolean, speaks_responses),
                    is_own = coalesce({wanted.IsOwn}::boolean, is_own),
                    updated_at = now()
                where id = {id}
                """, ct);
            await audit.WriteAsync(tx, actor, new("gateway.provider_changed", $"provider:{id}", Details: Changes(wanted)), ct);
            return ViewOf((await CatalogueSql.LockProviderAsync(tx, id, ct))!, []) is { } view ? view : CatalogueProblems.UnknownProvider;
        }, ct);
    }

    /// <summary>Its offers go with it; its prices stay on the record.</summary>
    public Task<Result<Done>> RemoveAsync(Actor actor, string id, CancellationToken ct) => db.TransactAsync<Result<Done>>(async tx =>
    {
        if (await CatalogueSql.LockProviderAsync(tx, id, ct) is not { } row) { return CatalogueProblems.UnknownProvider; }
        if (row.IsBuiltIn) { return CatalogueProblems.FromSettings; }
        await tx.ExecuteAsync($"delete from gateway.provider where id = {id}", ct);
        await audit.WriteAsync(tx, actor, new("gateway.provider_removed", $"provider:{id}"), ct);
        return Done.Instance;
    }, ct);

    /// <summary>Null for one that the settings do not offer.</summary>
    private ProviderView? ViewOf(ProviderRow row, IEnumerable<OfferHealth> health) =>
        CatalogueSnapshot.ProviderOf(row, catalogue.FromSettings.FirstOrDefault(known => known.Id == row.Id), keys.Open) is { } provider
            ? ProviderView.From(row, provider, health)
            : null;

    private static Result<Uri> Read(string text) =>
        text.Length <= 400 && Uri.TryCreate(text, UriKind.Absolute, out var url) && UpstreamAddress.IsAllowed(url)
            ? UpstreamAddress.Trim(url)
            : CatalogueProblems.BadAddress;

    private static Problem? Fault(string? apiKey, string? onDisconnect, int? connect, int? firstByte, int? idle, int? total)
    {
        if (apiKey?.Trim() is { } key && (key.Length is 0 or > KeyLengthMax || key.Any(sign => sign is <= ' ' or > '~')))
        {
            return CatalogueProblems.BadProviderKey;
        }
        if (onDisconnect is not null && !SnakeCase<OnDisconnect>.TryParse(onDisconnect, out _)) { return CatalogueProblems.BadPolicy; }
        return connect is < 100 or > 600_000 || firstByte is < 100 or > 3_600_000 || idle is < 100 or > 3_600_000
            || total is < 100 or > 86_400_000 ? CatalogueProblems.BadTimeout : null;
    }

    private static Dictionary<string, string> Changes(ChangeProvider wanted)
    {
        Dictionary<string, string> changes = [];
        foreach (var property in typeof(ChangeProvider).GetProperties())
        {
            if (property.GetValue(wanted) is not { } value) { continue; }
            changes[property.Name] = property.Name == nameof(ChangeProvider.ApiKey) ? "another one" : $"{value}";
        }
        return changes;
    }

    [GeneratedRegex(@"^[a-z0-9][a-z0-9-]{0,39}\z")]
    private static partial Regex ProviderId();
}
