using Npgsql;
using Wopr.Kernel;

namespace Wopr.Credits.Metering;

/// <summary>
/// Connections on which the hot statements have one plan for ever: through their indexes. Left alone, PostgreSQL plans
/// them while the tables are empty, and keeps reading whole tables when they have grown.
/// </summary>
internal sealed class LedgerDb : IAsyncDisposable
{
    private const string Plans = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off "
        + "-c enable_mergejoin=off -c enable_bitmapscan=off -c jit=off";

    private readonly NpgsqlDataSource _source;

    /// <param name="open">Given by simulations, which put a gate before it.</param>
    public LedgerDb(NpgsqlConnectionStringBuilder connection, Func<NpgsqlDataSource, Db>? open = null)
    {
        NpgsqlConnectionStringBuilder pinned = new(connection.ConnectionString)
        {
            Options = Plans,
            MaxPoolSize = 4,
            MaxAutoPrepare = 40,
            AutoPrepareMinUsages = 1,
            NoResetOnClose = true,
        };
        _source = NpgsqlDataSource.Create(pinned);
        Db = open?.Invoke(_source) ?? new(_source);
    }

    public Db Db { get; }

    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
