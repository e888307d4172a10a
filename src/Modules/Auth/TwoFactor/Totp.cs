using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Wopr.Auth;

/// <summary>Six-digit codes that change every half minute (RFC 6238 as authenticator apps do it).</summary>
internal static class Totp
{
    private const string Issuer = "WOPR";
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const int SecretBytes = 20;
    private const int Digits = 6;
    private const int StepSeconds = 30;

    /// <summary>How many steps a phone's clock may be off, either way.</summary>
    private const int Drift = 1;

    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(SecretBytes);

    public static string Uri(byte[] secret, string account) =>
        $"otpauth://totp/{Issuer}:{System.Uri.EscapeDataString(account)}?secret={Encode(secret)}&issuer={Issuer}"
        + $"&digits={Digits}&period={StepSeconds}";

    /// <summary>The time step whose code this is, or null.</summary>
    public static long? StepOf(byte[] secret, string code, DateTimeOffset now)
    {
        var given = Encoding.UTF8.GetBytes(code.Trim());
        var current = now.ToUnixTimeSeconds() / StepSeconds;
        long? found = null;
        // Every step is compared, so that the time taken tells nothing.
        for (var step = current - Drift; step <= current + Drift; step++)
        {
            if (CryptographicOperations.FixedTimeEquals(given, Encoding.ASCII.GetBytes(Code(secret, step)))) { found = step; }
        }
        return found;
    }

    public static string CodeAt(byte[] secret, DateTimeOffset now) => Code(secret, now.ToUnixTimeSeconds() / StepSeconds);

    private static string Code(byte[] secret, long step)
    {
        Span<byte> counter = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> hash = stackalloc byte[HMACSHA1.HashSizeInBytes];
#pragma warning disable CA5350 // Authenticator apps know SHA-1 only; HMAC does not need collision resistance.
        HMACSHA1.HashData(secret, counter, hash);
#pragma warning restore CA5350
        var number = BinaryPrimitives.ReadInt32BigEndian(hash[(hash[^1] & 0xf)..]) & int.MaxValue;
        return (number % 1_000_000).ToString("d6", CultureInfo.InvariantCulture);
    }

    private static string Encode(byte[] bytes)
    {
        var text = new StringBuilder();
        var (bits, count) = (0, 0);
        foreach (var part in bytes)
        {
            (bits, count) = ((bits << 8) | part, count + 8);
            while (count >= 5)
            {
                count -= 5;
                text.Append(Base32[(bits >> count) & 31]);
            }
            bits &= (1 << count) - 1;
        }
        if (count > 0) { text.Append(Base32[(bits << (5 - count)) & 31]); }
        return text.ToString();
    }
}
