using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Wopr.Kernel;
using Wopr.Testing;

namespace Wopr.Audit.Tests;

public sealed class AuditChainTests : IAsyncLifetime
{
    private static readonly TestPostgres s_postgres = new(Migration.Of(typeof(Db).Assembly, typeof(AuditModule).Assembly));

    private readonly AuditLog _log = new();
    private NpgsqlDataSource _source = null!;
    private Db _db = null!;
    private AuditSealer _sealer = null!;
    private AuditChain _chain = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _source = await s_postgres.CopyAsync(Ct);
        _db = new(_source);
        _sealer = Sealer(TimeSpan.FromSeconds(20));
        _chain = new(_db);
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    [Fact]
    public async Task Nothing_recorded_is_intact_and_needs_no_seal()
    {
        Assert.Equal(0, await _sealer.SealAsync(Ct));
        Assert.Equal(new(0, 0, 0, null, null), await _chain.VerifyAsync(Ct));
    }

    [Fact]
    public async Task What_is_sealed_verifies_and_the_rest_is_counted()
    {
        await WriteAsync(10);
        Assert.Equal(1, await _sealer.SealAsync(Ct));
        await WriteAsync(5);
        Assert.Equal(1, await _sealer.SealAsync(Ct));
        await WriteAsync(2);

        var report = await _chain.VerifyAsync(Ct);

        Assert.Null(report.Fault);
        // The first seal's announcement lies under the second.
        Assert.Equal((2, 16, 3), (report.Seals, report.Events, report.Unsealed));
        Assert.Equal(64, report.Head!.Length);
    }

    [Fact]
    public async Task An_idle_hour_makes_no_seal()
    {
        await WriteAsync(1);
        Assert.Equal(1, await _sealer.SealAsync(Ct));

        Assert.Equal(0, await _sealer.SealAsync(Ct));
    }

    [Theory]
    [InlineData("update audit.event set actor_id = 'somebody else' where id = 7")]
    [InlineData("update audit.event set details = '{\"n\": \"7\"}' where id = 7")]
    [InlineData("update audit.event set at = at + interval '1 microsecond' where id = 7")]
    [InlineData("update audit.event set user_id = tenant_id, tenant_id = user_id where id = 7")]
    [InlineData("update audit.event set ip_address = '' where id = 7")]
    [InlineData("delete from audit.event where id = 7")]
    [InlineData("update audit.event set id = default where id = 7")]
    public async Task A_tampered_event_is_named(string tampering)
    {
        await WriteAsync(20);
        await _sealer.SealAsync(Ct);
        await TamperAsync(tampering);

        var fault = (await _chain.VerifyAsync(Ct)).Fault;

        Assert.Equal((1, 7), (fault?.Seal, fault?.Event));
    }

    [Fact]
    public async Task The_last_event_of_a_seal_cannot_go_either()
    {
        await WriteAsync(20);
        await _sealer.SealAsync(Ct);
        await TamperAsync("delete from audit.event where id = 20");

        Assert.Equal(20, (await _chain.VerifyAsync(Ct)).Fault?.Event);
    }

