using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Wopr.Kernel;

/// <summary>Objects in a bucket. The client signs every payload's hash, so what arrives damaged is refused.</summary>
internal sealed class S3Store(ObjectStoreOptions options) : ObjectStore, IDisposable
{
    private const long SinglePutMax = 64L * 1024 * 1024;

    private readonly AmazonS3Client _s3 = new(new BasicAWSCredentials(options.AccessKey, options.SecretKey), new AmazonS3Config
    {
        ServiceURL = options.Endpoint.AbsoluteUri,
        AuthenticationRegion = options.Region,
        ForcePathStyle = true,
        MaxErrorRetry = 3,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        Timeout = TimeSpan.FromMinutes(10),
        // Newer checksums are not understood by every S3.
        RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
        ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
    });

    public void Dispose() => _s3.Dispose();

    protected override async Task<PutObject?> WriteAsync(
        string key, Stream content, bool onlyIfNew, string? sha256, CancellationToken ct)
    {
        // Some S3s do not know the condition that goes with the upload, so ask first as well.
        if (onlyIfNew && await FindAsync(key, ct) is not null) { return null; }
        // Length and hash must be known before the first byte is sent, and a retry reads again.
        await using var spooled = Spool();
        var put = await CopyAsync(key, content, spooled, sha256, ct);
        spooled.Position = 0;
        try
        {
            if (put.Size <= SinglePutMax) { await PutAsync(key, spooled, onlyIfNew, ct); }
            else { await UploadAsync(key, spooled, onlyIfNew, ct); }
            return put;
        }
        catch (AmazonS3Exception error) when (onlyIfNew && error.StatusCode == HttpStatusCode.PreconditionFailed)
        {
            return null;
        }
    }

    protected override async Task<Stream?> ReadAsync(string key, ByteRange range, CancellationToken ct)
    {
        var request = new GetObjectRequest { BucketName = options.BucketName, Key = key };
        if (range != default)
        {
            request.ByteRange = new($"bytes={range.From}-{(range.Count is { } count ? range.From + count - 1 : null)}");
        }
        try
        {
            return (await _s3.GetObjectAsync(request, ct)).ResponseStream;
        }
        catch (AmazonS3Exception error) when (error.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
        catch (AmazonS3Exception error) when (error.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            return Stream.Null;
        }
    }

    protected override async Task<ObjectInfo?> FindAsync(string key, CancellationToken ct)
    {
        try
        {
            var found = await _s3.GetObjectMetadataAsync(new() { BucketName = options.BucketName, Key = key }, ct);
            return new(key, found.ContentLength, Time(found.LastModified));
        }
        catch (AmazonS3Exception error) when (error.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    protected override async Task<ObjectPage> PageAsync(string prefix, string? after, int max, CancellationToken ct)
    {
        var page = await _s3.ListObjectsV2Async(new()
        {
            BucketName = options.BucketName,
            Prefix = prefix,
            StartAfter = after,
            MaxKeys = max,
        }, ct);
        List<ObjectInfo> objects = [.. (page.S3Objects ?? []).Select(found =>
            new ObjectInfo(found.Key, found.Size ?? 0, Time(found.LastModified)))];
        return new(objects, page.IsTruncated == true && objects.Count > 0 ? objects[^1].Key : null);
    }

    protected override Task RemoveAsync(string key, CancellationToken ct) =>
        _s3.DeleteObjectAsync(new DeleteObjectRequest { BucketName = options.BucketName, Key = key }, ct);

    private Task PutAsync(string key, Stream content, bool onlyIfNew, CancellationToken ct) => _s3.PutObjectAsync(new()
    {
        BucketName = options.BucketName,
        Key = key,
        InputStream = content,
        AutoCloseStream = false,
        UseChunkEncoding = false,
        IfNoneMatch = onlyIfNew ? "*" : null,
    }, ct);

    private async Task UploadAsync(string key, Stream content, bool onlyIfNew, CancellationToken ct)
    {
        var upload = (await _s3.InitiateMultipartUploadAsync(options.BucketName, key, ct)).UploadId;
        try
        {
            List<PartETag> parts = [];
            while (content.Position < content.Length)
            {
                var part = await _s3.UploadPartAsync(new()
                {
                    BucketName = options.BucketName,
                    Key = key,
                    UploadId = upload,
                    PartNumber = parts.Count + 1,
                    InputStream = content,
                    FilePosition = content.Position,
                    PartSize = Math.Min(PartSize(content.Length), content.Length - content.Position),
                    UseChunkEncoding = false,
                }, ct);
                parts.Add(new(parts.Count + 1, part.ETag));
            }
            await _s3.CompleteMultipartUploadAsync(new()
            {
                BucketName = options.BucketName,
                Key = key,
                UploadId = upload,
                PartETags = parts,
                IfNoneMatch = onlyIfNew ? "*" : null,
            }, ct);
        }
        catch
        {
            // Parts of an upload that was given up are paid for until somebody removes them.
            await _s3.AbortMultipartUploadAsync(options.BucketName, key, upload, CancellationToken.None)
                .ContinueWith(_ => { }, TaskScheduler.Default);
            throw;
        }
    }

    // There may be ten thousand parts.
    private static long PartSize(long length) => Math.Max(SinglePutMax, (length / 9000) + 1);

    private static DateTimeOffset Time(DateTime? time) => new(time?.ToUniversalTime() ?? default, TimeSpan.Zero);

    private static FileStream Spool()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows()) { options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite; }
        return new(Path.Combine(Path.GetTempPath(), $"wopr-{Token.New()}"), options);
    }
}
