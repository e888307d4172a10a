using System.Security.Cryptography;
using System.Text;

namespace Wopr.Auth;

/// <summary>A cookie value with its HMAC: <c>value.signature</c>, percent-encoded.</summary>
internal static class SignedValue
{
    private const int LengthMax = 512;

    public static string Sign(string value, byte[] key) =>
        Uri.EscapeDataString($"{value}.{Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(value)))}");

    /// <summary>The value, or null when it was not signed with one of the keys.</summary>
    public static string? Open(string? cookie, params ReadOnlySpan<byte[]> keys)
    {
        if (cookie is null || cookie.Length > LengthMax) { return null; }
        var text = cookie.Contains('%', StringComparison.Ordinal) ? Uri.UnescapeDataString(cookie) : cookie;
        var dot = text.LastIndexOf('.');
        if (dot < 1) { return null; }

        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (!Convert.TryFromBase64Chars(text.AsSpan(dot + 1), given, out var length) || length != given.Length) { return null; }
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        foreach (var key in keys)
        {
            HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text[..dot]), expected);
            if (CryptographicOperations.FixedTimeEquals(given, expected)) { return text[..dot]; }
        }
        return null;
    }
}
