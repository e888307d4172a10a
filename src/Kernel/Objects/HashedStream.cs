using System.Security.Cryptography;

namespace Wopr.Kernel;

/// <summary>Passes content on, and at its end says when it was not what it should have been.</summary>
internal sealed class HashedStream(Stream content, string key, string sha256) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        count == 0 ? 0 : Seen(buffer.AsMemory(offset), content.Read(buffer, offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        buffer.Length == 0 ? 0 : Seen(buffer, await content.ReadAsync(buffer, cancellationToken));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
            content.Dispose();
        }
        base.Dispose(disposing);
    }

    private int Seen(Memory<byte> buffer, int read)
    {
        _hash.AppendData(buffer.Span[..read]);
        return read > 0 || Convert.ToHexStringLower(_hash.GetCurrentHash()).Equals(sha256, StringComparison.OrdinalIgnoreCase)
            ? read
            : throw new ObjectCorruptException(key);
    }
}
