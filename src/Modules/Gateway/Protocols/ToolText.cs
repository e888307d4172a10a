using System.Text;
using System.Text.Json;

namespace Wopr.Gateway.Protocols;

/// <summary>Small things of tools that one format has and the other has not.</summary>
internal static class ToolText
{
    /// <summary>Chat cannot say that a tool failed, so its result says so to the model.</summary>
    public static ReadOnlySpan<byte> FailedMark => "[tool error] "u8;

    /// <summary>Anthropic takes only letters, digits, _ and - in ids; other providers write dots and colons.</summary>
    public static void WriteId(Utf8JsonWriter writer, ReadOnlySpan<byte> name, JsonElement id) =>
        writer.WriteString(name, WithOnlyIdSigns(id.Bytes()));

    /// <summary>A call without an id gets one that no other call of the conversation has.</summary>
    public static void WriteId(
        Utf8JsonWriter writer, ReadOnlySpan<byte> name, ReadOnlySpan<byte> id, ReadOnlySpan<byte> answerId, int place)
    {
        byte[] made = id.IsEmpty ? [.. "call_"u8, .. Encoding.ASCII.GetBytes($"{place}_"), .. answerId] : id.ToArray();
        writer.WriteString(name, WithOnlyIdSigns(made));
    }

    private static byte[] WithOnlyIdSigns(ReadOnlySpan<byte> id)
    {
        var signs = id.ToArray();
        foreach (ref var sign in signs.AsSpan())
        {
            if (!char.IsAsciiLetterOrDigit((char)sign) && sign is not ((byte)'_' or (byte)'-')) { sign = (byte)'_'; }
        }
        return signs;
    }
}
