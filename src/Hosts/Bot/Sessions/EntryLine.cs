using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Wopr.Bot.Sessions;

/// <summary>
/// A line is JSON that begins with the checksum of the rest of it, always at the same place:
/// <c>{"sum":"0a1b2c3d","number":7,…}</c> and a line feed.
/// </summary>
internal static class EntryLine
{
    public const int BytesMax = 8 * 1024 * 1024;

    private static readonly EntryJson s_json = new(new(EntryJson.Default.Options)
    {
        // What people say stays readable in the file; a line feed is escaped all the same.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    private static ReadOnlySpan<byte> Head => "{\"sum\":\""u8;

    private static ReadOnlySpan<byte> Neck => "\","u8;

    private const int SumLength = 8;

    public static void Write(Entry entry, IBufferWriter<byte> to)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(entry, s_json.Entry);
        var rest = json.AsSpan(1);
        Span<byte> sum = stackalloc byte[SumLength];
        Sum(rest).TryFormat(sum, out _, "x8", null);
        to.Write(Head);
        to.Write(sum);
        to.Write(Neck);
        to.Write(rest);
        to.Write("\n"u8);
    }

    /// <summary>Null when it is not a line that was written whole.</summary>
    /// <param name="line">Without its line feed.</param>
    public static Entry? Read(ReadOnlySpan<byte> line)
    {
        var start = Head.Length + SumLength + Neck.Length;
        if (line.Length <= start || !line.StartsWith(Head) || !line[(Head.Length + SumLength)..].StartsWith(Neck)) { return null; }
        Span<byte> sum = stackalloc byte[SumLength];
        Sum(line[start..]).TryFormat(sum, out _, "x8", null);
        if (!line.Slice(Head.Length, SumLength).SequenceEqual(sum)) { return null; }
        try
        {
            return JsonSerializer.Deserialize(line, s_json.Entry);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }
        foreach (var one in bytes) { sum = BitOperations.Crc32C(sum, one); }
        return ~sum;
    }
}
