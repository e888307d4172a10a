using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Wopr.Bot.Turns;

/// <summary>A turn's id made of what began it: however often that comes, it is the same turn.</summary>
internal static class NamedTurn
{
    public static Guid Id(string name)
    {
        Span<byte> bytes = SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 16);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[6..], (ushort)(BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]) & 0x0FFF | 0x8000));
        bytes[8] = (byte)(bytes[8] & 0x3F | 0x80);
        return new(bytes, bigEndian: true);
    }
}
