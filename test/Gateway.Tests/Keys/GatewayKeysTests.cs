using Wopr.Gateway.Keys;
using Wopr.Kernel;

namespace Wopr.Gateway.Tests.Keys;

public sealed class GatewayKeysTests : IAsyncLifetime
{
    private TestKeys _keys = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static Actor Owner => TestKeys.Of("t1");

    public async ValueTask InitializeAsync() => _keys = await TestKeys.StartAsync();

    public ValueTask DisposeAsync() => _keys.DisposeAsync();

    [Fact]
    public async Task A_secret_is_told_once_and_only_its_hash_is_kept()
    {
        var made = await _keys.MakeAsync(new("Nightly report", ["openai/gpt-4o"], 10, 5000, 1.5m, 20, Guid.CreateVersion7(), 30));

        Assert.Matches("^wopr_sk_[A-Za-z0-9]{40}$", made.Secret);
        Assert.EndsWith(made.Key.Hint, made.Secret, StringComparison.Ordinal);
        var shown = (await _keys.Verbs.ShowAsync(Owner, made.Key.Id, Ct)).Value!;
        Assert.Equal(["openai/gpt-4o"], shown.Models);
        Assert.Equal(made.Key with { Models = shown.Models }, shown);
        Assert.Equal((1.5m, 20m, 10, 5000L), (shown.DailyBudget, shown.MonthlyBudget, shown.RequestsPerMinute, shown.TokensPerMinute));
        Assert.Equal(shown.CreatedAt.AddDays(30), shown.ExpiresAt);
        Assert.Equal(0, await _keys.Db.ValueAsync<long>(
            $"select count(*) from gateway.key k where k::text like {$"%{made.Secret[^12..]}%"}", Ct));
        Assert.Equal(Token.Hash(made.Secret), await _keys.Db.ValueAsync<byte[]>($"select hash from gateway.key", Ct));
    }

    [Fact]
    public async Task What_is_set_replaces_what_was_set_before()
    {
        var made = await _keys.MakeAsync(new("One", ["a/b"], 10, 5000, 1.5m, 20));

        var changed = (await _keys.Verbs.UpdateAsync(Owner, made.Key.Id, new("Two", DailyBudget: 0), Ct)).Value!;

        Assert.Equal(("Two", 0m), (changed.Name, changed.DailyBudget));
        Assert.Empty(changed.Models);
        Assert.Null(changed.MonthlyBudget);
        Assert.Null(changed.RequestsPerMinute);
        Assert.Null(changed.TokensPerMinute);
    }

    [Fact]
    public async Task Everything_that_is_done_to_a_key_is_audited_without_its_secret()
    {
        var made = await _keys.MakeAsync();
        await _keys.Verbs.UpdateAsync(Owner, made.Key.Id, new("Daily report", MonthlyBudget: 2.5m), Ct);
        await _keys.Verbs.RevokeAsync(Owner, made.Key.Id, Ct);

        Assert.Equal(["gateway.key_created", "gateway.key_changed", "gateway.key_revoked"], await _keys.Db.QueryAsync(
            $"select action from audit.event where tenant_id = 't1' and target = {$"gateway_key:{made.Key.Id}"} order by id",
            row => row.GetString(0), Ct));
        Assert.Contains("\"monthlyBudget\":\"2.5\"", await _keys.Db.ValueAsync<string>(
            $"select details::text from audit.event where action = 'gateway.key_changed'", Ct), StringComparison.Ordinal);
        Assert.Equal(0, await _keys.Db.ValueAsync<long>(
            $"select count(*) from audit.event e where e::text like {$"%{made.Secret[^12..]}%"}", Ct));
    }

    [Fact]
    public async Task A_key_of_another_tenant_is_not_there()
    {
        var made = await _keys.MakeAsync();
        var foreign = TestKeys.Of("t2");

        Assert.Empty(await _keys.Verbs.ListAsync(foreign, Ct));
        Assert.Equal(KeyProblems.NotFound, (await _keys.Verbs.ShowAsync(foreign, made.Key.Id, Ct)).Problem);
        Assert.Equal(KeyProblems.NotFound, (await _keys.Verbs.UpdateAsync(foreign, made.Key.Id, new("Mine"), Ct)).Problem);
        Assert.Equal(KeyProblems.NotFound, (await _keys.Verbs.RevokeAsync(foreign, made.Key.Id, Ct)).Problem);
        Assert.Equal("Nightly report", Assert.Single(await _keys.Verbs.ListAsync(Owner, Ct)).Name);
        Assert.Equal(KeyProblems.NotFound, (await _keys.Verbs.ShowAsync(Owner, "gwkey_x", Ct)).Problem);
        Assert.Equal(Problems.TenantRequired, (await _keys.Verbs.CreateAsync(Actor.System, new("x"), Ct)).Problem);
    }

