using System.Text;
using Wopr.Kernel;

namespace Wopr.Fleet.Tests.Links;

/// <summary>What is kept of those files of bots that keys stand in.</summary>
public sealed class SealedFileTests : IAsyncLifetime
{
    private const string Token = "a-token-that-nobody-may-see";
    private const string Channels = "channels.json@1700000000000";
    private const string NextSecret = "0000111122223333444455556666777788889999";
    private const string Secret = "fedcba9876543210fedcba9876543210";

    private static readonly LinkPeer s_node = LinkPeer.Node("n");

    private Replica _replica = null!;
    private Guid _bot;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private ObjectStore Store => _replica.Get<ObjectStore>();

    private SealedFiles Files => _replica.Get<SealedFiles>();

    public async ValueTask InitializeAsync()
    {
        _replica = await Replica.StartAsync(Ct);
        _bot = await _replica.BotAsync(Ct, node: "n");
    }

    public ValueTask DisposeAsync() => _replica.DisposeAsync();

    [Theory]
    [InlineData(Channels)]
    [InlineData("tools.json@1700000000000")]
    public async Task A_token_is_in_no_object_and_opens_again(string path)
    {
        var file = $$"""{"token":"{{Token}}","more":"{{new string('x', 2 * Keeping.BytesMax)}}"}""";
        var bytes = Encoding.UTF8.GetBytes(file);
        long kept = 0;
        while (kept < bytes.Length)
        {
            var chunk = bytes[(int)kept..(int)Math.Min(bytes.Length, kept + Keeping.BytesMax)];
            var length = await KeepAsync(path, kept, chunk);
            Assert.Equal(kept + chunk.Length, length);
            // The answer was lost, so it comes again.
            Assert.Equal(length, await KeepAsync(path, kept, chunk));
            kept = length;
        }
        await KeepAsync("sessions/a.jsonl", 0, Encoding.UTF8.GetBytes("what was said"));

        var all = await AllAsync($"bots/tenant_{_bot:N}/");
        Assert.DoesNotContain(all.Values, content => Encoding.UTF8.GetString(content).Contains(Token, StringComparison.Ordinal));
        Assert.Equal(3, all.Count(one => one.Key.StartsWith(Prefix(path), StringComparison.Ordinal)));
        Assert.Equal(file, await OpenAsync(Files, path));
        // What was said must not be lost with a secret.
        Assert.Equal("what was said", Encoding.UTF8.GetString(all[$"{Prefix("sessions/a.jsonl")}000000000000"]));
    }

    [Fact]
    public async Task Of_many_that_send_the_same_at_once_the_file_opens_right()
    {
        var bytes = Encoding.UTF8.GetBytes(Token);
        await Task.WhenAll(Enumerable.Range(1, 10).Select(length => KeepAsync(Channels, 0, bytes[..length])));
        var kept = await KeepAsync(Channels, 99, []);
        while (kept < bytes.Length) { kept = await KeepAsync(Channels, kept, bytes[(int)kept..]); }

        Assert.Equal(Token, await OpenAsync(Files, Channels));
    }

    [Fact]
    public async Task An_object_that_came_before_its_row_counts()
    {
        var key = $"{Prefix(Channels)}000000000000";
        await PutAsync(key, Files.Seal(_bot, key, Encoding.UTF8.GetBytes(Token)));

        Assert.Equal(Token.Length, await KeepAsync(Channels, 0, Encoding.UTF8.GetBytes(Token[..3])));
        Assert.Equal(Token, await OpenAsync(Files, Channels));
    }

    [Fact]
    public async Task The_file_of_one_bot_cannot_take_the_place_of_anothers_nor_of_another_of_its_own()
    {
        await KeepAsync(Channels, 0, Encoding.UTF8.GetBytes(Token));
        var (key, content) = Assert.Single(await AllAsync(Prefix(Channels)));
        var other = await _replica.BotAsync(Ct, node: "n");

        Assert.NotNull(Files.Open(_bot, key, content));
        Assert.Null(Files.Open(other, key, content));
        Assert.Null(Files.Open(_bot, $"{Prefix("channels.json@1700000000001")}000000000000", content));
        Assert.Null(Files.Open(_bot, key.Replace("/1/", "/2/", StringComparison.Ordinal), content));
    }

    [Fact]
    public async Task A_change_of_the_platforms_secret_reaches_them()
    {
        await KeepAsync(Channels, 0, Encoding.UTF8.GetBytes(Token[..5]));
        var next = With(NextSecret, Secret);
        var (both, store) = (next.AsSealedStore(), Files.AsSealedStore());
        Assert.Equal((0, 1), (await store.DueAsync(Ct), await both.DueAsync(Ct)));
        // While replicas have either, one file may be under both.
        await new Keeping(_replica.Db, Store, next).KeepAsync(s_node, new(_bot, 1, Channels, 5, Encoding.UTF8.GetBytes(Token[5..])), Ct);
        Assert.Equal((1, 1), (await store.DueAsync(Ct), await both.DueAsync(Ct)));

        var end = Assert.Single(await new Resealer([both]).RunAsync(_ => { }, Ct));

        Assert.Equal((1, 0, 0), (end.Resealed, end.Unopened, end.Due));
        Assert.Equal(Token, await OpenAsync(With(NextSecret), Channels));
        await Assert.ThrowsAsync<InvalidOperationException>(() => OpenAsync(Files, Channels));
        Assert.Equal(Token.Length, await KeepAsync(Channels, 99, []));
    }

