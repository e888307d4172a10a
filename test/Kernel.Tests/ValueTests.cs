namespace Wopr.Kernel.Tests;

public sealed class ValueTests
{
    private sealed record Thing : IHasId
    {
        public static string IdPrefix => "thing";
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(9_999_999, 0)]
    [InlineData(10_000_000, 1)]
    [InlineData(-1, -1)]
    [InlineData(-10_000_000, -1)]
    public void Cents_round_down(long nanos, long cents) => Assert.Equal(cents, new Money(nanos).Cents);

    [Fact]
    public void Money_that_does_not_fit_is_an_error() =>
        Assert.Throws<OverflowException>(() => new Money(long.MaxValue) + new Money(1));

    [Fact]
    public void An_id_reads_back_as_it_was_written()
    {
        var id = Id<Thing>.New(TimeProvider.System);

        Assert.Equal(id, Id<Thing>.Parse(id.ToString(), null));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("thing_")]
    [InlineData("other_00000000000000000000000000000000")]
    [InlineData("thing_0000000000000000000000000000000")]
    [InlineData("thing_0000000000000000000000000000000G")]
    [InlineData("thing_0000000000000000000000000000000A")]
    [InlineData("thing_{000000000000000000000000000000}")]
    public void What_is_not_an_id_is_refused(string? text) => Assert.False(Id<Thing>.TryParse(text, null, out _));

    [Theory]
    [InlineData("postgres://u:p%40ss@db.example:5433/wopr", "db.example", 5433, "u", "p@ss", "wopr")]
    [InlineData("postgresql://u@127.0.0.1/wopr", "127.0.0.1", 5432, "u", null, "wopr")]
    public void A_database_url_is_read(string url, string host, int port, string user, string? password, string name)
    {
        Assert.True(PostgresUrl.TryParse(url, out var parsed));

        Assert.Equal((host, port, user, password, name),
            (parsed.Host, parsed.Port, parsed.Username, parsed.Password, parsed.Database));
    }

    [Theory]
    [InlineData("mysql://u@h/d")]
    [InlineData("postgres://h/d")]
    [InlineData("postgres://u@h/")]
    [InlineData("postgres://u@h/d?sslmode=never")]
    [InlineData("postgres://u@h/d?options=x")]
    [InlineData("postgres://u@h/d%00")]
    public void What_is_not_a_database_url_is_refused(string url) => Assert.False(PostgresUrl.TryParse(url, out _));
}
