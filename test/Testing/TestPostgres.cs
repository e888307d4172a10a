using Npgsql;
using Wopr.Kernel;

namespace Wopr.Testing;

/// <summary>
/// Databases for tests on the server that <c>TEST_POSTGRES</c> names, which <c>./wopr test</c> starts. One template
/// is migrated per set of steps; every test gets a private copy of it.
/// </summary>
public sealed class TestPostgres
{
    private readonly Lazy<Task<string>> _template;

    public TestPostgres(params IReadOnlyList<Migration> steps) => _template = new(() => MigrateAsync(steps));

    public static string Server => Environment.GetEnvironmentVariable("TEST_POSTGRES")
        ?? throw new InvalidOperationException("TEST_POSTGRES is not set. Run the tests with ./wopr test, which starts a server.");

    public async Task<NpgsqlDataSource> CopyAsync(CancellationToken ct) =>
        NpgsqlDataSource.Create(Connection(await CreateAsync($"template {await _template.Value}", ct)));

    public static async Task<NpgsqlDataSource> EmptyAsync(CancellationToken ct) =>
        NpgsqlDataSource.Create(Connection(await CreateAsync("", ct)));

    public static string Url(NpgsqlDataSource source)
    {
        var parts = new NpgsqlConnectionStringBuilder(source.ConnectionString);
        return $"postgres://{parts.Username}@{parts.Host}:{parts.Port}/{parts.Database}";
    }

    private static async Task<string> MigrateAsync(IReadOnlyList<Migration> steps)
    {
        var name = await CreateAsync("", CancellationToken.None);
        await using var source = NpgsqlDataSource.Create($"{Connection(name)};Pooling=false");
        await new Migrator(source, steps).ApplyAsync(appRole: null, last: null, _ => { }, CancellationToken.None);
        return name;
    }

    private static async Task<string> CreateAsync(string from, CancellationToken ct)
    {
        // Told apart by whose they are, so that they can be dropped when those have run.
        var name = $"test_{Environment.GetEnvironmentVariable("TEST_DATABASES") ?? "some"}_{Guid.CreateVersion7():n}";
        await using var source = NpgsqlDataSource.Create($"{Server};Database=postgres;Pooling=false");
#pragma warning disable CA2100 // The name is made here.
        await using var command = source.CreateCommand($"create database {name} {from}");
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(ct);
        return name;
    }

    private static string Connection(string database) => $"{Server};Database={database};Maximum Pool Size=10";
}
