using System.Text.RegularExpressions;
using Npgsql;
using Wopr.Platform;

namespace Wopr.Architecture.Tests;

public sealed partial class SchemaTests
{
    private static readonly TestPostgres s_postgres = new(Schema.Steps);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void A_module_names_only_its_own_schema()
    {
        var faults = from project in Project.All
                     where project.Layer == "Modules"
                     from file in Repository.Under($"src/Modules/{project.Name}/", ".cs", ".sql")
                     from schema in SqlScan.SchemasIn(file, Repository.Text(file))
                     where schema != Modules.Schema(project.Name)
                     select $"{file} names {schema}";

        Assert.Empty(faults);
    }

    [Theory]
    [InlineData("a.sql", "create view x as select 1 from auth.user;")]
    [InlineData("a.sql", "references auth.\"user\" (id)")]
    [InlineData("a.cs", "db.ExecuteAsync($\"delete from auth.session where id = {id}\")")]
    [InlineData("a.cs", "db.ExecuteAsync($\"\"\"\n select 1\n from a, auth.user u\n \"\"\")")]
    public void A_foreign_schema_is_seen(string path, string text) => Assert.Equal(["auth"], SqlScan.SchemasIn(path, text));

    [Theory]
    [InlineData("a.sql", "-- see auth.user\nselect 'auth.user'")]
    [InlineData("a.cs", "Map(\"auth.required\"); Call($\"select {auth.user} from kernel.lease\")")]
    public void A_word_that_is_no_table_is_not(string path, string text) => Assert.Empty(SqlScan.SchemasIn(path, text));

    [Fact]
    public async Task No_foreign_key_leaves_its_schema()
    {
        await using var source = await s_postgres.CopyAsync(Ct);
        await using var command = source.CreateCommand("""
            select c.conname
            from pg_constraint c
            join pg_class own on own.oid = c.conrelid
            join pg_class far on far.oid = c.confrelid
            where c.contype = 'f' and own.relnamespace <> far.relnamespace
            """);
        await using var reader = await command.ExecuteReaderAsync(Ct);
        List<string> faults = [];
        while (await reader.ReadAsync(Ct)) { faults.Add(reader.GetString(0)); }

        Assert.Empty(faults);
    }

    [Fact]
    public async Task The_schema_document_is_the_migrated_database()
    {
        await using var source = await s_postgres.CopyAsync(Ct);
        var connection = new NpgsqlConnectionStringBuilder(source.ConnectionString);
        var dump = Directory.GetDirectories("/usr/lib/postgresql").OrderBy(folder => int.Parse(Path.GetFileName(folder), null))
            .Select(folder => $"{folder}/bin/pg_dump").Last(File.Exists);
        var lines = Repository.Run(dump,
        [
            // A table of a day is there on some days only.
            "--schema-only", "--no-owner", "--no-privileges", "--exclude-table", "*.*_20??????", "-h", connection.Host!, "-p", $"{connection.Port}",
            "-U", connection.Username!, connection.Database!,
        ]);

        Generated.Check("docs/schema.sql", Normal(lines));
    }

    // What the dump says of itself and of the session differs from server to server.
    private static string Normal(IEnumerable<string> lines)
    {
        var kept = lines.Where(line => !Chatter().IsMatch(line));
        return "-- Every schema after all migrations. Made by a test: see CONTRIBUTING.md.\n\n"
            + BlankRuns().Replace(string.Join('\n', kept), "\n\n").Trim() + "\n";
    }

    [GeneratedRegex(@"^(--|SET |SELECT pg_catalog\.set_config|\\(un)?restrict)", RegexOptions.CultureInvariant)]
    private static partial Regex Chatter();

    [GeneratedRegex(@"\n{3,}", RegexOptions.CultureInvariant)]
    private static partial Regex BlankRuns();
}