    [Fact]
    public async Task What_a_file_grows_by_while_it_is_sealed_again_is_not_forgotten()
    {
        await KeepAsync(Channels, 0, Encoding.UTF8.GetBytes(Token[..5]));
        var meanwhile = new Interrupted(Store, () => KeepAsync(Channels, 5, Encoding.UTF8.GetBytes(Token[5..])));

        var end = Assert.Single(await new Resealer([new SealedFiles(_replica.Db, meanwhile, new(NextSecret, [Secret])).AsSealedStore()])
            .RunAsync(_ => { }, Ct));

        Assert.Equal(0, end.Due);
        Assert.Equal(Token, await OpenAsync(With(NextSecret), Channels));
    }

    [Fact]
    public async Task What_no_secret_opens_stays_as_it_is_and_is_told()
    {
        await KeepAsync(Channels, 0, Encoding.UTF8.GetBytes(Token));

        var end = Assert.Single(await new Resealer([With(NextSecret).AsSealedStore()]).RunAsync(_ => { }, Ct));

        Assert.Equal((0, 1, 1), (end.Resealed, end.Unopened, end.Due));
        Assert.Equal(Token, await OpenAsync(Files, Channels));
    }

    [Fact]
    public async Task What_was_kept_in_plain_before_is_sealed()
    {
        var key = $"{Prefix(Channels)}000000000000";
        var file = $$"""{"token":"{{Token}}","name":"Ours"}""";
        await PutAsync(key, Encoding.UTF8.GetBytes(file));
        await _replica.Db.ExecuteAsync($"""
            insert into fleet.kept (bot_id, generation, path, length, kept_at) values ({_bot}, 1, {Channels}, {file.Length}, now())
            """, Ct);

        var end = Assert.Single(await new Resealer([Files.AsSealedStore()]).RunAsync(_ => { }, Ct));

        Assert.Equal((1, 0), (end.Resealed, end.Due));
        Assert.DoesNotContain(Token, Encoding.UTF8.GetString(Assert.Single(await AllAsync(Prefix(Channels))).Value), StringComparison.Ordinal);
        Assert.Equal(file, await OpenAsync(Files, Channels));
    }

    private string Prefix(string path) => KeptSql.Prefix($"tenant_{_bot:N}", 1, path);

    private SealedFiles With(string secret, params string[] previous) => new(_replica.Db, Store, new(secret, previous));

    private async Task<long> KeepAsync(string path, long offset, byte[] bytes) =>
        (await _replica.Get<Keeping>().KeepAsync(s_node, new(_bot, 1, path, offset, bytes), Ct)).Length;

    private async Task PutAsync(string key, byte[] bytes)
    {
        using var content = new MemoryStream(bytes);
        await Store.PutAsync(key, content, onlyIfNew: true, sha256: null, Ct);
    }

    private async Task<string> OpenAsync(SealedFiles files, string path)
    {
        List<byte> plain = [];
        foreach (var (key, content) in await AllAsync(Prefix(path)))
        {
            // Each begins where the ones before end.
            Assert.Equal($"{Prefix(path)}{plain.Count:D12}", key);
            plain.AddRange(files.Open(_bot, key, content) ?? throw new InvalidOperationException("It does not open."));
        }
        return Encoding.UTF8.GetString(plain.ToArray());
    }

    private async Task<SortedDictionary<string, byte[]>> AllAsync(string prefix)
    {
        SortedDictionary<string, byte[]> all = new(StringComparer.Ordinal);
        foreach (var one in (await Store.ListAsync(prefix, null, 100, Ct)).Objects)
        {
            await using var content = (await Store.GetAsync(one.Key, default(ByteRange), Ct))!;
            using var bytes = new MemoryStream();
            await content.CopyToAsync(bytes, Ct);
            all.Add(one.Key, bytes.ToArray());
        }
        return all;
    }

    /// <summary>Something happens before the first object is read.</summary>
    private sealed class Interrupted(ObjectStore store, Func<Task> meanwhile) : ObjectStore
    {
        private Func<Task>? _meanwhile = meanwhile;

        protected override async Task<Stream?> ReadAsync(string key, ByteRange range, CancellationToken ct)
        {
            await (Interlocked.Exchange(ref _meanwhile, null)?.Invoke() ?? Task.CompletedTask);
            return await store.GetAsync(key, range, ct);
        }

        protected override Task<PutObject?> WriteAsync(string key, Stream content, bool onlyIfNew, string? sha256, CancellationToken ct) =>
            store.PutAsync(key, content, onlyIfNew, sha256, ct);

        protected override Task<ObjectInfo?> FindAsync(string key, CancellationToken ct) => store.HeadAsync(key, ct);

        protected override Task<ObjectPage> PageAsync(string prefix, string? after, int max, CancellationToken ct) =>
            store.ListAsync(prefix, after, max, ct);

        protected override Task RemoveAsync(string key, CancellationToken ct) => store.DeleteAsync(key, ct);
    }
}
