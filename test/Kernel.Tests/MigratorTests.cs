using Npgsql;
using Wopr.Testing;

namespace Wopr.Kernel.Tests;

public sealed class MigratorTests
{
    private static readonly Migration s_first = new("shop", 1, "item", "create schema shop; create table shop.item (id int);");
    private static readonly Migration s_second = new("shop", 2, "log",
        "create table shop.log (at int); comment on table shop.log is 'append-only: what happened';");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Steps_run_once_and_in_order()
    {
        await using var source = await TestPostgres.EmptyAsync(Ct);

        Assert.Equal(["shop/0001_item", "shop/0002_log"], Labels(await ApplyAsync(source, s_first, s_second)));
        Assert.Empty(await ApplyAsync(source, s_first, s_second));
    }

    [Fact]
    public async Task It_stops_at_the_step_that_was_named()
    {
        await using var source = await TestPostgres.EmptyAsync(Ct);
        var migrator = new Migrator(source, [s_first, s_second]);

        await migrator.ApplyAsync(appRole: null, last: "shop/0001", _ => { }, Ct);

        Assert.Equal(["shop/0002_log"], Labels(await migrator.PendingAsync(Ct)));
    }

    [Fact]
    public async Task An_edited_step_stops_everything()
    {
        await using var source = await TestPostgres.EmptyAsync(Ct);
        await ApplyAsync(source, s_first);

        var error = await Assert.ThrowsAsync<MigrationException>(() => ApplyAsync(source, s_first with { Text = "select 1" }));

        Assert.Contains("shop/0001_item was changed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_older_build_has_nothing_pending_and_sees_which_steps_are_newer()
    {
        await using var source = await TestPostgres.EmptyAsync(Ct);
        await ApplyAsync(source, s_first, s_second);

        var (pending, newer) = await new Migrator(source, [s_first]).CompareAsync(Ct);

        Assert.Empty(pending);
        Assert.Equal(["shop/0002_log"], newer);
    }

    [Fact]
    public async Task A_failing_step_changes_nothing()
    {
        await using var source = await TestPostgres.EmptyAsync(Ct);
        var broken = new Migration("shop", 1, "broken", "create schema shop; create table nowhere.x (id int);");

        await Assert.ThrowsAsync<MigrationException>(() => ApplyAsync(source, broken));

        Assert.Null(await new Db(source).ValueAsync<string>($"select to_regnamespace('shop')::text", Ct));
    }

    [Fact]
    public async Task Two_machines_migrating_at_once_do_it_once()
    {
        await using var source = await TestPostgres.EmptyAsync(Ct);

        var runs = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ApplyAsync(source, s_first, s_second)));

        Assert.Equal(2, runs.Sum(run => run.Count));
    }

    [Fact]
    public async Task The_application_cannot_change_what_is_append_only()
    {
        await using var source = await TestPostgres.EmptyAsync(Ct);
        var role = $"app_{Guid.CreateVersion7():n}";
        await using (var create = source.CreateCommand($"create role {role} login")) { await create.ExecuteNonQueryAsync(Ct); }
        await new Migrator(source, [s_first, s_second]).ApplyAsync(role, last: null, _ => { }, Ct);
        await using var appSource = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(source.ConnectionString) { Username = role });
        var app = new Db(appSource);

        await app.ExecuteAsync($"insert into shop.log values (1)", Ct);
        await app.ExecuteAsync($"insert into item values (1)", Ct);
        await app.ExecuteAsync($"delete from item", Ct);
        var error = await Assert.ThrowsAsync<PostgresException>(() => app.ExecuteAsync($"delete from shop.log", Ct));

        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, error.SqlState);
    }

    [Theory]
    [InlineData("drop table x;", true)]
    [InlineData("alter table x DROP COLUMN y;", true)]
    [InlineData("truncate x;", true)]
    [InlineData("alter table x drop y;", true)]
    [InlineData("drop\n  table x;", true)]
    [InlineData("drop schema x cascade;", true)]
    [InlineData("alter table x drop constraint y, drop z;", true)]
    [InlineData("-- drop table x;\nselect 1;", false)]
    [InlineData("/* truncate\n x */ select 1;", false)]
    [InlineData("alter table x drop constraint y; drop index z; alter table x alter y drop not null;", false)]
    public void A_step_that_loses_data_says_so(string text, bool destructive) =>
        Assert.Equal(destructive, new Migration("shop", 1, "x", text).IsDestructive);

    private static Task<IReadOnlyList<Migration>> ApplyAsync(NpgsqlDataSource source, params IReadOnlyList<Migration> steps) =>
        new Migrator(source, steps).ApplyAsync(appRole: null, last: null, _ => { }, Ct);

    private static IEnumerable<string> Labels(IReadOnlyList<Migration> steps) => steps.Select(step => step.Label);
}