    [Fact]
    public async Task A_revoked_key_is_gone_for_every_verb()
    {
        var made = await _keys.MakeAsync();
        Assert.Null((await _keys.Verbs.RevokeAsync(Owner, made.Key.Id, Ct)).Problem);

        Assert.Empty(await _keys.Verbs.ListAsync(Owner, Ct));
        Assert.Equal(KeyProblems.NotFound, (await _keys.Verbs.UpdateAsync(Owner, made.Key.Id, new("Back"), Ct)).Problem);
        Assert.Equal(KeyProblems.NotFound, (await _keys.Verbs.RevokeAsync(Owner, made.Key.Id, Ct)).Problem);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("a\0b")]
    [InlineData("two\nlines")]
    [InlineData("bell\a")]
    [InlineData("\u0085")]
    [InlineData("turned \u202Etxt")]
    [InlineData("half a sign \uD83D")]
    [InlineData("\u2028")]
    public async Task A_name_that_would_mislead_is_refused(string name)
    {
        Assert.Equal(KeyProblems.BadName, (await _keys.Verbs.CreateAsync(Owner, new(name), Ct)).Problem);
        Assert.Empty(await _keys.Verbs.ListAsync(Owner, Ct));
    }

    [Theory]
    [InlineData("'); drop table gateway.key; --")]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("👩‍🚀 Ünïcödé")]
    public async Task Any_other_name_is_kept_as_it_is(string name) =>
        Assert.Equal(name, (await _keys.MakeAsync(new(name))).Key.Name);

    [Fact]
    public async Task A_name_has_at_most_a_hundred_signs()
    {
        Assert.Equal(KeyProblems.BadName, (await _keys.Verbs.CreateAsync(Owner, new(new string('n', 101)), Ct)).Problem);
        await _keys.MakeAsync(new(string.Concat(Enumerable.Repeat("🚀", 100))));
    }

    [Fact]
    public async Task What_cannot_be_set_is_refused()
    {
        await RefusesAsync(new("x", ["no spaces please"]), KeyProblems.BadModels);
        await RefusesAsync(new("x", [null!]), KeyProblems.BadModels);
        await RefusesAsync(new("x", [.. Enumerable.Range(0, 51).Select(number => $"m{number}")]), KeyProblems.BadModels);
        await RefusesAsync(new("x", RequestsPerMinute: 0), KeyProblems.BadRate);
        await RefusesAsync(new("x", TokensPerMinute: -1), KeyProblems.BadRate);
        await RefusesAsync(new("x", DailyBudget: -0.01m), KeyProblems.BadBudget);
        await RefusesAsync(new("x", MonthlyBudget: 1_000_001), KeyProblems.BadBudget);
        await RefusesAsync(new("x", ExpiresInDays: 0), KeyProblems.BadLife);
    }

    [Fact]
    public async Task Of_many_who_race_for_the_last_places_a_hundred_keys_come_out_and_bots_get_theirs()
    {
        for (var number = 0; number < 90; number++) { await _keys.MakeAsync(); }

        var raced = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _keys.Verbs.CreateAsync(Owner, new("race"), Ct)));

        Assert.Equal(10, raced.Count(made => made.Problem is null));
        Assert.All(raced.Where(made => made.Problem is not null), made => Assert.Equal(KeyProblems.TooMany, made.Problem));
        Assert.Null((await _keys.Verbs.CreateAsync(Actor.System with { TenantId = "t1" }, new("bot", BotId: Guid.CreateVersion7()), Ct)).Problem);
        await _keys.MakeAsync(tenant: "t2");

        await _keys.Verbs.RevokeAsync(Owner, raced.First(made => made.Value is not null).Value!.Key.Id, Ct);
        await _keys.MakeAsync();
    }

    [Fact]
    public async Task A_key_that_is_made_in_a_transaction_is_gone_with_it()
    {
        string? secret = null;
        await Assert.ThrowsAsync<InvalidOperationException>(() => _keys.Db.TransactAsync<Done>(async tx =>
        {
            var made = await _keys.Verbs.CreateAsync(tx, Actor.System with { TenantId = "t1" }, new("bot"), Ct);
            secret = made.Value!.Secret;
            throw new InvalidOperationException("The bot was not made after all.");
        }, Ct));

        Assert.Empty(await _keys.Verbs.ListAsync(Owner, Ct));
        Assert.Null(await (await _keys.ReplicaAsync()).FindAsync(secret!));
        Assert.Equal(0, await _keys.Db.ValueAsync<long>($"select count(*) from audit.event", Ct));
    }

    private async Task RefusesAsync(CreateGatewayKey request, Problem problem) =>
        Assert.Equal(problem, (await _keys.Verbs.CreateAsync(Owner, request, Ct)).Problem);
}
