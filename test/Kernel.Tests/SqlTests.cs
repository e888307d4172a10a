using Wopr.Testing;

namespace Wopr.Kernel.Tests;

public sealed class SqlTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_value_that_looks_like_sql_stays_a_value()
    {
        var db = new Db(await TestPostgres.EmptyAsync(Ct));
        var name = "'); drop table x; --";

        Assert.Equal(name, await db.ValueAsync<string>($"select {name}::text", Ct));
    }

    [Fact]
    public async Task Parts_keep_their_values_wherever_they_are_put()
    {
        var db = new Db(await TestPostgres.EmptyAsync(Ct));
        SqlPart rest = new($"{2}::text || {"c"}::text");
        SqlPart parts = new($"{"a"}::text || {1}::text || {rest}");

        Assert.Equal("xa12c, 7z", await db.ValueAsync<string>($"select {"x"}::text || {parts} || {$", {7}z"}::text", Ct));
    }

    [Fact]
    public async Task A_failed_transaction_leaves_nothing_behind()
    {
        var db = new Db(await TestPostgres.EmptyAsync(Ct));
        await db.ExecuteAsync($"create table note (body text)", Ct);

        await Assert.ThrowsAsync<InvalidOperationException>(() => db.TransactAsync<int>(async tx =>
        {
            await tx.ExecuteAsync($"insert into note values ('lost')", Ct);
            throw new InvalidOperationException("boom");
        }, Ct));

        Assert.Equal(0, await db.ValueAsync<long>($"select count(*) from note", Ct));
    }
}
