using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>
/// Keeps what bots append to their files in the object store: <c>bots/NAME/GENERATION/PATH/OFFSET</c>, sealed where keys
/// stand in it. The row says how far a file is kept, and moves only after the object is there.
/// </summary>
internal sealed class Keeping(Db db, ObjectStore objects, SealedFiles files)
{
    public const int BytesMax = 256 * 1024;

    /// <summary>Repeated, it changes nothing; with a gap before it, nothing is kept and the answer says from where to go on.</summary>
    public async Task<SegmentKept> KeepAsync(LinkPeer node, Segment segment, CancellationToken ct)
    {
        if (segment.Bytes.Length > BytesMax || segment.Offset < 0) { throw Refused("fleet.segment", $"A segment is at most {BytesMax} bytes."); }
        var name = await NodeSql.NameOfAsync(db, node.Id, segment.BotId, segment.Generation, ct)
            ?? throw Refused("fleet.not_here", "This generation of this bot is not on this node.");
        var kept = await KeptSql.LengthAsync(db, segment, ct);
        if (segment.Offset > kept || segment.Offset + segment.Bytes.Length <= kept) { return new(kept); }
        var key = KeyOf(name, segment, kept);
        // What is kept already is not written twice: two objects would overlap.
        var bytes = segment.Bytes[(int)(kept - segment.Offset)..];
        var isSecret = SecretFiles.Has(segment.Path);
        using var content = new MemoryStream(isSecret ? files.Seal(segment.BotId, key, bytes) : bytes, writable: false);
        var put = await objects.PutAsync(key, content, onlyIfNew: true, sha256: null, ct);
        // It came before, perhaps with another length: what is there counts.
        var size = put?.Size ?? (await objects.HeadAsync(key, ct))?.Size
            ?? throw new InvalidOperationException("An object is there and is not.");
        var length = isSecret ? size - Vault.Overhead : size;
        await KeptSql.RaiseAsync(db, segment, kept, kept + length, put is null ? null : files.KeyId, ct);
        return new(await KeptSql.LengthAsync(db, segment, ct));
    }

    private static string KeyOf(string name, Segment segment, long offset)
    {
        var key = $"{KeptSql.Prefix(name, segment.Generation, segment.Path)}{offset:D12}";
        return ObjectStore.IsKey(key) ? key : throw Refused("fleet.path", "That is no path of a file that is kept.");
    }

    private static LinkRefusedException Refused(string code, string sentence) => new(new(code, sentence));
}

internal static class KeptSql
{
    /// <summary>Of the keys of all objects that make one file.</summary>
    public static string Prefix(string name, int generation, string path) => $"bots/{name}/{generation}/{path}/";

    public static Task<long> LengthAsync(Db db, Segment segment, CancellationToken ct) => db.ValueAsync<long>($"""
        select length
        from fleet.kept
        where bot_id = {segment.BotId} and generation = {segment.Generation} and path = {segment.Path}
        """, ct);

    /// <summary>Only from where it was; of two at once one does it.</summary>
    /// <param name="keyId">What it is sealed under, if it is; null when somebody else put it there.</param>
    public static Task RaiseAsync(Db db, Segment segment, long from, long to, byte[]? keyId, CancellationToken ct) => db.ExecuteAsync($"""
        insert into fleet.kept as k (bot_id, generation, path, length, kept_at, key_id)
        values ({segment.BotId}, {segment.Generation}, {segment.Path}, {to}, now(), {keyId}::bytea)
        on conflict (bot_id, generation, path) do update
        set length = excluded.length, kept_at = excluded.kept_at,
            key_id = case when k.key_id = excluded.key_id then k.key_id end
        where k.length = {from}
        """, ct);
}
