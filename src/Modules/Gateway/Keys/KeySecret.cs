using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Wopr.Kernel;

namespace Wopr.Gateway.Keys;

internal static class KeySecret
{
    public const string Prefix = "wopr_sk_";
    public const int HintLength = 4;

    private const int RandomLength = 40;

    public const int Length = 8 + RandomLength;

    public static string New() => Prefix + Token.New(RandomLength);

    /// <summary>What cannot be a secret of ours is refused without asking anybody.</summary>
    public static bool Fits(string secret)
    {
        if (secret.Length != Length || !secret.StartsWith(Prefix, StringComparison.Ordinal)) { return false; }
        foreach (var sign in secret.AsSpan(Prefix.Length))
        {
            if (!char.IsAsciiLetterOrDigit(sign)) { return false; }
        }
        return true;
    }
}

/// <summary>The hash under which a secret is stored, as a value: looking a known one up allocates nothing.</summary>
internal readonly record struct KeyHash(ulong A, ulong B, ulong C, ulong D)
{
    private const int Bytes = 32;

    public static bool TryOf(string secret, out KeyHash hash)
    {
        hash = default;
        if (!KeySecret.Fits(secret)) { return false; }
        Span<byte> text = stackalloc byte[KeySecret.Length];
        Span<byte> digest = stackalloc byte[Bytes];
        Encoding.ASCII.GetBytes(secret, text);
        SHA256.HashData(text, digest);
        hash = Of(digest);
        return true;
    }

    public static KeyHash Of(ReadOnlySpan<byte> digest) => new(
        BinaryPrimitives.ReadUInt64BigEndian(digest), BinaryPrimitives.ReadUInt64BigEndian(digest[8..]),
        BinaryPrimitives.ReadUInt64BigEndian(digest[16..]), BinaryPrimitives.ReadUInt64BigEndian(digest[24..]));

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static bool TryParse(string text, out KeyHash hash)
    {
        hash = default;
        Span<byte> digest = stackalloc byte[Bytes];
        if (text.Length != Bytes * 2 || Convert.FromHexString(text, digest, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }
        hash = Of(digest);
        return true;
    }

    public byte[] ToArray()
    {
        var digest = new byte[Bytes];
        BinaryPrimitives.WriteUInt64BigEndian(digest, A);
        BinaryPrimitives.WriteUInt64BigEndian(digest.AsSpan(8), B);
        BinaryPrimitives.WriteUInt64BigEndian(digest.AsSpan(16), C);
        BinaryPrimitives.WriteUInt64BigEndian(digest.AsSpan(24), D);
        return digest;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{A:x16}{B:x16}{C:x16}{D:x16}");
}
