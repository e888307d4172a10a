using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Wopr.Audit;
using Wopr.Kernel;
using Wopr.Testing;

namespace Wopr.TenantKeys.Tests;

public sealed class RotationTests : IAsyncLifetime
{
    private const string Old = "old-0123456789abcdef0123456789abcdef";
    private const string New = "new-0123456789abcdef0123456789abcdef";

    private static readonly TestPostgres s_postgres = new(
        Migration.Of(typeof(Db).Assembly, typeof(AuditModule).Assembly, typeof(TenantKeysModule).Assembly));

    private NpgsqlDataSource _source = null!;
    private Db _db = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _source = await s_postgres.CopyAsync(Ct);
        _db = new(_source);
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    [Fact]
    public async Task Every_key_is_sealed_again_in_batches_that_tell_their_progress()
    {
        await StoreAsync(Store(Old), 250);
        var rotated = Store(New, Old);
        List<ResealProgress> told = [];

        var end = Assert.Single(await Resealer(rotated).RunAsync(told.Add, Ct));

        Assert.Equal(new("tenant_keys", 250, 0, 0), end);
        Assert.Equal([150, 50, 0], told.Select(progress => progress.Due));
        Assert.Equal("key-of-t7-0123456789", await Store(New).OpenAsync("t7", KeyProvider.Openai, Ct));
        Assert.Equal(0, await Resealer(rotated).DueAsync(Ct));
    }

    [Fact]
    public async Task While_replicas_run_with_either_secret_first_both_read_and_write_everything()
    {
        var before = Store(Old, New);
        var after = Store(New, Old);
        await StoreAsync(before, 20);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var traffic = new[] { before, after }.Select(async (store, replica) =>
        {
            var random = new Random(replica);
            while (!stop.IsCancellationRequested)
            {
                var tenant = $"t{random.Next(20)}";
                Assert.Equal($"key-of-{tenant}-0123456789", await store.OpenAsync(tenant, KeyProvider.Openai, Ct));
                await StoreOneAsync(store, tenant);
            }
        }).ToArray();

        for (var round = 0; round < 10; round++) { await Resealer(after).RunAsync(_ => { }, Ct); }
        await stop.CancelAsync();
        await Task.WhenAll(traffic);
        var ends = await Resealer(after).RunAsync(_ => { }, Ct);

        Assert.Equal(0, ends[0].Due);
        var alone = Store(New);
        for (var index = 0; index < 20; index++)
        {
            Assert.Equal($"key-of-t{index}-0123456789", await alone.OpenAsync($"t{index}", KeyProvider.Openai, Ct));
        }
    }

    [Fact]
    public async Task Two_replicas_sealing_again_at_once_share_the_work()
    {
        await StoreAsync(Store(Old), 300);

        var ends = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Resealer(Store(New, Old)).RunAsync(_ => { }, Ct)));

        Assert.Equal(300, ends.Sum(end => end[0].Resealed));
        Assert.Equal(0, await Resealer(Store(New)).DueAsync(Ct));
    }

    [Fact]
    public async Task Keys_whose_secret_is_gone_are_counted_and_left_as_they_are()
    {
        await StoreAsync(Store(Old), 3);
        await StoreOneAsync(Store(New), "t1");

        var end = Assert.Single(await Resealer(Store(New)).RunAsync(_ => { }, Ct));

        Assert.Equal(new("tenant_keys", 0, 2, 2), end);
        Assert.Equal("key-of-t0-0123456789", await Store(Old).OpenAsync("t0", KeyProvider.Openai, Ct));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Store(New).OpenAsync("t0", KeyProvider.Openai, Ct));
    }

    [Fact]
    public async Task A_row_copied_to_another_tenant_does_not_open()
    {
        var store = Store(Old);
        await StoreAsync(store, 2);
        await _db.ExecuteAsync($"""
            update tenant_keys.key set sealed = (select sealed from tenant_keys.key where tenant_id = 't0')
            where tenant_id = 't1'
            """, Ct);

        await Assert.ThrowsAsync<InvalidOperationException>(() => store.OpenAsync("t1", KeyProvider.Openai, Ct));
    }

    [Fact]
    public async Task Of_a_stored_key_the_database_shows_only_its_end()
    {
        await StoreAsync(Store(Old), 1);

        var row = await _db.ValueAsync<string>($"select key::text || encode(sealed, 'escape') from tenant_keys.key", Ct);

        Assert.Contains("6789", row!, StringComparison.Ordinal);
        Assert.DoesNotContain("key-of", row!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task There_is_no_key_where_none_was_stored() =>
        Assert.Null(await Store(Old).OpenAsync("t0", KeyProvider.Openai, Ct));

    private static Resealer Resealer(TenantKeyStore store) => new([store.AsSealedStore()]);

    private TenantKeyStore Store(string secret, params IReadOnlyList<string> previous) => new(
        _db, new Vault(secret, previous), new AuditLog(), TimeProvider.System, NullLogger<TenantKeyStore>.Instance);

    private static async Task StoreAsync(TenantKeyStore store, int count)
    {
        for (var index = 0; index < count; index++) { await StoreOneAsync(store, $"t{index}"); }
    }

    private static async Task StoreOneAsync(TenantKeyStore store, string tenant)
    {
        var actor = new Actor(ActorKind.User, "u") { TenantId = tenant, Role = Role.Owner };
        var outcome = await store.StoreAsync(actor, "openai", $"key-of-{tenant}-0123456789", label: null, Ct);
        Assert.True(outcome.Succeeded(out _, out _));
    }
}
