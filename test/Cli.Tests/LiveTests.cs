using System.Net;

namespace Wopr.Cli.Tests;

/// <summary>One stack that is up, for everything that leaves it up.</summary>
public sealed class LiveWopr : IAsyncLifetime
{
    public TestWopr Stack { get; } = new();

    public async ValueTask InitializeAsync()
    {
        var told = await Stack.UpAsync();
        Assert.True(told.Exit == 0, told.Output + told.Errors);
    }

    public ValueTask DisposeAsync() => Stack.DisposeAsync();
}

public sealed class LiveTests(LiveWopr live) : IClassFixture<LiveWopr>
{
    private readonly TestWopr _stack = live.Stack;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_second_up_says_that_it_is_up_already()
    {
        var told = await _stack.UpAsync();

        Assert.Equal(0, told.Exit);
        Assert.Equal("already_up", told.Last.GetProperty("event").GetString());
        Assert.Equal($"http://localhost:{_stack.Port}", TestWopr.Service(told.Last, "platform").GetProperty("url").GetString());
        Assert.Contains("already up", (await _stack.RunAsync("up")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flag_cannot_move_what_the_settings_place()
    {
        await using var other = new TestWopr();
        await other.RunAsync("db", "load", "/nowhere");
        Directory.CreateDirectory(other.Home);
        await File.WriteAllTextAsync(other.EnvFile, "PORT=4399\n", Ct);

        var told = await other.UpAsync();

        Assert.Equal(Exit.Usage, told.Exit);
        Assert.Contains("PORT=4399", told.Last.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("platform")]
    [InlineData("postgres")]
    public async Task A_program_that_dies_comes_back(string name)
    {
        var before = TestWopr.Service((await _stack.RunAsync("status", "--json")).Last, name);

        Posix.Signal(before.GetProperty("pid").GetInt32(), Posix.Kill);
        var after = await _stack.StatusUntilAsync(view => view.GetProperty("up").GetBoolean()
            && TestWopr.Service(view, name).GetProperty("restarts").GetInt32() > before.GetProperty("restarts").GetInt32()
            && view.GetProperty("services").EnumerateArray().All(service => service.GetProperty("state").GetString() == "ready"));

        Assert.NotEqual(before.GetProperty("pid").GetInt32(), TestWopr.Service(after, name).GetProperty("pid").GetInt32());
        var email = $"after-{name}@example.com";
        await TestWopr.UntilAsync(() => _stack.SignUpAsync(email), answer => answer != HttpStatusCode.ServiceUnavailable);
        await TestWopr.UntilAsync(() => _stack.SignInAsync(email), answer => answer == HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_dump_waits_for_a_database_that_comes_back()
    {
        var postgres = TestWopr.Service((await _stack.RunAsync("status", "--json")).Last, "postgres");

        Posix.Signal(postgres.GetProperty("pid").GetInt32(), Posix.Kill);
        var told = await _stack.RunAsync("db", "dump", _stack.Scratch("after-crash.dump"), "--json");

        Assert.True(told.Exit == 0, told.Output);
    }

    [Fact]
    public async Task Restart_reads_the_settings_again_and_a_bad_one_leaves_what_runs_running()
    {
        var before = TestWopr.Service((await _stack.RunAsync("status", "--json")).Last, "platform").GetProperty("pid").GetInt32();
        var origin = _stack.Get("UI_ORIGIN");
        _stack.Set("UI_ORIGIN", "http://elsewhere.example");
        Assert.Equal(0, (await _stack.RunAsync("restart")).Exit);
        Assert.False(await MayCallAsync(origin));
        Assert.True(await MayCallAsync("http://elsewhere.example"));
        _stack.Set("UI_ORIGIN", origin);

        var secret = _stack.Get("PLATFORM_SECRET");
        _stack.Set("PLATFORM_SECRET", "short");
        var refused = await _stack.RunAsync("restart", "--json");
        _stack.Set("PLATFORM_SECRET", secret);

        Assert.Equal(Exit.ConfigFaults, refused.Exit);
        Assert.Contains("PLATFORM_SECRET", refused.Last.GetProperty("error").GetString(), StringComparison.Ordinal);
        var status = await _stack.RunAsync("status", "--json");
        Assert.NotEqual(before, TestWopr.Service(status.Last, "platform").GetProperty("pid").GetInt32());
        Assert.Equal("ready", TestWopr.Service(status.Last, "platform").GetProperty("state").GetString());
        Assert.Equal(0, (await _stack.RunAsync("restart")).Exit);
    }

    [Fact]
    public async Task A_changed_session_secret_needs_a_word()
    {
        _stack.Set("BETTER_AUTH_SECRET", new string('7', 64));

        var refused = await _stack.RunAsync("restart");
        Assert.Equal(Exit.ConfigFaults, refused.Exit);
        Assert.Contains("everybody has to sign in again", refused.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("7777", refused.Errors, StringComparison.Ordinal);

        Assert.Equal(0, (await _stack.RunAsync("restart", "--accept-session-loss")).Exit);
        Assert.Equal(0, (await _stack.RunAsync("restart")).Exit);
    }

    [Fact]
    public async Task Logs_show_what_a_program_said()
    {
        var line = $"wopr-platform listening on http://0.0.0.0:{_stack.Port}";
        Assert.Contains(line, (await _stack.RunAsync("logs", "platform")).Output, StringComparison.Ordinal);
        var told = await _stack.RunAsync("logs", "platform", "--json", "-n", "1");
        Assert.Equal("platform", told.Last.GetProperty("name").GetString());
        Assert.Single(told.Output.Trim().Split('\n'));
        Assert.Contains("platform", (await _stack.RunAsync("logs", "nobody")).Errors, StringComparison.Ordinal);
        Assert.Equal(Exit.Usage, (await _stack.RunAsync("logs", "../run/state")).Exit);
    }

    [Fact]
    public async Task Migrate_and_config_and_admin_ask_the_platform()
    {
        Assert.Contains("Nothing is pending", (await _stack.RunAsync("migrate", "--plan")).Output, StringComparison.Ordinal);
        var migrate = await _stack.RunAsync("migrate", "--json");
        Assert.Equal(0, migrate.Last.GetProperty("exit").GetInt32());
        Assert.Contains("in order", (await _stack.RunAsync("config", "check")).Output, StringComparison.Ordinal);
        Assert.Contains("password: ", (await _stack.RunAsync("admin", "create", "--email", "second@example.com")).Output, StringComparison.Ordinal);
        Assert.Equal(Exit.Usage, (await _stack.RunAsync("admin", "create", "--email", "second@example.com")).Exit);
        Assert.Equal(Exit.Usage, (await _stack.RunAsync("migrate", "--to", "auth/9999")).Exit);
    }

    [Fact]
    public async Task Psql_takes_further_words_and_sees_every_schema()
    {
        var told = await _stack.RunAsync("psql", "-At", "-c", "select current_user, count(*) from schema_history");

        Assert.StartsWith("wopr|", told.Output, StringComparison.Ordinal);
        Assert.NotEqual(0, (await _stack.RunAsync("psql", "-c", "drop table auth.user")).Exit);
    }

    [Fact]
    public async Task The_superuser_cannot_be_reached_over_the_network()
    {
        var source = new Npgsql.NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = _stack.PostgresPort,
            Username = "postgres",
            Pooling = false,
        };
        await using var connection = new Npgsql.NpgsqlConnection(source.ConnectionString);

        var error = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => connection.OpenAsync(Ct));

        Assert.Equal("28000", error.SqlState);
    }

    [Fact]
    public async Task A_dump_brings_back_what_was_and_a_broken_one_changes_nothing()
    {
        foreach (var name in (string[])["all.dump", "all.sql"])
        {
            await _stack.SignUpAsync("before@example.com");
            var file = _stack.Scratch(name);
            Assert.Equal(0, (await _stack.RunAsync("db", "dump", file)).Exit);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            var later = $"after-{name}@example.com";
            Assert.Equal(HttpStatusCode.OK, await _stack.SignUpAsync(later));

            Assert.Equal(Exit.Usage, (await _stack.RunAsync("db", "load", file)).Exit);
            var broken = _stack.Scratch($"broken-{name}");
            await File.WriteAllBytesAsync(broken, (await File.ReadAllBytesAsync(file, Ct))[..^400], Ct);
            await File.AppendAllTextAsync(broken, "\nselect nonsense from nowhere;\n", Ct);
            Assert.NotEqual(0, (await _stack.RunAsync("db", "load", "--force", broken)).Exit);
            Assert.Equal(HttpStatusCode.OK, await _stack.SignInAsync(later));

            var loaded = await _stack.RunAsync("db", "load", "--force", "--json", file);
            Assert.True(loaded.Exit == 0, loaded.Output);
            Assert.Equal(HttpStatusCode.OK, await _stack.SignInAsync("before@example.com"));
            Assert.Equal(HttpStatusCode.Unauthorized, await _stack.SignInAsync(later));
        }
    }

    [Fact]
    public async Task A_dump_loads_into_a_new_stack_without_a_word()
    {
        await using var other = new TestWopr();
        await _stack.SignUpAsync("moves@example.com");
        var file = _stack.Scratch("move.dump");
        await _stack.RunAsync("db", "dump", file);
        var env = (await File.ReadAllTextAsync(_stack.EnvFile, Ct))
            .Replace($"{_stack.Port}", $"{other.Port}", StringComparison.Ordinal)
            .Replace($"{_stack.PostgresPort}", $"{other.PostgresPort}", StringComparison.Ordinal)
            .Replace(_stack.Home, other.Home, StringComparison.Ordinal);
        Directory.CreateDirectory(other.Home);
        await File.WriteAllTextAsync(other.EnvFile, env, Ct);

        Assert.Equal(0, (await other.RunAsync("db", "load", file)).Exit);
        Assert.Empty(other.Processes());
        var up = await other.RunAsync("up", "--detach", "--json");
        Assert.True(up.Exit == 0, up.Output);

        Assert.Equal(HttpStatusCode.OK, await other.SignInAsync("moves@example.com"));
    }

    [Fact]
    public async Task The_happy_path_is_told_item_by_item()
    {
        var told = await _stack.RunAsync("smoke", "happy-path", "--json");

        var items = told.Last.GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(Enumerable.Range(1, 8), items.Select(item => item.GetProperty("number").GetInt32()));
        Assert.All(items.Take(3), item => Assert.True(item.GetProperty("passed").GetBoolean(), $"{item}"));
        Assert.Equal(told.Last.GetProperty("passed").GetBoolean() ? 0 : Exit.Unhealthy, told.Exit);
        Assert.All(items, item => Assert.NotEmpty(item.GetProperty("detail").GetString()!));
    }

    private async Task<bool> MayCallAsync(string origin)
    {
        using var ask = new HttpRequestMessage(HttpMethod.Options, "/api/auth/get-session");
        ask.Headers.Add("Origin", origin);
        return (await _stack.Http.SendAsync(ask, Ct)).Headers.Contains("Access-Control-Allow-Origin");
    }
}
