using System.Diagnostics;
using Npgsql;
using Wopr.Gateway.Keys;
using Wopr.Kernel;
using Wopr.Testing;

namespace Wopr.Gateway.Tests.Keys;

public sealed class KeyRingTests : IAsyncLifetime
{
    private TestKeys _keys = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _keys = await TestKeys.StartAsync();

    public ValueTask DisposeAsync() => _keys.DisposeAsync();

    [Fact]
    public async Task A_known_key_is_found_without_asking_or_allocating()
    {
        var made = await _keys.MakeAsync(new("Report", ["a/b"], 10, 500, 1, 2));
        var ring = await _keys.ReplicaAsync();
        var key = await ring.KnowAsync(made.Secret);
        Assert.Equal((made.Key.Id, "t1", "Report", 10, 500L), (key.Id.ToString(), key.TenantId, key.Name, key.RequestsPerMinute, key.TokensPerMinute));
        Assert.Equal((new Money(1_000_000_000), new Money(2_000_000_000)), (key.DailyBudget, key.MonthlyBudget));

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var time = 0; time < 1000; time++)
        {
            if (!ring.HasAtHand(made.Secret)) { throw new InvalidOperationException("It was asked for."); }
        }
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 5_000);
        Assert.Equal(1, ring.Lookups.Questions);
    }

    [Fact]
    public async Task A_revoked_key_stops_at_every_replica_within_a_second()
    {
        var made = await _keys.MakeAsync();
        TestReplica[] rings = [await _keys.ReplicaAsync(), await _keys.ReplicaAsync()];
        foreach (var ring in rings) { await ring.KnowAsync(made.Secret); }

        await _keys.Verbs.RevokeAsync(TestKeys.Of("t1"), made.Key.Id, Ct);
        var waited = Stopwatch.StartNew();
        foreach (var ring in rings)
        {
            while (await ring.FindAsync(made.Secret) is not null) { await Task.Delay(5, Ct); }
        }
        Assert.InRange(waited.ElapsedMilliseconds, 0, 1000);
    }

    [Fact]
    public async Task An_answer_that_a_revocation_overtook_is_not_kept()
    {
        var made = await _keys.MakeAsync();
        var ring = await _keys.ReplicaAsync();
        var asked = await _keys.Db.TransactAsync(async tx =>
        {
            // The look-up has found the key and waits for its tenant.
            await tx.ExecuteAsync($"lock table auth.tenant in access exclusive mode", Ct);
            var asked = ring.FindAsync(made.Secret).AsTask();
            await EventuallyAsync(async () => await _keys.Db.ValueAsync<bool>($"""
                select exists (select from pg_stat_activity where wait_event_type = 'Lock' and query like '%auth.tenant%'
                               and datname = current_database())
                """, Ct));
            await _keys.Verbs.RevokeAsync(TestKeys.Of("t1"), made.Key.Id, Ct);
            await Task.Delay(200, Ct);
            return asked;
        }, Ct);
        await asked;
        Assert.Null(await ring.FindAsync(made.Secret));
    }

    [Fact]
    public async Task A_replica_that_hears_nothing_sees_a_change_after_half_a_minute()
    {
        var made = await _keys.MakeAsync();
        var deaf = await _keys.ReplicaAsync(hears: false);
        await deaf.KnowAsync(made.Secret);
        await _keys.Verbs.RevokeAsync(TestKeys.Of("t1"), made.Key.Id, Ct);

        _keys.Clock.Pass(TimeSpan.FromSeconds(19));
        Assert.NotNull(await deaf.FindAsync(made.Secret));
        _keys.Clock.Pass(TimeSpan.FromSeconds(11));
        Assert.Null(await deaf.FindAsync(made.Secret));
    }

    [Fact]
    public async Task A_key_in_use_is_asked_for_anew_before_anybody_has_to_wait()
    {
        var made = await _keys.MakeAsync();
        var deaf = await _keys.ReplicaAsync(hears: false);
        await deaf.KnowAsync(made.Secret);
        _keys.Clock.Pass(TimeSpan.FromSeconds(21));

        for (var time = 0; time < 100; time++) { Assert.True(deaf.HasAtHand(made.Secret)); }
        await EventuallyAsync(() => deaf.Lookups.Questions == 2);
        await Task.Delay(300, Ct);
        _keys.Clock.Pass(TimeSpan.FromSeconds(19));
        Assert.True(deaf.HasAtHand(made.Secret));
    }

    [Fact]
    public async Task What_is_changed_on_a_key_holds_at_once()
    {
        var made = await _keys.MakeAsync();
        var ring = await _keys.ReplicaAsync();
        await ring.KnowAsync(made.Secret);

        await _keys.Verbs.UpdateAsync(TestKeys.Of("t1"), made.Key.Id, new("Other", ["x/y"]), Ct);
        await EventuallyAsync(async () => (await ring.KnowAsync(made.Secret)).Name == "Other");
        Assert.Equal(["x/y"], (await ring.KnowAsync(made.Secret)).Models);
    }

    [Fact]
    public async Task A_flood_of_wrong_secrets_asks_the_database_a_bounded_number_of_times()
    {
        var ring = await _keys.ReplicaAsync();
        var taken = Stopwatch.StartNew();
        await Parallel.ForAsync(0, 20_000, new ParallelOptions { MaxDegreeOfParallelism = 64, CancellationToken = Ct }, async (_, _) =>
            Assert.Null(await ring.FindAsync(KeySecret.New())));
        // No more often than every five milliseconds, however many come.
        Assert.InRange(ring.Lookups.Questions, 1, (taken.ElapsedMilliseconds / 5) + 2);
        Assert.InRange(ring.Lookups.Questions, 1, 2_000);
    }

    [Fact]
    public async Task The_same_wrong_secret_is_asked_for_once_in_ten_seconds()
    {
        var ring = await _keys.ReplicaAsync();
        var wrong = KeySecret.New();
        for (var time = 0; time < 500; time++) { Assert.Null(await ring.FindAsync(wrong)); }
        Assert.Equal(1, ring.Lookups.Questions);
        _keys.Clock.Pass(TimeSpan.FromSeconds(11));
        Assert.Null(await ring.FindAsync(wrong));
        Assert.Equal(2, ring.Lookups.Questions);
    }

    [Theory]
    [InlineData("")]
    [InlineData("wopr_sk_")]
    [InlineData("sk-ant-0123456789")]
    [InlineData("wopr_sk_0123456789012345678901234567890123456789x")]
    [InlineData("wopr_sk_012345678901234567890123456789012345678é")]
    [InlineData("wopr_sk_0123456789 01234567890123456789012345678")]
    public async Task What_cannot_be_a_secret_is_never_asked_for(string text)
    {
        var ring = await _keys.ReplicaAsync();
        Assert.Null(await ring.FindAsync(text));
        Assert.Equal(0, ring.Lookups.Questions);
    }

    [Fact]
    public async Task A_key_that_was_unknown_a_moment_ago_works_as_soon_as_it_is_there()
    {
        var ring = await _keys.ReplicaAsync();
        var (made, secret) = (await _keys.MakeAsync(), KeySecret.New());
        Assert.Null(await ring.FindAsync(secret));

        await _keys.Db.ExecuteAsync($"update gateway.key set hash = {Token.Hash(secret)}", Ct);
        await _keys.Db.ExecuteAsync($"select pg_notify('gateway_key', {KeyHash.Of(Token.Hash(secret)).ToString()})", Ct);
        await EventuallyAsync(async () => (await ring.FindAsync(secret))?.Id.ToString() == made.Key.Id);
    }

    [Fact]
    public async Task An_expired_key_is_refused_from_its_very_moment_on()
    {
        var made = await _keys.MakeAsync(new("Short", ExpiresInDays: 1));
        var ring = await _keys.ReplicaAsync();
        _keys.Clock.Pass(TimeSpan.FromDays(1) - TimeSpan.FromSeconds(5));
        Assert.NotNull(await ring.FindAsync(made.Secret));
        _keys.Clock.Pass(TimeSpan.FromSeconds(5));
        Assert.Null(await ring.FindAsync(made.Secret));
    }

    [Fact]
    public async Task A_suspended_tenant_is_known_as_such_within_half_a_minute_and_an_erased_one_not_at_all()
    {
        var made = await _keys.MakeAsync();
        var ring = await _keys.ReplicaAsync();
        Assert.False((await ring.KnowAsync(made.Secret)).IsSuspended);
        foreach (var (status, isSuspended) in ((string, bool)[])[("suspended", true), ("active", false)])
        {
            await _keys.Db.ExecuteAsync($"update auth.tenant set status = {status} where id = 't1'", Ct);
            _keys.Clock.Pass(TimeSpan.FromSeconds(30));
            Assert.Equal(isSuspended, (await ring.KnowAsync(made.Secret)).IsSuspended);
        }
        await _keys.Db.ExecuteAsync($"update auth.tenant set status = 'erased' where id = 't1'", Ct);
        _keys.Clock.Pass(TimeSpan.FromSeconds(30));
        Assert.Null(await ring.FindAsync(made.Secret));
    }

    [Fact]
    public async Task While_the_database_is_away_known_keys_work_for_five_minutes_and_others_fail()
    {
        var made = await _keys.MakeAsync();
        await using var door = new Door(_keys.Source);
        var ring = await _keys.ReplicaAsync(hears: false, source: door.Source);
        await ring.KnowAsync(made.Secret);

        await door.CloseAsync();
        for (var minute = 0; minute < 4; minute++)
        {
            _keys.Clock.Pass(TimeSpan.FromMinutes(1));
            Assert.NotNull(await ring.FindAsync(made.Secret));
        }
        Assert.NotNull(Problems.Database(await Assert.ThrowsAnyAsync<Exception>(async () => await ring.FindAsync(KeySecret.New()))));
        _keys.Clock.Pass(TimeSpan.FromMinutes(1));
        Assert.NotNull(Problems.Database(await Assert.ThrowsAnyAsync<Exception>(async () => await ring.FindAsync(made.Secret))));

        door.Open();
        await EventuallyAsync(async () =>
        {
            try { return await ring.FindAsync(made.Secret) is not null; }
            catch (NpgsqlException) { return false; }
        });
        Assert.Single(ring.Said, line => line.Contains("cannot be looked up", StringComparison.Ordinal));
        Assert.DoesNotContain(ring.Said, line => line.Contains(made.Secret[^12..], StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_was_missed_while_nobody_listened_is_found_when_the_listener_is_back()
    {
        var made = await _keys.MakeAsync();
        var ring = await _keys.ReplicaAsync();
        await ring.KnowAsync(made.Secret);

        await _keys.Db.ExecuteAsync($"update gateway.key set revoked_at = now()", Ct);
        Assert.NotNull(await ring.FindAsync(made.Secret));
        await _keys.Db.ExecuteAsync($"""
            select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and query like 'listen %'
            """, Ct);
        await EventuallyAsync(async () => await ring.FindAsync(made.Secret) is null);
    }

    internal static Task EventuallyAsync(Func<bool> there) => EventuallyAsync(() => Task.FromResult(there()));

    internal static async Task EventuallyAsync(Func<Task<bool>> there)
    {
        var waited = Stopwatch.StartNew();
        while (!await there())
        {
            Assert.True(waited.Elapsed < Patience.Max, "It did not happen.");
            await Task.Delay(10, Ct);
        }
    }
}
