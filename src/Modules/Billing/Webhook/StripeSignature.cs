using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Wopr.Billing;

internal enum SignatureFault { None, Malformed, Wrong, TooOld }

/// <summary>
/// The header <c>t=…,v1=…</c>: an HMAC of the moment and the raw body. The key is the whole whsec_… text. While a secret is
/// changed there are several secrets here and several signatures there, and any pair that agrees will do.
/// </summary>
internal static class StripeSignature
{
    public const int ToleranceSeconds = 300;

    private const int SignaturesMax = 10;

    public static SignatureFault Check(
        string header, ReadOnlySpan<byte> body, IReadOnlyList<string> secrets, DateTimeOffset now, out long? sentAt)
    {
        sentAt = null;
        if (!TryParse(header, out var at, out var signatures)) { return SignatureFault.Malformed; }
        sentAt = at;
        var agrees = false;
        foreach (var secret in secrets) { agrees |= Agrees(at, body, secret, signatures); }
        if (!agrees) { return SignatureFault.Wrong; }
        // A body that was heard once cannot be played back later.
        return Math.Abs(now.ToUnixTimeSeconds() - at) > ToleranceSeconds ? SignatureFault.TooOld : SignatureFault.None;
    }

    public static bool TryParse(string header, out long at, out List<byte[]> signatures)
    {
        (at, signatures) = (-1, []);
        foreach (var part in header.Split(',', SignaturesMax * 2))
        {
            if (part.Split('=', 2) is not [var name, var value]) { continue; }
            if (name.Trim() == "t")
            {
                if (!long.TryParse(value.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out at)) { return false; }
            }
            // Other schemes, such as v0 of old tests, prove nothing.
            else if (name.Trim() == "v1" && signatures.Count < SignaturesMax && Hex(value.Trim()) is { } signature)
            {
                signatures.Add(signature);
            }
        }
        return at is >= 0 and < 100_000_000_000 && signatures.Count > 0;
    }

    public static bool Agrees(long at, ReadOnlySpan<byte> body, string secret, IReadOnlyList<byte[]> signatures)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{at}.")));
        hash.AppendData(body);
        var expected = hash.GetHashAndReset();
        var agrees = false;
        foreach (var signature in signatures) { agrees |= CryptographicOperations.FixedTimeEquals(expected, signature); }
        return agrees;
    }

    private static byte[]? Hex(string text)
    {
        if (text.Length != HMACSHA256.HashSizeInBytes * 2 || !text.All(char.IsAsciiHexDigit)) { return null; }
        return Convert.FromHexString(text);
    }
}
