using System.Security.Cryptography;
using System.Text;

namespace Wopr.Kernel.Tests;

/// <summary>What every store promises; each kind runs all of it.</summary>
public abstract class ObjectStoreTests
{
    // A bucket is shared with other runs.
    private readonly string _run = $"run-{Token.New(12)}";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected abstract ObjectStore Store { get; }

    [Fact]
    public async Task What_was_put_is_there()
    {
        var put = await PutAsync("nightly/tenant_a.tar.gz", "hello");

        Assert.Equal((5L, Hash("hello")), (put!.Size, put.Sha256));
        Assert.Equal("hello", await TextAsync("nightly/tenant_a.tar.gz", default));
        var found = await Store.HeadAsync($"{_run}/nightly/tenant_a.tar.gz", Ct);
        Assert.Equal(5, found!.Size);
        Assert.InRange(DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds())
            - found.ModifiedAt, TimeSpan.FromMinutes(-1), TimeSpan.FromMinutes(1));
        await PutAsync("nightly/tenant_a.tar.gz", "replaced");
        Assert.Equal("replaced", await TextAsync("nightly/tenant_a.tar.gz", default));
    }

    [Fact]
    public async Task What_is_not_there_is_null_and_can_be_deleted()
    {
        Assert.Null(await Store.GetAsync($"{_run}/none", default(ByteRange), Ct));
        Assert.Null(await Store.GetAsync($"{_run}/none", Hash(""), Ct));
        Assert.Null(await Store.HeadAsync($"{_run}/none", Ct));
        await Store.DeleteAsync($"{_run}/none", Ct);
        await PutAsync("some", "x");
        await Store.DeleteAsync($"{_run}/some", Ct);
        Assert.Null(await Store.HeadAsync($"{_run}/some", Ct));
    }

    [Theory]
    [InlineData(0L, null, "0123456789")]
    [InlineData(4L, null, "456789")]
    [InlineData(2L, 3L, "234")]
    [InlineData(8L, 100L, "89")]
    [InlineData(10L, null, "")]
    [InlineData(99L, 1L, "")]
    public async Task A_part_can_be_read(long from, long? count, string expected)
    {
        await PutAsync("digits", "0123456789");

        Assert.Equal(expected, await TextAsync("digits", new(from, count)));
    }

    [Fact]
    public async Task Only_a_new_object_can_be_wanted()
    {
        Assert.NotNull(await PutAsync("once", "first", onlyIfNew: true));
        Assert.Null(await PutAsync("once", "second", onlyIfNew: true));

        Assert.Equal("first", await TextAsync("once", default));
    }

    [Fact]
    public async Task Content_that_is_not_its_hash_is_neither_stored_nor_read()
    {
        await Assert.ThrowsAsync<ObjectCorruptException>(() => PutAsync("bad", "damaged", sha256: Hash("whole")));
        Assert.Null(await Store.HeadAsync($"{_run}/bad", Ct));
        await PutAsync("good", "whole", sha256: Hash("whole"));

        await using var right = await Store.GetAsync($"{_run}/good", Hash("whole"), Ct);
        await using var wrong = await Store.GetAsync($"{_run}/good", Hash("other"), Ct);

        Assert.Equal("whole", await new StreamReader(right!).ReadToEndAsync(Ct));
        await Assert.ThrowsAsync<ObjectCorruptException>(() => new StreamReader(wrong!).ReadToEndAsync(Ct));
    }

    [Fact]
    public async Task They_are_listed_by_prefix_in_order_and_in_pages()
    {
        foreach (var key in (string[])["b/2", "a/1", "b/10", "bx", "b/x/y", "c"]) { await PutAsync(key, key); }

        List<string> seen = [];
        string? after = null;
        do
        {
            var page = await Store.ListAsync($"{_run}/b", after, 2, Ct);
            Assert.True(page.Objects.Count <= 2);
            seen.AddRange(page.Objects.Select(found => found.Key[(_run.Length + 1)..]));
            after = page.Next;
        }
        while (after is not null);

        Assert.Equal(["b/10", "b/2", "b/x/y", "bx"], seen);
        Assert.Equal(2, (await Store.ListAsync($"{_run}/b/", "", 2, Ct)).Objects.Count);
        Assert.Empty((await Store.ListAsync($"{_run}/none/", null, 10, Ct)).Objects);
    }

    [Fact]
    public async Task A_large_object_comes_back_the_same()
    {
        var content = RandomNumberGenerator.GetBytes((65 * 1024 * 1024) + 7);
        var put = await Store.PutAsync($"{_run}/large", new MemoryStream(content), onlyIfNew: true, sha256: null, Ct);

        await using var back = await Store.GetAsync($"{_run}/large", put!.Sha256, Ct);
        using var copy = new MemoryStream();
        await back!.CopyToAsync(copy, Ct);

        Assert.True(content.AsSpan().SequenceEqual(copy.ToArray()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/nowhere/at/all")]
    [InlineData("../up")]
    [InlineData("a/../../up")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData(".hidden/x")]
    [InlineData("a\\b")]
    [InlineData("a\nb")]
    [InlineData("a b")]
    [InlineData("ä")]
    [InlineData("a\0b")]
    public async Task A_key_that_leads_elsewhere_is_refused(string key)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Store.PutAsync(key, Stream.Null, onlyIfNew: false, sha256: null, Ct));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.GetAsync(key, default(ByteRange), Ct));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.HeadAsync(key, Ct));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.DeleteAsync(key, Ct));
        if (key is not ("" or "a/")) { await Assert.ThrowsAsync<ArgumentException>(() => Store.ListAsync(key, null, 1, Ct)); }
    }

    private protected Task<PutObject?> PutAsync(string key, string text, bool onlyIfNew = false, string? sha256 = null) =>
        Store.PutAsync($"{_run}/{key}", new MemoryStream(Encoding.UTF8.GetBytes(text)), onlyIfNew, sha256, Ct);

    private async Task<string> TextAsync(string key, ByteRange range)
    {
        await using var content = await Store.GetAsync($"{_run}/{key}", range, Ct);
        return await new StreamReader(content!).ReadToEndAsync(Ct);
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

public sealed class FolderStoreTests : ObjectStoreTests, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("wopr-objects-");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected override ObjectStore Store => new FolderStore(_folder.FullName);

    [Fact]
    public async Task Of_many_who_want_a_new_object_at_once_one_gets_it()
    {
        var puts = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => Task.Run(() =>
            PutAsync("once", $"{number}", onlyIfNew: true), Ct)));

        Assert.Single(puts, put => put is not null);
    }

    [Fact]
    public async Task The_order_is_that_of_whole_keys_not_of_folders()
    {
        foreach (var key in (string[])["b/1", "b-1", "a"]) { await PutAsync(key, key); }

        var keys = (await Store.ListAsync("", null, 10, Ct)).Objects.Select(found => found.Key.Split('/', 2)[1]);

        Assert.Equal(["a", "b-1", "b/1"], keys);
    }

    [Fact]
    public async Task An_upload_that_breaks_off_leaves_nothing()
    {
        await Assert.ThrowsAsync<IOException>(() =>
            Store.PutAsync("half", new BrokenStream(), onlyIfNew: false, sha256: null, Ct));

        Assert.Empty(_folder.EnumerateFiles("*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task An_unfinished_upload_is_never_listed()
    {
        var store = Store;
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, ".unfinished", "left-by-a-crash"), "half", Ct);

        Assert.Empty((await store.ListAsync("", null, 10, Ct)).Objects);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position++ == 0 ? ValueTask.FromResult(buffer.Length) : throw new IOException("The line is dead.");
    }
}

