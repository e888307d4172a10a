using Wopr.Kernel;

namespace Wopr.Credits.Tests;

public sealed class UsageTests : IAsyncLifetime
{
    private static readonly Actor s_tenant = new(ActorKind.User, "u") { UserId = "u", TenantId = "t", Role = Role.Owner };

    private TestLedger _home = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _home = await TestLedger.CreateAsync(Ct);
        await _home.PayAsync("t", "cs_1", Money.FromCents(1000), Ct);
    }

    public ValueTask DisposeAsync() => _home.DisposeAsync();

    [Fact]
    public async Task Sums_take_each_row_once_however_often_and_by_how_many_they_are_made()
    {
        var replica = await _home.StartAsync(Ct);
        for (var round = 1; round <= 3; round++)
        {
            await UseAsync(replica, count: 20);
            await Task.WhenAll(new UsageSums(_home.Db).RunAsync(Ct), new UsageSums(_home.Db).RunAsync(Ct));

            var usage = await new UsageReports(_home.Db, TimeProvider.System).ShowAsync(s_tenant, new(), Ct);
            Assert.Equal(20 * round, usage.Value!.Usage.Sum(window => window.EventCount));
            Assert.Equal(20 * round * Money.NanosPerCent, usage.Value.Usage.Sum(window => window.TotalCharge));
        }
        await AgreesAsync();
    }

    [Fact]
    public async Task Each_entry_of_the_history_shows_the_balance_it_left_also_on_later_pages()
    {
        for (var day = 1; day <= 6; day++)
        {
            await _home.Ledger.ChargeAsync(_home.Db, new("t", $"r:{day}", EntryKind.Runtime, Money.FromCents(17), "A day"), Ct);
        }
        History history = new(_home.Db);

        var first = (await history.ShowAsync(s_tenant, new(Limit: 3), Ct)).Value!;
        var second = (await history.ShowAsync(s_tenant, new(Limit: 3, Offset: 3), Ct)).Value!;
        var payments = (await history.ShowAsync(s_tenant, new(Type: "purchase"), Ct)).Value!;

        Assert.Equal(7, first.Total);
        Assert.Equal([898, 915, 932], first.Entries.Select(entry => new Money(entry.BalanceAfter).Cents));
        Assert.Equal([949, 966, 983], second.Entries.Select(entry => new Money(entry.BalanceAfter).Cents));
        Assert.Equal((1000, 1), (new Money(Assert.Single(payments.Entries).BalanceAfter).Cents, payments.Total));
        Assert.Equal("credits.unknown_type", (await history.ShowAsync(s_tenant, new(Type: "gold"), Ct)).Problem!.Code);
        Assert.Equal("auth.foreign_tenant", (await history.ShowAsync(s_tenant, new(Tenant: "x"), Ct)).Problem!.Code);
    }

    [Theory]
    [InlineData("update credits.account set free_nanos = free_nanos + 1", "The balance is not the sum of its entries")]
    [InlineData("update credits.account set owed_nanos = 1", "The debt is not the sum of its entries")]
    [InlineData("update credits.usage set charged_nanos = charged_nanos - 1", "What was used is not what was charged")]
    [InlineData("update credits.usage_hour set charged_nanos = charged_nanos - 1", "The hourly sums are not what was used")]
    public async Task Reconciling_names_what_does_not_agree(string damage, string what)
    {
        var replica = await _home.StartAsync(Ct);
        await UseAsync(replica, count: 1);
        await new UsageSums(_home.Db).RunAsync(Ct);
        await AgreesAsync();
        await ExecuteAsync(damage);

        var report = await new Reconciliation(_home.Db, TimeProvider.System).RunAsync(Ct);

        Assert.Contains(report.Differences, difference => difference.What == what && difference.Tenant == "t");
    }

    [Fact]
    public async Task A_limit_holds_exactly_whatever_runs_at_once()
    {
        await new SpendingCaps(TimeProvider.System).SetAsync(_home.Db, "t",
            [new("chat", CapPeriod.Day, Money.FromCents(30)), new(null, CapPeriod.Month, Money.FromCents(40))], Ct);
        TestReplica[] replicas = [await _home.StartAsync(Ct), await _home.StartAsync(Ct)];

        var chats = await RushAsync("chat");
        var images = await RushAsync("image");

        Assert.Equal(30, chats.Count(code => code is null));
        Assert.Equal(10, images.Count(code => code is null));
        Assert.All(chats.Concat(images).OfType<string>(), code => Assert.Equal("spending_cap_exceeded", code));

        async Task<string?[]> RushAsync(string capability)
        {
            var rush = await Task.WhenAll(Enumerable.Range(0, 60).Select(turn => RunAsync(replicas[turn % 2], capability)));
            // On a busy machine the other replica may give back its rest after the last of them has given up.
            List<string?> late = [];
            for (var turn = 0; turn < 10; turn++) { late.Add(await RunAsync(replicas[turn % 2], capability)); }
            return [.. rush, .. late];
        }
    }

    [Fact]
    public async Task The_hot_statements_never_read_a_whole_table_though_it_was_planned_while_empty()
    {
        await ExecuteAsync("vacuum analyze credits.start, credits.account, credits.allowance, credits.writer, credits.entry, credits.usage");
        await Task.Delay(1500, Ct);
        await ExecuteAsync("select pg_stat_reset()");
        var replica = await _home.StartAsync(Ct);

        for (var round = 0; round < 10; round++) { await UseAsync(replica, count: 90); }
        await Task.Delay(1500, Ct);

        var scanned = await _home.Db.QueryAsync($"""
            select relname || ': ' || seq_scan from pg_stat_user_tables
            where schemaname = 'credits' and seq_scan > 0
              and (relname in ('start', 'allowance', 'account', 'writer', 'entry') or relname like 'usage_2%')
            """, row => row.GetString(0), Ct);
        Assert.Empty(scanned);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _home.Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Ct);
    }

    private async Task AgreesAsync() =>
        Assert.Empty((await new Reconciliation(_home.Db, TimeProvider.System).RunAsync(Ct)).Differences);

    private static async Task UseAsync(TestReplica replica, int count) =>
        Assert.All(await Task.WhenAll(Enumerable.Range(0, count).Select(_ => RunAsync(replica, "chat"))), Assert.Null);

    /// <summary>One request of one cent; the code of its refusal, or null.</summary>
    private static async Task<string?> RunAsync(TestReplica replica, string capability)
    {
        MeteredRequest request = new(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), "t", null, capability, "p", "m", Money.FromCents(1));
        if ((await replica.Meter.StartAsync(request, Ct)).Problem is { } problem) { return problem.Code; }
        await replica.Meter.SettleAsync("t", request.RequestId, new("p", "m", 10, 5, new(1000), Money.FromCents(1)));
        return null;
    }
}
