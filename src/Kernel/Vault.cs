using System.Buffers.Binary;
using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Wopr.Kernel;

/// <summary>
/// Seals what must not be read from the database or a backup alone: AES-256-GCM with keys derived by HKDF from the
/// platform's secret, one per label, so that a key of one use opens nothing of another. The label and the owner are
/// bound to the text: copied to another row it does not open. Sealed bytes name the root they were sealed under, so
/// that several roots can be in use while one replaces another.
/// </summary>
/// <remarks>Layout: version 1 · key id 4 · nonce 12 · ciphertext · tag 16.</remarks>
public sealed class Vault
{
    public const int KeyIdLength = 4;

    /// <summary>How many bytes longer than the plain ones the sealed ones are.</summary>
    public const int Overhead = HeadLength + NonceLength + TagLength;

    private const byte Version = 1;
    private const int HeadLength = 1 + KeyIdLength;
    private const int NonceLength = 12;
    private const int TagLength = 16;

    private readonly Root _current;
    private readonly Root[] _roots;

    public Vault(string secret, IReadOnlyList<string> previous)
    {
        _current = new(secret);
        _roots = [_current, .. previous.Select(text => new Root(text))];
    }

    /// <summary>Names the root that seals now. It tells nothing about it.</summary>
    public byte[] KeyId => [.. _current.Id];

    /// <summary>The key id that sealed bytes carry, by its place in them; for queries.</summary>
    public const int KeyIdOffset = 1;

    /// <summary>Keys to prove things with, one per root: make proofs with the first, take proofs made with any.</summary>
    public IReadOnlyList<byte[]> MacKeys(string label) => [.. _roots.Select(root => root.MacKey(label))];

    public byte[] Seal(string label, string owner, ReadOnlySpan<byte> plain)
    {
        var sealedBytes = new byte[plain.Length + Overhead];
        sealedBytes[0] = Version;
        _current.Id.CopyTo(sealedBytes, KeyIdOffset);
        var parts = new Parts(sealedBytes);
        RandomNumberGenerator.Fill(parts.Nonce);
        using var cipher = new AesGcm(_current.Key(label), TagLength);
        cipher.Encrypt(parts.Nonce, plain, parts.Text, parts.Tag, Binding(parts.Head, label, owner));
        return sealedBytes;
    }

    /// <summary>False when it was changed, belongs to another owner or use, or its root is not configured.</summary>
    public bool TryOpen(string label, string owner, byte[] sealedBytes, [NotNullWhen(true)] out byte[]? plain)
    {
        plain = null;
        if (!IsSealed(sealedBytes)) { return false; }
        var parts = new Parts(sealedBytes);
        foreach (var root in _roots)
        {
            if (!parts.Head[KeyIdOffset..].SequenceEqual(root.Id)) { continue; }
            var opened = new byte[parts.Text.Length];
            using var cipher = new AesGcm(root.Key(label), TagLength);
            try
            {
                cipher.Decrypt(parts.Nonce, parts.Text, parts.Tag, opened, Binding(parts.Head, label, owner));
                plain = opened;
                return true;
            }
            catch (AuthenticationTagMismatchException)
            {
                // Two roots may share a key id, so the next one is asked too.
            }
        }
        return false;
    }

    /// <summary>Looks like it: what was sealed, and no text, begins so.</summary>
    public static bool IsSealed(ReadOnlySpan<byte> bytes) => bytes.Length >= Overhead && bytes[0] == Version;

    public string SealText(string label, string owner, string plain) =>
        Base64Url.EncodeToString(Seal(label, owner, Encoding.UTF8.GetBytes(plain)));

    /// <summary>Null when it does not open.</summary>
    public string? OpenText(string label, string owner, string sealedText) =>
        TryBytes(sealedText, out var bytes) && TryOpen(label, owner, bytes, out var plain) ? Encoding.UTF8.GetString(plain) : null;

    /// <summary>Sealed under a root that is to go; open it and seal it again.</summary>
    public bool NeedsResealing(ReadOnlySpan<byte> sealedBytes) =>
        sealedBytes.Length < HeadLength || !sealedBytes[KeyIdOffset..HeadLength].SequenceEqual(_current.Id);

    public bool NeedsResealing(string sealedText) => !TryBytes(sealedText, out var bytes) || NeedsResealing(bytes);

    private static bool TryBytes(string text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;
        // Several texts can stand for the same bytes; only the one we wrote is ours.
        return bytes is not null && Base64Url.EncodeToString(bytes) == text;
    }

    // Lengths stand before the names, so that no two pairs of names read the same.
    private static byte[] Binding(ReadOnlySpan<byte> head, string label, string owner)
    {
        var (labelBytes, ownerBytes) = (Encoding.UTF8.GetBytes(label), Encoding.UTF8.GetBytes(owner));
        var binding = new byte[head.Length + 4 + labelBytes.Length + ownerBytes.Length];
        head.CopyTo(binding);
        BinaryPrimitives.WriteInt32BigEndian(binding.AsSpan(head.Length), labelBytes.Length);
        labelBytes.CopyTo(binding, head.Length + 4);
        ownerBytes.CopyTo(binding, head.Length + 4 + labelBytes.Length);
        return binding;
    }

    private readonly ref struct Parts(Span<byte> all)
    {
        public Span<byte> Head { get; } = all[..HeadLength];
        public Span<byte> Nonce { get; } = all.Slice(HeadLength, NonceLength);
        public Span<byte> Text { get; } = all[(HeadLength + NonceLength)..^TagLength];
        public Span<byte> Tag { get; } = all[^TagLength..];
    }

    private sealed class Root
    {
        private readonly byte[] _secret;
        private readonly ConcurrentDictionary<string, byte[]> _keys = new(StringComparer.Ordinal);

        public Root(string secret)
        {
            _secret = Encoding.UTF8.GetBytes(secret);
            Id = Derive("wopr/vault/key-id", KeyIdLength);
        }

        public byte[] Id { get; }

        public byte[] Key(string label) => _keys.GetOrAdd(label, name => Derive($"wopr/vault/key/{name}", 32));

        public byte[] MacKey(string label) => _keys.GetOrAdd($"mac/{label}", _ => Derive($"wopr/vault/mac/{label}", 32));

        private byte[] Derive(string info, int length) =>
            HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, length, salt: null, Encoding.UTF8.GetBytes(info));
    }
}
