using Microsoft.Extensions.Options;
using Wopr.Auth;
using Wopr.Kernel;
using Wopr.Testing;

namespace Wopr.Platform.Tests;

public sealed class SessionSecretTests
{
    private static readonly TestPostgres s_postgres = new(Schema.Steps);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_changed_secret_is_refused_until_the_loss_is_accepted()
    {
        await using var source = await s_postgres.CopyAsync(Ct);
        var db = new Db(source);
        Assert.Null(await Of(db, "first").FaultAsync(Ct));
        Assert.Null(await Of(db, "first").FaultAsync(Ct));

        var fault = await Of(db, "second").FaultAsync(Ct);
        Assert.Contains("everybody has to sign in again", fault!.Detail, StringComparison.Ordinal);
        Assert.False(await Of(db, "second").AllowsStartAsync(accept: false, Ct));

        Assert.True(await Of(db, "second").AllowsStartAsync(accept: true, Ct));
        Assert.Null(await Of(db, "second").FaultAsync(Ct));
        Assert.NotNull(await Of(db, "first").FaultAsync(Ct));
    }

    [Fact]
    public async Task With_the_previous_secret_named_both_kinds_of_replica_may_start()
    {
        await using var source = await s_postgres.CopyAsync(Ct);
        var db = new Db(source);
        await Of(db, "first").FaultAsync(Ct);

        Assert.Null(await Of(db, "second", previous: "first").FaultAsync(Ct));
        Assert.Null(await Of(db, "first").FaultAsync(Ct));
        Assert.Null(await Of(db, "second").FaultAsync(Ct));
    }

    [Fact]
    public async Task What_is_stored_does_not_tell_the_secret()
    {
        await using var source = await s_postgres.CopyAsync(Ct);
        var db = new Db(source);
        await Of(db, "first").FaultAsync(Ct);

        Assert.Equal(32, (await db.ValueAsync<byte[]>($"select hash from kernel.session_secret", Ct))!.Length);
        Assert.Equal(0, await db.ValueAsync<long>(
            $"select count(*) from kernel.session_secret s where encode(hash, 'escape') || encode(salt, 'escape') like '%first%'", Ct));
    }

    private static SessionSecret Of(Db db, string secret, string? previous = null) =>
        new(db, Options.Create(new AuthOptions { Secret = secret, PreviousSecret = previous }));
}
