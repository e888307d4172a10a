using System.Text.Json;

namespace Wopr.Gateway.Protocols;

/// <summary>Images and files: OpenAI puts them into data URLs, Anthropic into sources.</summary>
internal static class Media
{
    /// <summary>Writes a source; false when the address is neither of the web nor base64 data.</summary>
    public static bool WriteSource(Utf8JsonWriter to, JsonElement address)
    {
        var url = address.Bytes();
        if (url.StartsWith("https://"u8) || url.StartsWith("http://"u8))
        {
            to.WriteStartObject("source"u8);
            to.WriteString("type"u8, "url"u8);
            to.WriteRaw("url"u8, address);
            to.WriteEndObject();
            return true;
        }
        if (!TryReadData(url, out var type, out var data)) { return false; }
        to.WriteStartObject("source"u8);
        to.WriteString("type"u8, "base64"u8);
        to.WriteString("media_type"u8, type);
        to.WriteString("data"u8, data);
        to.WriteEndObject();
        return true;
    }

    /// <summary>Writes a source's address; false when it is a file of the provider's or something unknown.</summary>
    public static bool WriteAddress(Utf8JsonWriter to, ReadOnlySpan<byte> name, JsonElement source)
    {
        var url = source.Get("url"u8);
        if (source.Get("type"u8).Is("url"u8) && url.IsText())
        {
            to.WriteRaw(name, url);
            return true;
        }
        if (!source.Get("type"u8).Is("base64"u8) || !source.Get("data"u8).IsText()) { return false; }
        var address = new RawText().Add("data:"u8).Add(source.Get("media_type"u8).Inside()).Add(";base64,"u8)
            .Add(source.Get("data"u8).Inside());
        to.WriteText(name, address);
        return true;
    }

    private static bool TryReadData(ReadOnlySpan<byte> url, out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> data)
    {
        type = data = default;
        var comma = url.IndexOf((byte)',');
        if (comma < 0 || !url.StartsWith("data:"u8) || !url[..comma].EndsWith(";base64"u8)) { return false; }
        type = url["data:".Length..(comma - ";base64".Length)];
        if (type.IndexOf((byte)';') is var more and >= 0) { type = type[..more]; }
        data = url[(comma + 1)..];
        return !type.IsEmpty;
    }
}
