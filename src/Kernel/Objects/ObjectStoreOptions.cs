using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Wopr.Kernel;

public sealed class ObjectStoreOptions : ISettings
{
    [Setting("S3_BUCKET", "The bucket that backups go to.")]
    public string Bucket { get; set; } = "wopr-backups";

    [Setting("DO_SPACES_REGION", "The region of the bucket, such as nyc3.")]
    public string? Region { get; set; }

    [Setting("DO_SPACES_ENDPOINT", "Where the S3 is, when it is not DigitalOcean Spaces of that region.")]
    public Uri? SpacesEndpoint { get; set; }

    [Setting("DO_SPACES_ACCESS_KEY", "The access key of the bucket. Without one, objects are kept in OBJECTS_DIR.")]
    public string? AccessKey { get; set; }

    [Setting("DO_SPACES_SECRET_KEY", "The secret key of the bucket.", Secret = true)]
    public string? SecretKey { get; set; }

    [Setting("OBJECTS_DIR", "The folder that holds objects when there is no bucket.")]
    public string? Folder { get; set; }

    // The runbooks write the bucket both ways.
    internal string BucketName => Bucket.StartsWith("s3://", StringComparison.Ordinal) ? Bucket[5..].TrimEnd('/') : Bucket;

    internal Uri Endpoint => SpacesEndpoint ?? new($"https://{Region}.digitaloceanspaces.com");

    public IEnumerable<string> Faults(bool production)
    {
        var bucket = (string?[])[Region, AccessKey, SecretKey];
        if (bucket.Any(part => part is not null) && bucket.Any(part => part is null))
        {
            yield return "DO_SPACES_REGION, DO_SPACES_ACCESS_KEY and DO_SPACES_SECRET_KEY belong together: "
                + "set all three, or none.";
        }
        if (Region is not null && !Region.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-'))
        {
            yield return "DO_SPACES_REGION must be a region's name, such as nyc3.";
        }
        if (BucketName.Length < 3
            || !BucketName.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-' or '.'))
        {
            yield return "S3_BUCKET must be a bucket's name: small letters, digits, dots and dashes.";
        }
        if (production && AccessKey is null && Folder is null)
        {
            yield return "DO_SPACES_ACCESS_KEY is missing. Set the DO_SPACES_ keys of a bucket, "
                + "or OBJECTS_DIR to keep objects on this machine.";
        }
    }
}

public static class ObjectStoreModule
{
    /// <summary>A bucket when there are keys to one, else a folder.</summary>
    public static void AddObjectStore(this IHostApplicationBuilder builder, SettingsReader settings)
    {
        var options = settings.Read<ObjectStoreOptions>();
        builder.Services.AddSingleton<ObjectStore>(_ => options.AccessKey is null
            ? new FolderStore(options.Folder ?? Path.Combine(".wopr", "objects"))
            : new S3Store(options));
    }
}
