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
