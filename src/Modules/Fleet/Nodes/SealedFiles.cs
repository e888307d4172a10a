using System.Globalization;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>
/// Seals those files of bots that keys stand in. Each object is bound to its bot and to its own key, so that none can take
/// another's place. Nothing else is sealed: conversations are never lost with a secret.
/// </summary>
internal sealed class SealedFiles(Db db, ObjectStore objects, Vault vault)
{
    private const string Label = "fleet-file";

    public byte[] KeyId => vault.KeyId;

    public byte[] Seal(Guid bot, string key, ReadOnlySpan<byte> plain) => vault.Seal(Label, Owner(bot, key), plain);

    /// <summary>Null when it was changed, is another bot's or stood elsewhere, or no configured secret opens it.</summary>
    public byte[]? Open(Guid bot, string key, byte[] sealedBytes) =>
        vault.TryOpen(Label, Owner(bot, key), sealedBytes, out var plain) ? plain : null;

    public SealedStore AsSealedStore() => new("fleet-files", DueAsync, ResealAsync);

    private static string Owner(Guid bot, string key) => $"{bot} {key}";

    private Task<long> DueAsync(CancellationToken ct) => db.ValueAsync<long>($"""
        select count(*)
        from fleet.kept
        where split_part(path, '@', 1) = any({SecretFiles.All.ToArray()}) and key_id is distinct from {vault.KeyId}
        """, ct)!;

    // No row is held meanwhile: the object store may be slow, and sealed by two at once is sealed all the same.
    private async Task<ResealBatch> ResealAsync(string? after, int limit, CancellationToken ct)
    {
        var from = Place.Parse(after);
        var due = await db.QueryAsync($"""
            select k.bot_id, k.generation, k.path, k.length, b.tenant_id, b.ordinal
            from fleet.kept k
            join fleet.bot b on b.id = k.bot_id
            where (k.bot_id, k.generation, k.path) > ({from.Bot}, {from.Generation}, {from.Path})
              and split_part(k.path, '@', 1) = any({SecretFiles.All.ToArray()}) and k.key_id is distinct from {vault.KeyId}
            order by k.bot_id, k.generation, k.path
            limit {limit}
            """, row => (Place: new Place(row.GetGuid(0), row.GetInt32(1), row.GetString(2)), Length: row.GetInt64(3),
                Name: Bot.NameOf(row.GetString(4), row.GetInt32(5))), ct);
        var unopened = 0;
        foreach (var (place, length, name) in due)
        {
            if (!await ResealAsync(place.Bot, KeptSql.Prefix(name, place.Generation, place.Path), ct))
            {
                unopened++;
                continue;
            }
            // What has grown meanwhile is looked at again.
            await db.ExecuteAsync($"""
                update fleet.kept
                set key_id = {vault.KeyId}
                where bot_id = {place.Bot} and generation = {place.Generation} and path = {place.Path} and length = {length}
                """, ct);
        }
        return new(due.Count - unopened, unopened, due.Count < limit ? null : due[^1].Place.ToString());
    }

    private async Task<bool> ResealAsync(Guid bot, string prefix, CancellationToken ct)
    {
        string? after = null;
        do
        {
            var page = await objects.ListAsync(prefix, after, ObjectStore.PageMax, ct);
            foreach (var one in page.Objects)
            {
                if (await ReadAsync(one.Key, ct) is not { } bytes) { continue; }
                if (Vault.IsSealed(bytes) && !vault.NeedsResealing(bytes)) { continue; }
                // Earlier ones were kept as they were; they are text, so that none looks sealed.
                var plain = Vault.IsSealed(bytes) ? Open(bot, one.Key, bytes) : bytes;
                if (plain is null) { return false; }
                using var content = new MemoryStream(Seal(bot, one.Key, plain), writable: false);
                await objects.PutAsync(one.Key, content, onlyIfNew: false, sha256: null, ct);
            }
            after = page.Next;
        }
        while (after is not null);
        return true;
    }

    private async Task<byte[]?> ReadAsync(string key, CancellationToken ct)
    {
        await using var content = await objects.GetAsync(key, default(ByteRange), ct);
        if (content is null) { return null; }
        using var bytes = new MemoryStream();
        await content.CopyToAsync(bytes, ct);
        return bytes.ToArray();
    }

    private readonly record struct Place(Guid Bot, int Generation, string Path)
    {
        public static Place Parse(string? text) => text?.Split('/', 3) is [var bot, var generation, var path]
            ? new(Guid.Parse(bot), int.Parse(generation, CultureInfo.InvariantCulture), path)
            : new(Guid.Empty, 0, "");

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Bot}/{Generation}/{Path}");
    }
}
