using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;
using Wopr.Kernel;

namespace Wopr.Gateway.Catalogue;

/// <summary>Keys of providers that operators added: sealed in the database, opened where they are used.</summary>
internal sealed class ProviderKeys(Db db, Vault vault, ILogger<ProviderKeys> logger)
{
    private const string Label = "gateway-providers";

    // The catalogue asks every half minute; it is said once.
    private readonly ConcurrentDictionary<string, byte> _unopened = new(StringComparer.Ordinal);

    public byte[] Seal(string provider, string key) => vault.Seal(Label, provider, Encoding.UTF8.GetBytes(key));

    /// <summary>Null when there is none, or when it does not open.</summary>
    public string? Open(ProviderRow row)
    {
        if (row.Sealed is null) { return null; }
        if (Open(row.Id, row.Sealed) is { } plain)
        {
            _unopened.TryRemove(row.Id, out _);
            return Encoding.UTF8.GetString(plain);
        }
        if (_unopened.TryAdd(row.Id, 0)) { CatalogueLog.DoesNotOpen(logger, row.Id); }
        return null;
    }

    public SealedStore AsSealedStore() => new("gateway_providers", DueAsync, ResealAsync);

    private Task<long> DueAsync(CancellationToken ct) => db.ValueAsync<long>($"""
        select count(*)
        from gateway.provider
        where substring(sealed from {Vault.KeyIdOffset + 1} for {Vault.KeyIdLength}) <> {vault.KeyId}
        """, ct);

    private Task<ResealBatch> ResealAsync(string? after, int limit, CancellationToken ct) => db.TransactAsync(async tx =>
    {
        var due = await tx.QueryAsync($"""
            select id, sealed
            from gateway.provider
            where substring(sealed from {Vault.KeyIdOffset + 1} for {Vault.KeyIdLength}) <> {vault.KeyId} and id > {after ?? ""}
            order by id
            limit {limit}
            for update skip locked
            """, row => (Id: row.GetString(0), Sealed: row.GetFieldValue<byte[]>(1)), ct);
        var unopened = 0;
        foreach (var (id, sealedKey) in due)
        {
            if (Open(id, sealedKey) is not { } plain)
            {
                CatalogueLog.DoesNotOpen(logger, id);
                unopened++;
                continue;
            }
            await tx.ExecuteAsync($"update gateway.provider set sealed = {vault.Seal(Label, id, plain)} where id = {id}", ct);
        }
        return new ResealBatch(due.Count - unopened, unopened, due is [.., var last] ? last.Id : null);
    }, ct);

    private byte[]? Open(string id, byte[] sealedKey) => vault.TryOpen(Label, id, sealedKey, out var plain) ? plain : null;
}