/// <summary>Runs where <c>TEST_S3</c> is the address of an S3 with a bucket wopr-backups, such as s3rver's.</summary>
public sealed class S3StoreTests : ObjectStoreTests
{
    private protected override ObjectStore Store
    {
        get
        {
            var address = Environment.GetEnvironmentVariable("TEST_S3");
            Assert.SkipWhen(address is null, "TEST_S3 is not set.");
            return new S3Store(new()
            {
                SpacesEndpoint = new(address!),
                Region = "us-east-1",
                AccessKey = "S3RVER",
                SecretKey = "S3RVER",
            });
        }
    }
}

public sealed class ObjectStoreOptionsTests
{
    [Fact]
    public void Half_a_bucket_is_a_fault_and_production_needs_a_bucket_or_a_folder()
    {
        Assert.Contains("belong together", Assert.Single(Faults(new() { ["DO_SPACES_REGION"] = "nyc3" })), StringComparison.Ordinal);
        Assert.Empty(Faults([]));
        Assert.Contains("DO_SPACES_ACCESS_KEY is missing",
            Assert.Single(Faults(new() { ["WOPR_ENV"] = "production" })), StringComparison.Ordinal);
        Assert.Empty(Faults(new() { ["WOPR_ENV"] = "production", ["OBJECTS_DIR"] = "/data/objects" }));
    }

    [Fact]
    public void The_names_of_the_runbooks_lead_to_the_bucket()
    {
        var variables = new Dictionary<string, string>
        {
            ["S3_BUCKET"] = "s3://wopr-backups",
            ["DO_SPACES_REGION"] = "nyc3",
            ["DO_SPACES_ACCESS_KEY"] = "key",
            ["DO_SPACES_SECRET_KEY"] = "secret",
        };

        var options = new SettingsReader(variables).Read<ObjectStoreOptions>();

        Assert.Equal(("wopr-backups", "https://nyc3.digitaloceanspaces.com/"), (options.BucketName, options.Endpoint.AbsoluteUri));
    }

    private static IReadOnlyList<string> Faults(Dictionary<string, string> variables)
    {
        var settings = new SettingsReader(variables);
        settings.Read<ObjectStoreOptions>();
        return settings.Faults;
    }
}
