using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Wopr.Kernel;

namespace Wopr.Fleet;

/// <summary>Proves to a replica that another one asks: over method, place, time and body, good for half a minute.</summary>
internal sealed class ForwardSignature(Vault vault, TimeProvider time)
{
    public const string TimeHeader = "x-wopr-time";
    public const string Header = "x-wopr-signature";

    private const string Label = "internal-forward";

    private static readonly TimeSpan s_tolerance = TimeSpan.FromSeconds(30);

    /// <param name="place">Host, port and path, so that what one replica was asked cannot be repeated to another.</param>
    public (string Time, string Signature) Sign(string method, string place, ReadOnlySpan<byte> body)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        return (now, Hex(vault.MacKeys(Label)[0], Text(method, place, now, body)));
    }

    public bool IsGood(string method, string place, string at, string signature, ReadOnlySpan<byte> body)
    {
        if (!long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var millis)) { return false; }
        if (Math.Abs(time.GetUtcNow().ToUnixTimeMilliseconds() - millis) > s_tolerance.TotalMilliseconds) { return false; }
        var text = Text(method, place, at, body);
        var given = Encoding.UTF8.GetBytes(signature);
        var fits = false;
        foreach (var key in vault.MacKeys(Label)) { fits |= CryptographicOperations.FixedTimeEquals(given, Encoding.UTF8.GetBytes(Hex(key, text))); }
        return fits;
    }

    private static string Text(string method, string place, string at, ReadOnlySpan<byte> body) =>
        $"{method}\n{place}\n{at}\n{Convert.ToHexStringLower(SHA256.HashData(body))}";

    private static string Hex(byte[] key, string text) => Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));
}
