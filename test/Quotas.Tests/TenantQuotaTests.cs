using Npgsql;
using Wopr.Audit;
using Wopr.Kernel;
using Wopr.Testing;

namespace Wopr.Quotas.Tests;

public sealed class TenantQuotaTests : IAsyncLifetime
{
    private static readonly TestPostgres s_postgres = new(
    [
        .. Migration.Of(typeof(Db).Assembly, typeof(AuditModule).Assembly, typeof(QuotasModule).Assembly),
        new("shop", 1, "bot", "create schema shop; create table shop.bot (tenant_id text not null);"),
    ]);

    private static readonly Actor s_admin = new(ActorKind.Token, "admin") { IsPlatformAdmin = true };

    private NpgsqlDataSource _source = null!;
    private Db _db = null!;
    private TenantQuotas _quotas = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _source = await s_postgres.CopyAsync(Ct);
        _db = new(_source);
        _quotas = new(_db, new AuditLog(), [new(Quota.Instances, (db, tenant, ct) =>
            db.ValueAsync<long>($"select count(*) from shop.bot where tenant_id = {tenant}", ct))]);
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    [Fact]
    public async Task Of_many_racing_for_the_last_places_only_as_many_pass_as_there_are()
    {
        await SetAsync("t1", instances: 5);

        // Ten callers at a time, because the pool has ten connections.
        var outcomes = new List<Problem?>();
        for (var wave = 0; wave < 3; wave++)
        {
            outcomes.AddRange(await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => TakeAsync("t1"))));
        }

        Assert.Equal(5, outcomes.Count(outcome => outcome is null));
        Assert.Equal(5, await CountAsync("t1"));
        Assert.All(outcomes.OfType<Problem>(), problem => Assert.Equal("quota_exceeded", problem.Code));
    }

    [Fact]
    public async Task A_tenant_waits_for_nobody_but_itself()
    {
        await SetAsync("t1", instances: 1);
        await SetAsync("t2", instances: 1);

        await _db.TransactAsync(async tx =>
        {
            Assert.Null(await _quotas.CheckAsync(tx, "t1", Quota.Instances, 1, Ct));
            Assert.Null(await TakeAsync("t2").WaitAsync(Patience.Max, Ct));
            return 0;
        }, Ct);
    }

    [Fact]
    public async Task What_was_undone_leaves_its_place()
    {
        await SetAsync("t1", instances: 1);
        await Assert.ThrowsAsync<InvalidOperationException>(() => _db.TransactAsync<int>(async tx =>
        {
            await TakeAsync(tx, "t1");
            throw new InvalidOperationException("undone");
        }, Ct));

        Assert.Null(await TakeAsync("t1"));
        Assert.NotNull(await TakeAsync("t1"));
    }

    [Fact]
    public async Task The_refusal_says_how_much_is_in_use_and_what_to_do()
    {
        await SetAsync("t1", instances: 1);
        await TakeAsync("t1");

        var problem = await TakeAsync("t1");

        Assert.Equal("Instance quota exceeded: 1/1 in use (free plan). "
            + "Delete what you no longer need, or ask us for a higher limit.", problem?.Detail);
    }

    [Fact]
    public async Task Without_an_exception_the_plan_decides_and_instances_are_unlimited()
    {
        for (var index = 0; index < 20; index++) { Assert.Null(await TakeAsync("t1")); }

        var limits = await _quotas.LimitsAsync("t1", Ct);

        Assert.Equal((Plan.Free, null, 1), (limits.Plan, limits.Of(Quota.Instances).Max, limits.Of(Quota.Snapshots).Max));
    }

    [Fact]
    public async Task An_exception_goes_before_the_plan_until_it_is_cleared()
    {
        await _quotas.SetAsync(s_admin, "t1", "starter", new Dictionary<string, long?> { ["snapshots"] = 2 }, Ct);
        Assert.Equal(2, (await _quotas.LimitsAsync("t1", Ct)).Of(Quota.Snapshots).Max);

        await _quotas.SetAsync(s_admin, "t1", null, new Dictionary<string, long?> { ["snapshots"] = null }, Ct);
        Assert.Equal(new QuotaLimit(Quota.Snapshots, null, IsException: true), (await _quotas.LimitsAsync("t1", Ct)).Of(Quota.Snapshots));

        await _quotas.ClearAsync(s_admin, "t1", "snapshots", Ct);
        Assert.Equal(new QuotaLimit(Quota.Snapshots, 5, IsException: false), (await _quotas.LimitsAsync("t1", Ct)).Of(Quota.Snapshots));
    }

    [Fact]
    public async Task A_changed_plan_reaches_every_tenant_of_it()
    {
        await _quotas.SetPlanAsync(s_admin, "free", new Dictionary<string, long?> { ["instances"] = 1 }, Ct);

        Assert.Null(await TakeAsync("t1"));
        Assert.NotNull(await TakeAsync("t1"));
    }

    [Fact]
    public async Task Every_change_leaves_a_trace_with_the_old_and_the_new_value()
    {
        await SetAsync("t1", instances: 5);
        await SetAsync("t1", instances: 7);
        await _quotas.SetAsync(s_admin, "t1", "pro", new Dictionary<string, long?>(), Ct);
        await _quotas.ClearAsync(s_admin, "t1", "instances", Ct);
        await _quotas.SetPlanAsync(s_admin, "pro", new Dictionary<string, long?> { ["instances"] = 9 }, Ct);

        var trail = await _db.QueryAsync(
            $"select action || ' ' || target || ' ' || details::text from audit.event order by id", row => row.GetString(0), Ct);

        Assert.Equal(
        [
            """quotas.tenant_changed tenant:t1 {"instances":"unlimited -> 5"}""",
            """quotas.tenant_changed tenant:t1 {"instances":"5 -> 7"}""",
            """quotas.tenant_changed tenant:t1 {"plan":"free -> pro","snapshots":"1 -> 20"}""",
            """quotas.tenant_changed tenant:t1 {"instances":"7 -> unlimited"}""",
            """quotas.plan_changed plan:pro {"instances":"9"}""",
        ], trail);
    }

    [Fact]
    public async Task A_check_outside_a_transaction_is_a_bug() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => _quotas.CheckAsync(_db, "t1", Quota.Instances, 1, Ct));

    [Fact]
    public async Task A_check_of_what_nobody_counts_is_a_bug() => await Assert.ThrowsAsync<InvalidOperationException>(() =>
        _db.TransactAsync(tx => _quotas.CheckAsync(tx, "t1", Quota.Snapshots, 1, Ct), Ct));

    [Theory]
    [InlineData(5L, 4, 1, true)]
    [InlineData(5L, 5, 0, true)]
    [InlineData(5L, 5, 1, false)]
    [InlineData(5L, 9, 0, false)]
    [InlineData(0L, 0, 1, false)]
    [InlineData(5L, 1, long.MaxValue, false)]
    [InlineData(null, long.MaxValue, long.MaxValue, true)]
    public void A_limit_allows_what_fits(long? max, long used, long more, bool fits) =>
        Assert.Equal(fits, new QuotaLimit(Quota.Instances, max, IsException: false).Allows(used, more));

    private Task<Problem?> TakeAsync(string tenant) => _db.TransactAsync(tx => TakeAsync(tx, tenant), Ct);

    private async Task<Problem?> TakeAsync(Db tx, string tenant)
    {
        if (await _quotas.CheckAsync(tx, tenant, Quota.Instances, 1, Ct) is { } refusal) { return refusal; }
        await tx.ExecuteAsync($"insert into shop.bot (tenant_id) values ({tenant})", Ct);
        return null;
    }

    private async Task<long> CountAsync(string tenant) =>
        await _db.ValueAsync<long>($"select count(*) from shop.bot where tenant_id = {tenant}", Ct);

    private async Task SetAsync(string tenant, long? instances)
    {
        var outcome = await _quotas.SetAsync(s_admin, tenant, null, new Dictionary<string, long?> { ["instances"] = instances }, Ct);
        Assert.True(outcome.Succeeded(out _, out _));
    }
}
