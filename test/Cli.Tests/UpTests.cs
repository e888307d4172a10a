using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Wopr.Cli.Tests;

public sealed class UpTests : IAsyncLifetime
{
    private readonly TestWopr _stack = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _stack.DisposeAsync();

    [Fact]
    public async Task What_was_there_is_there_after_down_and_up()
    {
        var first = await _stack.UpAsync();
        Assert.True(first.Exit == 0, first.Output + first.Errors);
        Assert.Equal("ready", first.Last.GetProperty("event").GetString());
        Assert.Equal(20, first.Last.GetProperty("adminPassword").GetString()!.Length);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_stack.EnvFile));
        foreach (var name in (string[])["BETTER_AUTH_SECRET", "PLATFORM_SECRET", "ADMIN_TOKEN", "POSTGRES_PASSWORD"])
        {
            Assert.Matches("^[0-9a-f]{64}$", _stack.Get(name));
        }
        Assert.Equal(HttpStatusCode.OK, await _stack.SignUpAsync("stays@example.com"));
        var settings = await File.ReadAllBytesAsync(_stack.EnvFile, Ct);

        var down = await _stack.RunAsync("down", "--json");
        Assert.True(down.Last.GetProperty("wasUp").GetBoolean());
        Assert.Empty(_stack.Processes());

        var began = Stopwatch.GetTimestamp();
        var second = await _stack.UpAsync();
        // Eight seconds are promised on an idle machine; a busy one may not turn this red.
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(2), $"{Stopwatch.GetElapsedTime(began)}");
        Assert.Equal(JsonValueKind.Null, second.Last.GetProperty("adminPassword").ValueKind);
        Assert.Equal(settings, await File.ReadAllBytesAsync(_stack.EnvFile, Ct));
        Assert.Equal(HttpStatusCode.OK, await _stack.SignInAsync("stays@example.com"));
    }

    [Fact]
    public async Task In_the_foreground_an_interrupt_leaves_nothing_behind()
    {
        using var up = _stack.Start(["up", "--json", .. _stack.PortWords]);
        while (await up.StandardOutput.ReadLineAsync(Ct) is { } line && !line.Contains("\"ready\"", StringComparison.Ordinal)) { }
        Assert.True(_stack.Processes().Count >= 3);

        Posix.Signal(up.Id, Posix.Interrupt);
        await up.WaitForExitAsync(Ct);

        Assert.Equal(0, up.ExitCode);
        Assert.Empty(_stack.Processes());
    }

    [Fact]
    public async Task Interrupted_while_it_starts_it_leaves_nothing_behind()
    {
        using var up = _stack.Start(["up", "--json", .. _stack.PortWords]);
        await up.StandardOutput.ReadLineAsync(Ct);
        await Task.Delay(300, Ct);

        Posix.Signal(up.Id, Posix.Terminate);
        await up.WaitForExitAsync(Ct);

        Assert.Equal(Exit.Interrupted, up.ExitCode);
        Assert.Empty(_stack.Processes());
        Assert.Equal(0, (await _stack.UpAsync()).Exit);
    }

    [Fact]
    public async Task When_the_supervisor_is_killed_its_programs_die_and_the_next_up_recovers()
    {
        var supervisor = (await _stack.UpAsync()).Last.GetProperty("supervisor").GetInt32();
        Assert.Equal(HttpStatusCode.OK, await _stack.SignUpAsync("kept@example.com"));

        Posix.Signal(supervisor, Posix.Kill);

        // A program may take its time to drain, here without its database; thirty seconds is the most it gets.
        Assert.True(await _stack.AllGoneAsync(TimeSpan.FromMinutes(2)), string.Join(", ", _stack.Processes().Select(Posix.CommandOf)));
        Assert.Equal(Exit.Unhealthy, (await _stack.RunAsync("status")).Exit);
        Assert.Equal(0, (await _stack.UpAsync()).Exit);
        Assert.Equal(HttpStatusCode.OK, await _stack.SignInAsync("kept@example.com"));
    }

    [Fact]
    public async Task Programs_that_outlived_their_supervisor_are_ended_by_the_next_up()
    {
        var first = (await _stack.UpAsync()).Last;
        // Stopped, the database cannot hear that its supervisor died.
        var postgres = TestWopr.Service(first, "postgres").GetProperty("pid").GetInt32();
        var platform = TestWopr.Service(first, "platform").GetProperty("pid").GetInt32();
        const int stop = 19, go = 18;
        Posix.Signal(platform, stop);
        Posix.Signal(first.GetProperty("supervisor").GetInt32(), Posix.Kill);
        await Task.Delay(500, Ct);
        Assert.NotNull(Posix.StartedAt(platform));

        using var up = _stack.Start(["up", "--detach", "--json", .. _stack.PortWords]);
        await Task.Delay(500, Ct);
        Posix.Signal(platform, go);
        await up.WaitForExitAsync(Ct);

        Assert.Equal(0, up.ExitCode);
        Assert.Null(Posix.StartedAt(platform));
        Assert.Null(Posix.StartedAt(postgres));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named_with_what_to_do()
    {
        using var holder = new TcpListener(IPAddress.Any, _stack.Port);
        holder.Start();

        var told = await _stack.UpAsync();

        Assert.Equal(Exit.Prerequisite, told.Exit);
        var error = told.Last.GetProperty("error").GetString()!;
        Assert.Contains($"Port {_stack.Port} for platform is taken by Wopr.Cli.Tests", error, StringComparison.Ordinal);
        Assert.Contains("change PORT", error, StringComparison.Ordinal);
        Assert.Empty(_stack.Processes());
    }

    [Fact]
    public async Task A_setting_that_is_wrong_is_named_and_its_value_is_not()
    {
        await _stack.UpAsync();
        await _stack.RunAsync("down");
        _stack.Set("PLATFORM_SECRET", "hunter2");

        var told = await _stack.UpAsync();

        Assert.Equal(Exit.ConfigFaults, told.Exit);
        Assert.Contains("PLATFORM_SECRET must be 32 characters", told.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", told.Output + told.Errors, StringComparison.Ordinal);
        Assert.Empty(_stack.Processes());
        Assert.Equal(Exit.ConfigFaults, (await _stack.RunAsync("config", "check")).Exit);
    }

    [Fact]
    public async Task Wiping_asks_first_and_then_starts_empty()
    {
        await _stack.UpAsync();
        await _stack.SignUpAsync("gone@example.com");
        Assert.Equal(Exit.Locked, (await _stack.UpAsync("--wipe", "--yes")).Exit);
        await _stack.RunAsync("down");

        Assert.Equal(Exit.Usage, (await _stack.UpAsync("--wipe")).Exit);
        var wiped = await _stack.UpAsync("--wipe", "--yes");

        Assert.Equal(20, wiped.Last.GetProperty("adminPassword").GetString()!.Length);
        Assert.Equal(HttpStatusCode.Unauthorized, await _stack.SignInAsync("gone@example.com"));
    }

    [Fact]
    public async Task Of_two_that_start_at_once_one_does_it()
    {
        var told = await Task.WhenAll(_stack.UpAsync(), _stack.UpAsync());

        Assert.Contains(told, one => one.Exit == 0);
        Assert.All(told, one => Assert.Contains(one.Exit, (int[])[0, Exit.Locked]));
        Assert.Equal(0, (await _stack.RunAsync("status")).Exit);
    }

    [Fact]
    public async Task With_nothing_up_every_verb_says_so()
    {
        Assert.Equal(0, (await _stack.RunAsync("down")).Exit);
        Assert.False((await _stack.RunAsync("status", "--json")).Last.GetProperty("up").GetBoolean());
        foreach (var words in (string[][])[["restart"], ["logs", "platform"], ["smoke", "happy-path"]])
        {
            var told = await _stack.RunAsync(words);
            Assert.NotEqual(0, told.Exit);
            Assert.Contains("./wopr up", told.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_word_it_does_not_know_is_refused()
    {
        var told = await _stack.RunAsync("up", "--wipee");

        Assert.Equal(Exit.Usage, told.Exit);
        Assert.Contains("--wipee", told.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_stack.Home));
    }
}
