using Npgsql;
using Wopr.Kernel;
using Wopr.Testing;

namespace Wopr.Platform.Tests;

public sealed class MigrateVerbTests : IAsyncLifetime
{
    private static readonly Migration s_first = new("shop", 1, "item", "create schema shop; create table shop.item (id int, price int);");
    private static readonly Migration s_losing = new("shop", 2, "no_price", "alter table shop.item drop price;");
    private static readonly Migration s_third = new("shop", 3, "more", "alter table shop.item add name text;");

    private readonly string _dump = Path.GetTempFileName();
    private NpgsqlDataSource _source = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _source = await TestPostgres.EmptyAsync(Ct);
        await File.WriteAllTextAsync(_dump, "PGDMP and so on", Ct);
    }

    public async ValueTask DisposeAsync()
    {
        File.Delete(_dump);
        await _source.DisposeAsync();
    }

    [Fact]
    public async Task In_production_a_step_that_loses_data_needs_entry_dump_and_confirmation()
    {
        var step = s_losing.Label;
        RegisterEntry[] cleared = [new(step, "the prices", Cleared: true, "They live in shop.price since step 1.")];
        RegisterEntry[] open = [cleared[0] with { Cleared = false }];
        await File.WriteAllTextAsync($"{_dump}.half", "PGD", Ct);
        var old = $"{_dump}.old";
        File.Copy(_dump, old);
        File.SetLastWriteTimeUtc(old, TimeProvider.System.GetUtcNow().AddHours(-2).UtcDateTime);

        Assert.Equal(Exit.Migration, await MigrateAsync([], "--dump", _dump, "--allow-destructive", step));
        Assert.Equal(Exit.Migration, await MigrateAsync(open, "--dump", _dump, "--allow-destructive", step));
        Assert.Equal(Exit.Migration, await MigrateAsync(cleared, "--allow-destructive", step));
        Assert.Equal(Exit.Migration, await MigrateAsync(cleared, "--dump", old, "--allow-destructive", step));
        Assert.Equal(Exit.Migration, await MigrateAsync(cleared, "--dump", $"{_dump}.half", "--allow-destructive", step));
        Assert.Equal(Exit.Migration, await MigrateAsync(cleared, "--dump", _dump));
        Assert.Equal(Exit.Migration, await MigrateAsync(cleared, "--dump", _dump, "--allow-destructive", s_first.Label));
        Assert.Null(await Steps());

        Assert.Equal(Exit.Ok, await MigrateAsync(cleared, "--dump", _dump, "--allow-destructive", step));
        Assert.Equal("1,2,3", await Steps());
        File.Delete(old);
        File.Delete($"{_dump}.half");
    }

    [Fact]
    public async Task Outside_production_it_just_runs()
    {
        Assert.Equal(Exit.Ok, await RunAsync([], "development"));
        Assert.Equal("1,2,3", await Steps());
    }

    [Fact]
    public async Task It_stops_where_it_is_told_and_refuses_a_step_it_does_not_know()
    {
        Assert.Equal(Exit.Usage, await MigrateAsync([], "--to", "shop/0009"));
        Assert.Null(await Steps());
        Assert.Equal(Exit.Ok, await MigrateAsync([], "--to", "shop/0001"));
        Assert.Equal("1", await Steps());
        Assert.Equal(Exit.Ok, await MigrateAsync([], "--to", "shop/0001"));
        Assert.Equal("1", await Steps());
    }

    [Fact]
    public async Task A_plan_changes_nothing()
    {
        Assert.Equal(Exit.Ok, await MigrateAsync([], "--plan"));
        Assert.Null(await Steps());
    }

    [Fact]
    public void Every_step_of_ours_that_loses_data_stands_in_the_register() => Assert.Empty(
        Schema.Steps.Where(step => step.IsDestructive).Select(step => step.Label).Except(MigrationGate.BuiltIn().Select(entry => entry.Step)));

    private Task<int> MigrateAsync(RegisterEntry[] register, params string[] args) => RunAsync(register, "production", args);

    private Task<int> RunAsync(RegisterEntry[] register, string environment, params string[] args)
    {
        var variables = new Dictionary<string, string>
        {
            ["WOPR_ENV"] = environment,
            ["DATABASE_URL"] = TestPostgres.Url(_source),
            ["PLATFORM_SECRET"] = "fedcba9876543210fedcba9876543210",
        };
        return MigrateVerb.RunAsync(args, () => new(variables), [s_first, s_losing, s_third],
            new(register, TimeProvider.System));
    }

    private async Task<string?> Steps()
    {
        var db = new Db(_source);
        return await db.ValueAsync<string>($"select to_regclass('public.schema_history')::text", Ct) is null
            ? null
            : await db.ValueAsync<string>($"select string_agg(number::text, ',' order by number) from public.schema_history", Ct);
    }
}
