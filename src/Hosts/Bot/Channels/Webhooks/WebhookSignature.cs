using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Wopr.Bot.Channels.Webhooks;

/// <summary>"t=UNIX,v1=HEX": HMAC-SHA256 over "t.body" with the secret that both ends know. The same both ways.</summary>
internal static class WebhookSignature
{
    public const string Header = "X-Wopr-Signature";
    public const string DeliveryHeader = "X-Wopr-Delivery";

    private const int ValuesMax = 5;

    private static readonly TimeSpan s_tolerance = TimeSpan.FromMinutes(5);

    public static string Of(string secret, DateTimeOffset at, ReadOnlySpan<byte> body)
    {
        var time = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return $"t={time},v1={Convert.ToHexStringLower(Mac(secret, time, body))}";
    }

    /// <summary>Null: it is right; otherwise what is wrong with it.</summary>
    public static string? Fault(string secret, string? header, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        string? time = null;
        List<byte[]> macs = [];
        foreach (var part in (header ?? "").Split(',', ValuesMax + 1, StringSplitOptions.TrimEntries))
        {
            if (part.StartsWith("t=", StringComparison.Ordinal)) { time = part[2..]; }
            else if (part.StartsWith("v1=", StringComparison.Ordinal) && Hex(part[3..]) is { } mac) { macs.Add(mac); }
        }
        if (!long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || macs.Count == 0)
        {
            return $"Sign the request: {Header}: t=<unix time>,v1=<hex of HMAC-SHA256 over \"t.body\" with the channel's secret>.";
        }
        var right = Mac(secret, time, body);
        if (!macs.Any(mac => CryptographicOperations.FixedTimeEquals(mac, right)))
        {
            return "The signature is wrong. Sign the exact bytes of the body with this channel's secret.";
        }
        return Math.Abs(now.ToUnixTimeSeconds() - (double)seconds) > s_tolerance.TotalSeconds
            ? "The signature's time is more than 5 minutes off. Set the sender's clock and sign each try anew."
            : null;
    }

    private static byte[] Mac(string secret, string time, ReadOnlySpan<byte> body) =>
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), (byte[])[.. Encoding.UTF8.GetBytes($"{time}."), .. body]);

    private static byte[]? Hex(string text)
    {
        try { return Convert.FromHexString(text); }
        catch (FormatException) { return null; }
    }
}