    [Fact]
    public async Task An_event_put_under_a_seal_is_named()
    {
        await WriteAsync(3);
        await TamperAsync("delete from audit.event where id = 2");
        await _sealer.SealAsync(Ct);
        await TamperAsync("""
            insert into audit.event (id, actor_kind, actor_id, action, target)
            overriding system value values (2, 'user', 'x', 'never.happened', 'y')
            """);

        var fault = (await _chain.VerifyAsync(Ct)).Fault;

        Assert.Equal((1, 2), (fault?.Seal, fault?.Event));
        Assert.Contains("added", fault!.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_deleted_seal_is_named_even_when_it_is_the_last(int number)
    {
        for (var round = 0; round < 3; round++)
        {
            await WriteAsync(3);
            await _sealer.SealAsync(Ct);
        }
        await TamperAsync($"delete from audit.seal where number = {number}");

        Assert.Equal(number, (await _chain.VerifyAsync(Ct)).Fault?.Seal);
    }

    [Theory]
    [InlineData("update audit.seal set hour = hour - interval '1 hour' where number = 2")]
    [InlineData("update audit.seal set count = count + 1 where number = 2")]
    [InlineData("update audit.seal set previous_hash = sha256('x') where number = 2")]
    [InlineData("update audit.seal set leaves = substring(leaves for octet_length(leaves) - 40) where number = 2")]
    [InlineData("update audit.seal set events_hash = sha256('x') where number = 2")]
    public async Task A_tampered_seal_is_named(string tampering)
    {
        for (var round = 0; round < 3; round++)
        {
            await WriteAsync(3);
            await _sealer.SealAsync(Ct);
        }
        await TamperAsync(tampering);

        Assert.Equal(2, (await _chain.VerifyAsync(Ct)).Fault?.Seal);
    }

    [Fact]
    public async Task A_chain_rewritten_to_its_end_contradicts_what_was_announced()
    {
        await WriteAsync(3);
        await _sealer.SealAsync(Ct);
        await TamperAsync("update audit.event set actor_id = 'somebody else' where id = 2");
        await TamperAsync("delete from audit.seal");
        var entries = await AuditSql.RangeAsync(_db, 1, 3, 10, Ct);
        await AuditSql.InsertSealAsync(_db, Seal.Over(null, await AuditSql.HourAsync(_db, Ct), entries), Ct);

        Assert.Equal(1, (await _chain.VerifyAsync(Ct)).Fault?.Seal);
    }

    [Fact]
    public async Task An_open_transaction_cannot_slip_under_a_seal_and_writers_do_not_wait()
    {
        await WriteAsync(2);
        var written = new TaskCompletionSource();
        var mayCommit = new TaskCompletionSource();
        var slow = _db.TransactAsync(async tx =>
        {
            await WriteAsync(tx, "slow");
            written.SetResult();
            await mayCommit.Task;
            return 0;
        }, Ct);
        await written.Task;
        await WriteAsync(2);

        var sealing = _sealer.SealAsync(Ct);
        await Task.Delay(300, Ct);
        Assert.False(sealing.IsCompleted);
        await WriteAsync(1).WaitAsync(Patience.Max, Ct);
        mayCommit.SetResult();
        await slow;

        Assert.Equal(1, await sealing);
        var report = await _chain.VerifyAsync(Ct);
        Assert.Null(report.Fault);
        Assert.Equal(5, report.Events);
    }

    [Fact]
    public async Task A_writer_that_does_not_end_puts_the_seal_off()
    {
        await WriteAsync(2);
        await _db.TransactAsync(async tx =>
        {
            await WriteAsync(tx, "slow");
            Assert.Equal(0, await Sealer(TimeSpan.FromMilliseconds(200)).SealAsync(Ct));
            return 0;
        }, Ct);

        Assert.Equal(1, await _sealer.SealAsync(Ct));
        Assert.Equal(3, (await _chain.VerifyAsync(Ct)).Events);
    }

    [Fact]
    public async Task Writers_and_sealers_at_once_lose_nothing()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var sealers = Enumerable.Range(0, 2).Select(async _ =>
        {
            while (!stop.IsCancellationRequested) { await _sealer.SealAsync(Ct); }
        }).ToArray();
        var written = 0;
        await Task.WhenAll(Enumerable.Range(0, 5).Select(async writer =>
        {
            var random = new Random(writer);
            for (var round = 0; round < 60; round++)
            {
                var keep = random.Next(4) > 0;
                try
                {
                    await _db.TransactAsync(async tx =>
                    {
                        await WriteAsync(tx, $"{writer}/{round}");
                        await Task.Delay(random.Next(6), Ct);
                        await WriteAsync(tx, $"{writer}/{round}+");
                        return keep ? 0 : throw new InvalidOperationException("undone");
                    }, Ct);
                    Interlocked.Add(ref written, 2);
                }
                catch (InvalidOperationException)
                {
                    // Leaves gaps between the ids, as it should.
                }
            }
        }));
        await stop.CancelAsync();
        await Task.WhenAll(sealers);
        await _sealer.SealAsync(Ct);

        var report = await _chain.VerifyAsync(Ct);

        Assert.Null(report.Fault);
        Assert.True(report.Seals > 3, $"{report.Seals} seals");
        Assert.Equal(written, await _db.ValueAsync<long>(
            $"select count(*) from audit.event where action <> 'audit.sealed'", Ct));
        Assert.Equal(written + report.Seals, report.Events + report.Unsealed);
    }

    [Theory]
    [InlineData("update audit.event set actor_id = 'x'")]
    [InlineData("delete from audit.event")]
    [InlineData("truncate audit.event")]
    [InlineData("update audit.seal set count = 1")]
    [InlineData("delete from audit.seal")]
    [InlineData("truncate audit.seal")]
    public async Task The_application_cannot_change_the_trail(string tampering)
    {
        await using var app = await AppAsync();
        await WriteAsync(new Db(app), "by the application");
        Assert.Equal(1, await new AuditSealer(new(app), _log, TimeProvider.System, NullLogger<AuditSealer>.Instance).SealAsync(Ct));

        await using var command = app.CreateCommand(tampering);
        var error = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(Ct));

        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, error.SqlState);
        Assert.Null((await new AuditChain(new(app)).VerifyAsync(Ct)).Fault);
    }

    private AuditSealer Sealer(TimeSpan patience) =>
        new(_db, _log, TimeProvider.System, NullLogger<AuditSealer>.Instance) { Patience = patience };

    private async Task<NpgsqlDataSource> AppAsync()
    {
        var role = $"app_{Guid.CreateVersion7():n}";
        await TamperAsync($"create role {role} login");
        await new Migrator(_source, []).ApplyAsync(role, last: null, _ => { }, Ct);
        return NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_source.ConnectionString) { Username = role });
    }

    private async Task WriteAsync(int count)
    {
        for (var index = 0; index < count; index++) { await WriteAsync(_db, $"{index}"); }
    }

    private Task WriteAsync(Db db, string number) => _log.WriteAsync(db,
        new(ActorKind.User, "u1") { UserId = "u1", TenantId = "t1" },
        new("test.done", "thing:1", Details: new Dictionary<string, string> { ["n"] = number }), Ct);

    private async Task TamperAsync(string sql)
    {
#pragma warning disable CA2100 // Written above.
        await using var command = _source.CreateCommand(sql);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(Ct);
    }
}
