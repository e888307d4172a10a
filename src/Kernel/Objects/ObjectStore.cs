using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Wopr.Kernel;

/// <param name="Sha256">In lower case hex. The store does not keep it: who needs the object true keeps the hash.</param>
public sealed record PutObject(long Size, string Sha256);

public sealed record ObjectInfo(string Key, long Size, DateTimeOffset ModifiedAt);

/// <param name="Next">Pass it as <c>after</c> for the next page; null at the end.</param>
public sealed record ObjectPage(IReadOnlyList<ObjectInfo> Objects, string? Next);

/// <summary>Bytes from <paramref name="From"/>, to the end when no count is given.</summary>
public readonly record struct ByteRange(long From, long? Count = null);

/// <summary>The content is not what its hash says.</summary>
public sealed class ObjectCorruptException(string key) : IOException($"The object {key} is not what its hash says.");

/// <summary>
/// Large things by key: a folder, or a bucket of any S3. An object appears whole or not at all. A key is a path whose
/// segments are letters, digits and <c>. _ - = + @ :</c>, and none begins with a dot; no key is the folder of another.
/// </summary>
public abstract partial class ObjectStore
{
    public const int PageMax = 1000;

    private const int KeyCharsMax = 900;
    private const int SegmentCharsMax = 200;

    /// <summary>Stores the stream from where it stands. Null when only a new object was wanted and there is one.</summary>
    /// <param name="sha256">What the content must be; otherwise nothing is stored.</param>
    /// <exception cref="ObjectCorruptException">The content is not <paramref name="sha256"/>.</exception>
    public Task<PutObject?> PutAsync(string key, Stream content, bool onlyIfNew, string? sha256, CancellationToken ct) =>
        WriteAsync(Checked(key), content, onlyIfNew, sha256, ct);

    /// <summary>Null when there is none. A range past the end is empty.</summary>
    public Task<Stream?> GetAsync(string key, ByteRange range, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(range.From);
        if (range.Count is { } count) { ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count); }
        return ReadAsync(Checked(key), range, ct);
    }

    /// <summary>The whole object; null when there is none. Reading to the end throws when the content is not its hash.</summary>
    public async Task<Stream?> GetAsync(string key, string sha256, CancellationToken ct) =>
        await ReadAsync(Checked(key), default, ct) is { } content ? new HashedStream(content, key, sha256) : null;

    public Task<ObjectInfo?> HeadAsync(string key, CancellationToken ct) => FindAsync(Checked(key), ct);

    /// <summary>Objects whose key begins with the prefix, in the order of their keys.</summary>
    public Task<ObjectPage> ListAsync(string prefix, string? after, int max, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(max);
        if (prefix.Length > 0 && !IsKey(prefix.EndsWith('/') ? prefix[..^1] : prefix))
        {
            throw new ArgumentException("That is not the beginning of a key.", nameof(prefix));
        }
        return PageAsync(prefix, after, Math.Min(max, PageMax), ct);
    }

    /// <summary>Nothing when there is none.</summary>
    public Task DeleteAsync(string key, CancellationToken ct) => RemoveAsync(Checked(key), ct);

    protected abstract Task<PutObject?> WriteAsync(
        string key, Stream content, bool onlyIfNew, string? sha256, CancellationToken ct);

    protected abstract Task<Stream?> ReadAsync(string key, ByteRange range, CancellationToken ct);

    protected abstract Task<ObjectInfo?> FindAsync(string key, CancellationToken ct);

    protected abstract Task<ObjectPage> PageAsync(string prefix, string? after, int max, CancellationToken ct);

    protected abstract Task RemoveAsync(string key, CancellationToken ct);

    /// <summary>Copies while hashing, and flushes nothing.</summary>
    protected static async Task<PutObject> CopyAsync(
        string key, Stream from, Stream to, string? sha256, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[128 * 1024];
        long size = 0;
        while (await from.ReadAsync(buffer, ct) is var read and > 0)
        {
            hash.AppendData(buffer, 0, read);
            await to.WriteAsync(buffer.AsMemory(0, read), ct);
            size += read;
        }
        var actual = Convert.ToHexStringLower(hash.GetHashAndReset());
        return sha256 is null || actual.Equals(sha256, StringComparison.OrdinalIgnoreCase)
            ? new(size, actual)
            : throw new ObjectCorruptException(key);
    }

    public static bool IsKey(string key) => key.Length is > 0 and <= KeyCharsMax
        && key.Split('/').All(segment => segment.Length <= SegmentCharsMax && Segment().IsMatch(segment));

    private static string Checked(string key) => IsKey(key)
        ? key
        : throw new ArgumentException(
            "An object's key is a path of letters, digits and . _ - = + @ : whose parts begin with no dot.", nameof(key));

    [GeneratedRegex(@"\A[A-Za-z0-9_=+@:-][A-Za-z0-9._=+@:-]*\z")]
    private static partial Regex Segment();
}
