using Npgsql;

namespace Wopr.Kernel;

/// <summary>The database, or one open transaction on it: the same verbs either way.</summary>
public sealed class Db
{
    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlConnection? _connection;
    private readonly DbGate? _gate;

    public Db(NpgsqlDataSource source) => _source = source;

    internal Db(NpgsqlDataSource source, NpgsqlConnection? connection, DbGate? gate) =>
        (_source, _connection, _gate) = (source, connection, gate);

    public bool InTransaction => _connection is not null;

    internal NpgsqlConnection? Connection => _connection;

    internal Db WithoutGate => new(_source, _connection, gate: null);

    public async Task<List<T>> QueryAsync<T>(Sql sql, Func<NpgsqlDataReader, T> read, CancellationToken ct)
    {
        if (_gate is not null) { return await _gate.RunAsync(this, sql, (sql, read, ct), static (db, it) => db.QueryAsync(it.sql, it.read, it.ct)); }
        await using var command = Command(sql);
        await using var reader = await command.ExecuteReaderAsync(ct);
        List<T> rows = [];
        while (await reader.ReadAsync(ct)) { rows.Add(read(reader)); }
        return rows;
    }

    public async Task<T?> FirstAsync<T>(Sql sql, Func<NpgsqlDataReader, T> read, CancellationToken ct) where T : class
    {
        if (_gate is not null) { return await _gate.RunAsync(this, sql, (sql, read, ct), static (db, it) => db.FirstAsync(it.sql, it.read, it.ct)); }
        await using var command = Command(sql);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? read(reader) : null;
    }

    /// <summary>The first column of the first row; <c>default</c> when there is no row or it is null.</summary>
    public async Task<T?> ValueAsync<T>(Sql sql, CancellationToken ct)
    {
        if (_gate is not null) { return await _gate.RunAsync(this, sql, (sql, ct), static (db, it) => db.ValueAsync<T>(it.sql, it.ct)); }
        await using var command = Command(sql);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) && !reader.IsDBNull(0) ? reader.GetFieldValue<T>(0) : default;
    }

    public async Task<int> ExecuteAsync(Sql sql, CancellationToken ct)
    {
        if (_gate is not null) { return await _gate.RunAsync(this, sql, (sql, ct), static (db, it) => db.ExecuteAsync(it.sql, it.ct)); }
        await using var command = Command(sql);
        return await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Runs the work in one transaction; inside a transaction it joins the one that is open.</summary>
    public async Task<T> TransactAsync<T>(Func<Db, Task<T>> work, CancellationToken ct)
    {
        if (_connection is not null) { return await work(this); }
        if (_gate is not null) { return await _gate.TransactAsync(_source, work, ct); }

        await using var connection = await _source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var result = await work(new Db(_source, connection, gate: null));
        await transaction.CommitAsync(ct);
        return result;
    }

    private NpgsqlCommand Command(Sql sql)
    {
        var command = _connection?.CreateCommand() ?? _source.CreateCommand();
        sql.Fill(command);
        return command;
    }
}

/// <summary>Stands before the database in simulations, which decide what happens next, and what breaks.</summary>
internal abstract class DbGate
{
    public abstract Task<T> RunAsync<TState, T>(Db db, Sql sql, TState state, Func<Db, TState, Task<T>> statement);

    public abstract Task<T> TransactAsync<T>(NpgsqlDataSource source, Func<Db, Task<T>> work, CancellationToken ct);
}
