using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Wopr.Audit;

/// <summary>An event as it is stored.</summary>
internal sealed record AuditEntry(
    long Id, DateTimeOffset At, string ActorKind, string ActorId, string? UserId, string? TenantId, string Action,
    string Target, string? Details, string? IpAddress)
{
    /// <summary>
    /// The hash of everything in the row. Each text stands behind its length, and absent is not empty, so that no two
    /// different rows read the same.
    /// </summary>
    public byte[] Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(number, Id);
        hash.AppendData(number);
        BinaryPrimitives.WriteInt64BigEndian(number, Microseconds(At));
        hash.AppendData(number);
        foreach (var text in (string?[])[ActorKind, ActorId, UserId, TenantId, Action, Target, Details, IpAddress])
        {
            var bytes = text is null ? [] : Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt64BigEndian(number, text is null ? -1 : bytes.Length);
            hash.AppendData(number);
            hash.AppendData(bytes);
        }
        return hash.GetHashAndReset();
    }

    public static long Microseconds(DateTimeOffset at) =>
        (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}

/// <param name="Actor">Kind and id: <c>user:4f…</c>.</param>
public sealed record AuditEntryView(
    long Id, DateTimeOffset At, string Actor, string? UserId, string? TenantId, string Action, string Target,
    JsonElement? Details, string? IpAddress)
{
    internal static AuditEntryView From(AuditEntry entry) => new(
        entry.Id, entry.At, $"{entry.ActorKind}:{entry.ActorId}", entry.UserId, entry.TenantId, entry.Action,
        entry.Target, entry.Details is null ? null : JsonElement.Parse(entry.Details), entry.IpAddress);
}
