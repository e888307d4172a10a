using Npgsql;
using Wopr.Gateway.Keys;
using Wopr.Kernel;

namespace Wopr.Gateway.Tests.Keys;

public sealed class KeyLimitsTests : IAsyncLifetime
{
    private static readonly Money s_dollar = new(1_000_000_000);
    private static readonly Money s_cent = Money.FromCents(1);

    private TestKeys _keys = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _keys = await TestKeys.StartAsync();
        // In the middle of a day's minute, so that no window ends while a test runs.
        var now = _keys.Clock.GetUtcNow();
        _keys.Clock.Pass(Window.DayOf(now).AddDays(40 - now.Day).AddHours(12).AddSeconds(5) - now);
    }

    public ValueTask DisposeAsync() => _keys.DisposeAsync();

    [Fact]
    public async Task A_key_makes_as_many_requests_a_minute_as_it_may()
    {
        var (replica, key) = await StartAsync(new("Report", RequestsPerMinute: 3));
        for (var time = 0; time < 3; time++) { Assert.Null(Admit(replica, key)); }

        var refused = Admit(replica, key)!;
        Assert.Equal(("rate_limit_exceeded", ProblemKind.LimitReached), (refused.Code, refused.Kind));
        Assert.Contains("\"Report\"", refused.Detail, StringComparison.Ordinal);
        Assert.InRange(refused.RetryAfter!.Value.TotalSeconds, 1, 55);
        Assert.Equal((3L, 0L), (replica.Limits.Rates(key).RequestsMax, replica.Limits.Rates(key).RequestsLeft));

        _keys.Clock.Pass(refused.RetryAfter.Value);
        Assert.Equal(3, replica.Limits.Rates(key).RequestsLeft);
        Assert.Null(Admit(replica, key));
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(0, 1000)]
    public async Task A_key_without_a_limit_of_its_own_has_the_platforms(int setting, int passes)
    {
        var replica = await _keys.ReplicaAsync(requestsPerMinute: setting);
        var key = await replica.KnowAsync((await _keys.MakeAsync()).Secret);
        for (var time = 0; time < passes; time++) { Assert.Null(Admit(replica, key)); }
        Assert.Equal(setting > 0 ? "rate_limit_exceeded" : null, Admit(replica, key)?.Code);
    }

    [Fact]
    public async Task Tokens_are_set_aside_and_corrected_by_what_was_used()
    {
        var (replica, key) = await StartAsync(new("Report", TokensPerMinute: 1000));
        Assert.Null(Admit(replica, key, tokens: 900));
        Assert.Equal("rate_limit_exceeded", Admit(replica, key, tokens: 200)?.Code);
        Assert.Equal(100, replica.Limits.Rates(key).TokensLeft);

        replica.Limits.Ended(key, 900, 300, Money.Zero, Money.Zero);
        Assert.Equal(700, replica.Limits.Rates(key).TokensLeft);
        Assert.Null(Admit(replica, key, tokens: 700));
        Assert.NotNull(Admit(replica, key, tokens: 1));

        var never = Admit(replica, key, tokens: 1001)!;
        Assert.Contains("Ask for fewer", never.Detail, StringComparison.Ordinal);
        Assert.Null(never.RetryAfter);
        Assert.Equal(Admit(replica, key, tokens: long.MaxValue)?.Code, never.Code);

        // What still runs counts to the next minute too.
        _keys.Clock.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(300, replica.Limits.Rates(key).TokensLeft);
    }

    [Fact]
    public async Task Races_at_the_edge_of_a_budget_pass_exactly_what_it_allows()
    {
        var (replica, key) = await StartAsync(new("Report", DailyBudget: 0.5m, MonthlyBudget: 10));
        var passed = 0;
        await Parallel.ForAsync(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Ct }, async (_, _) =>
        {
            await Task.Yield();
            if (Admit(replica, key, hold: s_cent) is { } problem) { Assert.Equal("insufficient_quota", problem.Code); }
            else { Interlocked.Increment(ref passed); }
        });
        Assert.Equal(50, passed);
    }

    [Fact]
    public async Task A_budget_holds_what_runs_and_keeps_what_was_charged()
    {
        var (replica, key) = await StartAsync(new("Report", DailyBudget: 1, MonthlyBudget: 1.5m));
        Assert.Null(Admit(replica, key, hold: s_dollar));
        Assert.NotNull(Admit(replica, key, hold: s_cent));
        replica.Limits.Ended(key, 0, 0, s_dollar, Money.FromCents(40));
        Assert.Null(Admit(replica, key, hold: Money.FromCents(60)));
        replica.Limits.Ended(key, 0, 0, Money.FromCents(60), Money.FromCents(60));

        var daily = Admit(replica, key, hold: s_cent)!;
        Assert.Equal((ProblemKind.PaymentRequired, "insufficient_quota"), (daily.Kind, daily.Code));
        Assert.Contains("daily budget of $1.00 of the key \"Report\"", daily.Detail, StringComparison.Ordinal);
        Assert.Contains("Gateway page", daily.Detail, StringComparison.Ordinal);
        Assert.Null(Admit(replica, key, hold: Money.Zero));

        _keys.Clock.Pass(TimeSpan.FromDays(1));
        key = await FreshAsync(replica, key);
        Assert.Null(Admit(replica, key, hold: Money.FromCents(50)));
        Assert.Contains("monthly budget of $1.50", Admit(replica, key, hold: s_cent)!.Detail, StringComparison.Ordinal);
        replica.Limits.Ended(key, 0, 0, Money.FromCents(50), Money.FromCents(50));
        _keys.Clock.Pass(TimeSpan.FromDays(31));
        key = await FreshAsync(replica, key);
        Assert.Null(Admit(replica, key, hold: s_dollar));
    }

    [Fact]
    public async Task Two_replicas_agree_on_requests_tokens_spending_and_holds()
    {
        var (one, key) = await StartAsync(new("Report", RequestsPerMinute: 10, TokensPerMinute: 1000, DailyBudget: 1, MonthlyBudget: 5));
        var two = await _keys.ReplicaAsync();
        await two.KnowAsync(_secret);

        for (var time = 0; time < 6; time++) { Assert.Null(Admit(one, key, tokens: 100, hold: Money.FromCents(10))); }
        one.Limits.Ended(key, 100, 50, Money.FromCents(10), Money.FromCents(20));
        await one.SyncAsync();
        await two.SyncAsync();

        var rates = two.Limits.Rates(key);
        Assert.Equal((4L, 450L), (rates.RequestsLeft, rates.TokensLeft));
        // 20 cents spent and 50 held elsewhere leave 30.
        Assert.Equal("insufficient_quota", Admit(two, key, hold: Money.FromCents(31))?.Code);
        Assert.Null(Admit(two, key, hold: Money.FromCents(30)));

        for (var time = 0; time < 5; time++) { one.Limits.Ended(key, 100, 0, Money.FromCents(10), Money.Zero); }
        two.Limits.Ended(key, 0, 0, Money.FromCents(30), Money.FromCents(30));
        for (var time = 0; time < 2; time++)
        {
            await one.SyncAsync();
            await two.SyncAsync();
        }
        foreach (var replica in (TestReplica[])[one, two])
        {
            Assert.Equal("insufficient_quota", Admit(replica, key, hold: Money.FromCents(51))?.Code);
            Assert.Equal(3, replica.Limits.Rates(key).RequestsLeft);
            Assert.Equal(950, replica.Limits.Rates(key).TokensLeft);
        }
        Assert.Equal(500_000_000, Assert.Single(await _keys.Verbs.ListAsync(TestKeys.Of("t1"), Ct)).SpentTodayNanos);
        Assert.Equal(0, await _keys.Db.ValueAsync<long>($"select count(*) from gateway.key_hold", Ct));
    }

    [Fact]
    public async Task A_replica_that_starts_knows_what_the_others_spent_before_its_first_request()
    {
        var (one, key) = await StartAsync(new("Report", MonthlyBudget: 1));
        Assert.Null(Admit(one, key, hold: s_dollar));
        one.Limits.Ended(key, 0, 0, s_dollar, Money.FromCents(90));
        await one.SyncAsync();

        var two = await _keys.ReplicaAsync();
        var known = await two.KnowAsync(_secret);
        Assert.Equal("insufficient_quota", Admit(two, known, hold: Money.FromCents(11))?.Code);
        Assert.Null(Admit(two, known, hold: Money.FromCents(10)));
    }

    [Fact]
    public async Task What_a_dead_replica_held_is_free_again_after_a_quarter_of_a_minute()
    {
        var (one, key) = await StartAsync(new("Report", DailyBudget: 1));
        Assert.Null(Admit(one, key, hold: s_dollar));
        await one.SyncAsync();
        var two = await _keys.ReplicaAsync();
        await two.KnowAsync(_secret);
        Assert.NotNull(Admit(two, key, hold: s_dollar));

        await _keys.Db.ExecuteAsync($"update gateway.key_teller set beat_at = beat_at - interval '16 s'", Ct);
        await two.SyncAsync();
        Assert.Null(Admit(two, key, hold: s_dollar));
    }

    [Fact]
    public async Task While_the_database_is_away_keys_with_a_budget_are_refused_after_a_quarter_of_a_minute_and_others_pass()
    {
        await using var door = new Door(_keys.Source);
        var replica = await _keys.ReplicaAsync(hears: false, source: door.Source);
        var (bound, free) = (await _keys.MakeAsync(new("Bound", DailyBudget: 1)), await _keys.MakeAsync(new("Free")));
        var (boundKey, freeKey) = (await replica.KnowAsync(bound.Secret), await replica.KnowAsync(free.Secret));
        await replica.SyncAsync();

        await door.CloseAsync();
        await Assert.ThrowsAnyAsync<Exception>(replica.SyncAsync);
        _keys.Clock.Pass(TimeSpan.FromSeconds(10));
        Assert.Null(Admit(replica, boundKey, hold: s_cent));
        _keys.Clock.Pass(TimeSpan.FromSeconds(6));
        Assert.Equal(("gateway.budget_unknown", ProblemKind.Unavailable), (Admit(replica, boundKey, hold: s_cent)!.Code, Admit(replica, boundKey)!.Kind));
        Assert.Null(Admit(replica, freeKey, hold: s_cent));

        door.Open();
        await KeyRingTests.EventuallyAsync(async () =>
        {
            try { await replica.SyncAsync(); }
            catch (Npgsql.NpgsqlException) { return false; }
            return true;
        });
        Assert.Null(Admit(replica, boundKey, hold: s_cent));
    }

    [Fact]
    public async Task What_was_told_is_counted_once_even_when_the_answer_was_lost()
    {
        await using var door = new Door(_keys.Source);
        var one = await _keys.ReplicaAsync(hears: false, source: door.Source);
        var key = await one.KnowAsync((await _keys.MakeAsync(new("Report", DailyBudget: 1))).Secret);
        Assert.Null(Admit(one, key, hold: s_dollar));
        one.Limits.Ended(key, 0, 0, s_dollar, Money.FromCents(30));

        // The commit happens, and whoever waits for it never hears of it.
        await ExecuteAsync("""
            create function gateway.slow() returns trigger language plpgsql as 'begin perform pg_sleep(0.7); return null; end';
            create constraint trigger slow after insert on gateway.key_count deferrable initially deferred
                for each row when (new.what = 'day') execute function gateway.slow();
            """);
        var told = one.SyncAsync();
        await KeyRingTests.EventuallyAsync(async () => await _keys.Db.ValueAsync<bool>($"""
            select exists (select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database())
            """, Ct));
        await door.CloseAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => told);
        await KeyRingTests.EventuallyAsync(async () =>
            await _keys.Db.ValueAsync<long>($"select count from gateway.key_count where what = 'day'", Ct) == 300_000_000);
        await ExecuteAsync("drop trigger slow on gateway.key_count");
        door.Open();
        Assert.Equal("insufficient_quota", Admit(one, key, hold: Money.FromCents(71))?.Code);
        await one.SyncAsync();
        await one.SyncAsync();
        Assert.Equal(300_000_000, Assert.Single(await _keys.Verbs.ListAsync(TestKeys.Of("t1"), Ct)).SpentTodayNanos);
        Assert.Null(Admit(one, key, hold: Money.FromCents(70)));
    }

    [Fact]
    public async Task Money_spent_in_the_last_second_of_a_day_is_told_of_that_day()
    {
        var (one, key) = await StartAsync(new("Report", DailyBudget: 1));
        var today = Window.DayOf(_keys.Clock.GetUtcNow());
        Assert.Null(Admit(one, key, hold: s_cent));
        one.Limits.Ended(key, 0, 0, s_cent, s_cent);
        _keys.Clock.Pass(TimeSpan.FromDays(1));
        Assert.Equal(0, (await _keys.Verbs.ShowAsync(TestKeys.Of("t1"), key.Id.ToString(), Ct)).Value!.SpentTodayNanos);
        await one.SyncAsync();
        Assert.Equal(s_cent.Nanos, await _keys.Db.ValueAsync<long>(
            $"select count from gateway.key_count where what = 'day' and starts_at = {today}", Ct));
    }

    [Fact]
    public async Task A_key_that_rests_is_let_go_and_comes_back_with_all_it_spent()
    {
        var (one, key) = await StartAsync(new("Report", DailyBudget: 1));
        Assert.Null(Admit(one, key, hold: s_dollar));
        one.Limits.Ended(key, 0, 0, s_dollar, Money.FromCents(90));
        await one.SyncAsync();
        _keys.Clock.Pass(TimeSpan.FromMinutes(3));
        await one.SyncAsync();
        Assert.Equal("gateway.budget_unknown", Admit(one, key, hold: s_cent)?.Code);
        key = await FreshAsync(one, key);
        Assert.Equal("insufficient_quota", Admit(one, key, hold: Money.FromCents(11))?.Code);
    }

    [Fact]
    public async Task Old_counts_and_old_keys_are_forgotten()
    {
        var (one, key) = await StartAsync(new("Report"));
        Assert.Null(Admit(one, key, tokens: 5, hold: s_cent));
        one.Limits.Ended(key, 5, 5, s_cent, s_cent);
        await one.SyncAsync();
        await _keys.Verbs.RevokeAsync(TestKeys.Of("t1"), key.Id.ToString(), Ct);
        Assert.Equal(["day", "month", "requests", "tokens"], await CountedAsync());
        foreach (var (days, left) in ((int, string[])[])[(1, ["day", "month"]), (41, ["month"]), (431, [])])
        {
            await UseSql.CleanAsync(_keys.Db, _keys.Clock.GetUtcNow().AddDays(days), Ct);
            Assert.Equal(left, await CountedAsync());
        }
        Assert.Equal(0, await _keys.Db.ValueAsync<long>($"select count(*) from gateway.key", Ct));
    }

    [Fact]
    public async Task It_tells_by_itself_every_second_and_takes_its_holds_back_when_it_stops()
    {
        var (one, key) = await StartAsync(new("Report", DailyBudget: 1));
        await one.Limits.StartAsync(Ct);
        Assert.Null(Admit(one, key, hold: s_cent));
        await KeyRingTests.EventuallyAsync(async () => await _keys.Db.ValueAsync<long>($"select count(*) from gateway.key_hold", Ct) == 1);
        one.Limits.Ended(key, 0, 0, s_cent, s_cent);
        Assert.Null(Admit(one, key, hold: s_cent));
        await one.Limits.StopAsync(Ct);
        Assert.Equal(0, await _keys.Db.ValueAsync<long>($"select count(*) from gateway.key_hold", Ct));
        Assert.Equal(s_cent.Nanos, await _keys.Db.ValueAsync<long>($"select count from gateway.key_count where what = 'day'", Ct));
    }

    [Fact]
    public async Task What_is_counted_while_it_tells_is_told_before_it_stops()
    {
        var (one, key) = await StartAsync(new("Report", DailyBudget: 1));
        Assert.Null(Admit(one, key, hold: s_cent));
        await one.SyncAsync();
        await using var connection = await _keys.Source.OpenConnectionAsync(Ct);
        await using var blocked = await connection.BeginTransactionAsync(Ct);
        await using var block = new NpgsqlCommand("update gateway.key_teller set beat_at = now()", connection, blocked);
        await block.ExecuteNonQueryAsync(Ct);
        await one.Limits.StartAsync(Ct);
        await KeyRingTests.EventuallyAsync(async () => await _keys.Db.ValueAsync<bool>(
            $"select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')", Ct));

        one.Limits.Ended(key, 0, 0, s_cent, s_cent);
        var stopping = one.Limits.StopAsync(Ct);
        await blocked.RollbackAsync(Ct);
        await stopping;

        Assert.Equal(s_cent.Nanos, await _keys.Db.ValueAsync<long>($"select count from gateway.key_count where what = 'day'", Ct));
    }

    private string _secret = "";

    private static Problem? Admit(TestReplica replica, GatewayKey key, long tokens = 0, Money hold = default) =>
        replica.Limits.Admit(key, tokens, hold);

    private async Task<(TestReplica Replica, GatewayKey Key)> StartAsync(CreateGatewayKey request)
    {
        var replica = await _keys.ReplicaAsync();
        _secret = (await _keys.MakeAsync(request)).Secret;
        return (replica, await replica.KnowAsync(_secret));
    }

    /// <summary>The key as a request finds it after a while.</summary>
    private async Task<GatewayKey> FreshAsync(TestReplica replica, GatewayKey key)
    {
        await replica.SyncAsync();
        Assert.Equal(key.Id, (await replica.KnowAsync(_secret)).Id);
        return key;
    }

    private Task<List<string>> CountedAsync() =>
        _keys.Db.QueryAsync($"select what from gateway.key_count order by what", row => row.GetString(0), Ct);

    private async Task ExecuteAsync(string sql)
    {
#pragma warning disable CA2100 // The text is this test's own.
        await using var command = _keys.Source.CreateCommand(sql);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(Ct);
    }
}
