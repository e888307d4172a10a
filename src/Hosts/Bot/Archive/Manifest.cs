using System.Text.Json.Serialization;

namespace Wopr.Bot.Archive;

/// <summary>The last file of an archive: what was put into it. Without it an archive is not whole.</summary>
internal sealed record Manifest(string Product, int Version, Guid Bot, DateTimeOffset ExportedAt, IReadOnlyList<ManifestEntry> Entries)
{
    public const string Path = "manifest.json";
    public const string OurProduct = "wopr-bot";
    public const int OurVersion = 1;
}

/// <param name="Sha256">In small hexadecimal letters.</param>
internal sealed record ManifestEntry(string Path, long Bytes, string Sha256);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(Manifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
