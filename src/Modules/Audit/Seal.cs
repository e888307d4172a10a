using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Wopr.Audit;

/// <summary>One link of the chain: the events of a range of ids, bound to the link before.</summary>
internal sealed record Seal(
    long Number, DateTimeOffset Hour, long FirstId, long LastId, long Count, byte[] Leaves, byte[] EventsHash,
    byte[] PreviousHash, byte[] ChainHash)
{
    public const int LeafLength = 8 + SHA256.HashSizeInBytes;

    public static byte[] Beginning { get; } = new byte[SHA256.HashSizeInBytes];

    public static Seal Over(Seal? previous, DateTimeOffset hour, IReadOnlyList<AuditEntry> entries)
    {
        var leaves = new byte[entries.Count * LeafLength];
        for (var index = 0; index < entries.Count; index++)
        {
            var leaf = leaves.AsSpan(index * LeafLength, LeafLength);
            BinaryPrimitives.WriteInt64BigEndian(leaf, entries[index].Id);
            entries[index].Hash().CopyTo(leaf[8..]);
        }
        var seal = new Seal((previous?.Number ?? 0) + 1, hour, (previous?.LastId ?? 0) + 1, entries[^1].Id, entries.Count,
            leaves, SHA256.HashData(leaves), previous?.ChainHash ?? Beginning, []);
        return seal with { ChainHash = seal.Link() };
    }

    /// <summary>What <see cref="ChainHash"/> must be.</summary>
    public byte[] Link()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("wopr audit seal 1"u8);
        hash.AppendData(PreviousHash);
        Span<byte> number = stackalloc byte[8];
        foreach (var part in (long[])[Number, AuditEntry.Microseconds(Hour), FirstId, LastId, Count])
        {
            BinaryPrimitives.WriteInt64BigEndian(number, part);
            hash.AppendData(number);
        }
        hash.AppendData(EventsHash);
        return hash.GetHashAndReset();
    }

    public int LeafCount => Leaves.Length / LeafLength;

    public long LeafId(int index) => BinaryPrimitives.ReadInt64BigEndian(Leaves.AsSpan(index * LeafLength, 8));

    public ReadOnlySpan<byte> LeafHash(int index) => Leaves.AsSpan(index * LeafLength + 8, SHA256.HashSizeInBytes);
}
