using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Wopr.Credits;
using Wopr.Credits.Metering;
using Wopr.Kernel;

namespace Wopr.LedgerBench;

/// <summary>Something that can start and settle a metered request.</summary>
internal interface IPairs : IAsyncDisposable
{
    Task<bool> RunAsync(string tenant);
}

internal static class Cost
{
    public static readonly Money Hold = new(2_000_000);
    public static readonly Money Price = new(1_234_567);
    public static readonly MeteredUse Use = new("bench", "model-large", 812, 301, new(900_000), Price);
}

internal sealed class OurPairs : IPairs
{
    private readonly LedgerDb _ledger;
    private readonly Listener _listener;
    private readonly LedgerWriter _writer;
    private readonly RequestMeter _meter;
    private readonly NpgsqlDataSource _source;

    private OurPairs(NpgsqlConnectionStringBuilder connection, Db db)
    {
        _source = NpgsqlDataSource.Create(connection);
        _ledger = new(connection);
        _listener = new(_source, NullLogger<Listener>.Instance);
        _writer = new(_ledger, _listener, new(), TimeProvider.System, NullLogger<LedgerWriter>.Instance);
        _meter = new(_writer, db, TimeProvider.System);
    }

    public static async Task<OurPairs> StartAsync(NpgsqlConnectionStringBuilder connection, Db db)
    {
        OurPairs pairs = new(connection, db);
        await pairs._listener.StartAsync(CancellationToken.None);
        await pairs._writer.StartAsync(CancellationToken.None);
        return pairs;
    }

    public async Task<bool> RunAsync(string tenant)
    {
        MeteredRequest request = new(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), tenant, null, "chat", "bench", "model-large", Cost.Hold);
        if ((await _meter.StartAsync(request, CancellationToken.None)).Problem is not null) { return false; }
        return await _meter.SettleAsync(tenant, request.RequestId, Cost.Use) is { IsReplay: false };
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.StopAsync(CancellationToken.None);
        _writer.Dispose();
        await _listener.StopAsync(CancellationToken.None);
        _listener.Dispose();
        await _ledger.DisposeAsync();
        await _source.DisposeAsync();
    }
}

/// <summary>The same rows the obvious way: one transaction that sets the hold aside, one that settles it.</summary>
internal sealed class NaivePairs : IPairs
{
    private readonly NpgsqlDataSource _source;

    public NaivePairs(NpgsqlConnectionStringBuilder connection)
    {
        NpgsqlConnectionStringBuilder own = new(connection.ConnectionString)
        {
            MaxPoolSize = 32,
            MaxAutoPrepare = 20,
            AutoPrepareMinUsages = 1,
            NoResetOnClose = true,
            Timeout = 300,
        };
        _source = NpgsqlDataSource.Create(own);
    }

    public async Task<bool> RunAsync(string tenant)
    {
        var id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        var day = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        Db db = new(_source);
        var started = await db.TransactAsync(async tx =>
        {
            if (await tx.ExecuteAsync($"""
                update credits.account set free_nanos = free_nanos - {Cost.Hold} where tenant_id = {tenant} and free_nanos >= {Cost.Hold}
                """, CancellationToken.None) == 0)
            {
                return false;
            }
            await tx.ExecuteAsync($"""
                insert into credits.start (request_id, writer_id, tenant_id, purse, hold_nanos, capability, provider, model)
                values ({id}, {Guid.Empty}, {tenant}, {""}, {Cost.Hold}, {"chat"}, {Cost.Use.Provider}, {Cost.Use.Model})
                """, CancellationToken.None);
            return true;
        }, CancellationToken.None);
        return started && await db.TransactAsync(async tx =>
        {
            if (await tx.ExecuteAsync($"delete from credits.start where request_id = {id}", CancellationToken.None) == 0) { return false; }
            await tx.ExecuteAsync($"""
                update credits.account set free_nanos = free_nanos + {Cost.Hold - Cost.Price} where tenant_id = {tenant}
                """, CancellationToken.None);
            await tx.ExecuteAsync($"""
                insert into credits.usage (tenant_id, request_id, day, capability, provider, model, input_units, output_units,
                                           wholesale_nanos, price_nanos, charged_nanos, estimated, writer_id, batch)
                values ({tenant}, {id}, {day}, {"chat"}, {Cost.Use.Provider}, {Cost.Use.Model}, {Cost.Use.InputUnits}, {Cost.Use.OutputUnits},
                        {Cost.Use.Wholesale}, {Cost.Price}, {Cost.Price}, false, {Guid.Empty}, 1)
                """, CancellationToken.None);
            await tx.ExecuteAsync($"""
                insert into credits.entry (tenant_id, reference, kind, from_account, to_account, nanos, description)
                values ({tenant}, {$"usage:{id:N}"}, 'usage', 'tenant', 'revenue_usage', {Cost.Price}, '1 request')
                """, CancellationToken.None);
            return true;
        }, CancellationToken.None);
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
