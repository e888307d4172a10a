using Wopr.Agent.Running;
using Wopr.Protocol;

namespace Wopr.Agent.Tests;

/// <summary>What bots write: their logs, and what is kept of their data.</summary>
public sealed class KeepingTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_log_is_read_from_its_end_and_followed()
    {
        await using var node = await TestNode.StartAsync();
        await node.Platform.WantAsync(TestNode.Bot("tenant_a"));
        await node.UpAsync("tenant_a");
        var file = new BotFolder(Path.Combine(node.Data, "tenant_a")).Log;
        await node.UntilAsync(() => File.ReadAllText(file).Contains("is up", StringComparison.Ordinal));
        await File.AppendAllTextAsync(file, "2026-01-02T03:04:05.678Z [WARN] beware\n   at somewhere\n", Ct);

        var tail = await node.Platform.Link.FollowAsync(NodeVerbs.Logs, new(TestNode.IdOf("tenant_a"), 3, false), Ct).ToListAsync(Ct);

        var at = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
        Assert.Equal(new LogLine(at, "warn", "beware"), tail[1]);
        Assert.Equal(new LogLine(at, "warn", "   at somewhere"), tail[2]);
        Assert.Equal(("info", "generation 1 is up"), (tail[0].Level, tail[0].Message));

        await using var following = node.Platform.Link.FollowAsync(NodeVerbs.Logs, new(TestNode.IdOf("tenant_a"), 1, true), Ct).GetAsyncEnumerator(Ct);
        Assert.True(await following.MoveNextAsync());
        await File.AppendAllTextAsync(file, "2026-01-02T03:04:06.000Z [ERROR] half a li", Ct);
        await File.AppendAllTextAsync(file, "ne\n", Ct);
        Assert.True(await following.MoveNextAsync());
        Assert.Equal(("error", "half a line"), (following.Current.Level, following.Current.Message));
    }

    [Fact]
    public async Task A_bot_that_is_not_here_has_no_log()
    {
        await using var node = await TestNode.StartAsync();

        var refusal = await Assert.ThrowsAsync<LinkRefusedException>(async () =>
            await node.Platform.Link.FollowAsync(NodeVerbs.Logs, new(Guid.Empty, 3, false), Ct).CountAsync(Ct));

        Assert.Equal("node.unknown_bot", refusal.Problem.Code);
    }

    [Fact]
    public async Task A_log_that_grows_too_large_is_begun_anew_and_the_last_is_kept()
    {
        await using var node = await TestNode.StartAsync();
        await node.Platform.WantAsync(TestNode.Bot("tenant_a"));
        await node.UpAsync("tenant_a");
        var folder = new BotFolder(Path.Combine(node.Data, "tenant_a"));
        await File.AppendAllTextAsync(folder.Log, string.Concat(Enumerable.Repeat("a line of some length\n", 300_000)), Ct);

        await node.UntilAsync(() => File.Exists(folder.OlderLog) && new FileInfo(folder.Log).Length < 1000);

        var tail = await node.Platform.Link.FollowAsync(NodeVerbs.Logs, new(TestNode.IdOf("tenant_a"), 100, false), Ct).ToListAsync(Ct);
        Assert.Contains(tail, line => line.Message == "a line of some length");
        // Its program writes on into the same file.
        await node.Platform.WantAsync(TestNode.Bot("tenant_a", 2, BotWish.Stop));
        await node.UntilAsync(() => File.ReadAllText(folder.Log).Contains("ending", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whole_lines_of_sessions_are_kept_as_they_are_written()
    {
        await using var node = await TestNode.StartAsync();
        await node.Platform.WantAsync(TestNode.Bot("tenant_a"));
        await node.UpAsync("tenant_a");
        var sessions = Directory.CreateDirectory(Path.Combine(node.Home("tenant_a"), "sessions")).FullName;
        var file = Path.Combine(sessions, "main.jsonl");

        await File.WriteAllTextAsync(file, "{\"one\":1}\n{\"two\":", Ct);
        await node.UntilAsync(() => node.Platform.Kept("sessions/main.jsonl") == "{\"one\":1}\n");
        await File.AppendAllTextAsync(file, "2}\n", Ct);
        await node.UntilAsync(() => node.Platform.Kept("sessions/main.jsonl") == "{\"one\":1}\n{\"two\":2}\n");

        // The next agent asks how far it is.
        node.KillAgent();
        await File.AppendAllTextAsync(file, new string('x', 700_000) + "\n", Ct);
        node.StartAgent();
        await node.UntilAsync(() => node.Platform.Kept("sessions/main.jsonl").Length == 700_021);
        Assert.StartsWith("{\"one\":1}\n{\"two\":2}\nxxx", node.Platform.Kept("sessions/main.jsonl"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_other_files_every_version_is_kept_whole()
    {
        await using var node = await TestNode.StartAsync();
        await node.Platform.WantAsync(TestNode.Bot("tenant_a"));
        await node.UpAsync("tenant_a");
        var memory = Directory.CreateDirectory(Path.Combine(node.Home("tenant_a"), "memory")).FullName;

        await File.WriteAllTextAsync(Path.Combine(memory, "SOUL.md"), "kind", Ct);
        await node.UntilAsync(() => node.Platform.KeptPaths.Any(path => path.StartsWith("memory/SOUL.md@", StringComparison.Ordinal)));
        await File.WriteAllTextAsync(Path.Combine(memory, "SOUL.md"), "curious", Ct);
        await File.WriteAllTextAsync(Path.Combine(memory, ".half"), "half", Ct);
        File.CreateSymbolicLink(Path.Combine(memory, "LINK.md"), "/etc/hostname");
        Directory.CreateSymbolicLink(Path.Combine(node.Home("tenant_a"), "skills"), "/etc");
        await node.UntilAsync(() => node.Platform.KeptPaths.Count(path => path.StartsWith("memory/SOUL.md@", StringComparison.Ordinal)) == 2);

        // The platform seals these two.
        foreach (var name in SecretFiles.All) { await File.WriteAllTextAsync(Path.Combine(node.Home("tenant_a"), name), name, Ct); }
        await node.UntilAsync(() => SecretFiles.All.All(name => node.Platform.KeptPaths.Any(path => path.StartsWith($"{name}@", StringComparison.Ordinal))));

        await File.WriteAllTextAsync(Path.Combine(memory, "LAST.md"), "last", Ct);
        await node.UntilAsync(() => node.Platform.KeptPaths.Any(path => path.StartsWith("memory/LAST.md@", StringComparison.Ordinal)));
        Assert.Equal(["channels.json", "curious", "kind", "last", "tools.json"], node.Platform.KeptPaths.Select(node.Platform.Kept).Order());
    }
}
