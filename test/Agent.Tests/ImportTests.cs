using System.Security.Cryptography;
using System.Text;
using Wopr.Agent.Running;
using Wopr.Protocol;

namespace Wopr.Agent.Tests;

/// <summary>An archive becomes the data of the next generation, beside those there are, or nothing at all.</summary>
public sealed class ImportTests
{
    private const string Bot = "tenant_a";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_counts_from_the_moment_the_platform_says_so()
    {
        await using var node = await TestNode.StartAsync();
        await RestingTests.StopAsync(node);
        var archive = Encoding.UTF8.GetBytes(new string('a', 700_000));

        var taken = await ImportAsync(node, archive);

        Assert.Equal(new ArchiveTaken(1, 2, 3, 4), taken);
        Assert.Equal(archive, await File.ReadAllBytesAsync(Path.Combine(node.Home(Bot, 2), "archive"), Ct));
        Assert.Contains("\"generation\":2", await File.ReadAllTextAsync(Path.Combine(node.Home(Bot, 2), ".wopr-data.json"), Ct), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(node.Data, Bot), "*.import"));
        await node.Platform.WantAsync(TestNode.Bot(Bot, 2, generation: 2));
        await node.UpAsync(Bot, 2);
        Assert.Equal((1, 0), (node.Starts(Bot, 2), node.Starts(Bot)));
        Assert.Equal(archive, await File.ReadAllBytesAsync(Path.Combine(node.Home(Bot, 2), "archive"), Ct));
    }

    [Fact]
    public async Task One_that_the_platform_never_took_becomes_nobodys_data()
    {
        await using var node = await TestNode.StartAsync();
        await RestingTests.StopAsync(node);
        await ImportAsync(node, "one"u8.ToArray());

        await node.Platform.WantAsync(TestNode.Bot(Bot, 2));
        await node.UpAsync(Bot, 2);

        Assert.False(Directory.Exists(node.Home(Bot, 2)));
        await node.Platform.WantAsync(TestNode.Bot(Bot, 3, BotWish.Stop));
        await node.SeenAsync(Bot, bot => bot.Process == BotProcess.Exited && bot.Version == 3);
        await ImportAsync(node, "two"u8.ToArray());
        await ImportAsync(node, "three"u8.ToArray());
        Assert.Equal("three", await File.ReadAllTextAsync(Path.Combine(node.Home(Bot, 2), "archive"), Ct));
    }

    [Fact]
    public async Task One_that_is_refused_leaves_nothing()
    {
        await using var node = await TestNode.StartAsync();
        await RestingTests.StopAsync(node);

        Assert.Equal("import.torn", await RefusedAsync(() => ImportAsync(node, "bad"u8.ToArray())));
        Assert.Equal("import.torn", await RefusedAsync(() => ImportAsync(node, "good"u8.ToArray(), sha256: new string('0', 64))));
        Assert.Equal("import.torn", await RefusedAsync(() => ImportAsync(node, "good"u8.ToArray(), length: 9)));
        Assert.Equal("node.other_generation", await RefusedAsync(() => ImportAsync(node, "good"u8.ToArray(), generation: 7)));
        Assert.False(Directory.Exists(node.Home(Bot, 2)));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(node.Data, Bot), "*.import"));

        await node.Platform.WantAsync(TestNode.Bot(Bot, 2));
        await node.UpAsync(Bot, 2);
        Assert.Equal("node.bot_runs", await RefusedAsync(() => ImportAsync(node, "good"u8.ToArray())));
        Assert.False(Directory.Exists(node.Home(Bot, 2)));
    }

    [Fact]
    public async Task Pieces_may_come_twice_and_too_much_is_refused()
    {
        await using var node = await TestNode.StartAsync();
        await RestingTests.StopAsync(node);
        var import = Guid.CreateVersion7();

        Assert.Equal(2, await SendAsync(node, import, 0, "ab"));
        Assert.Equal(2, await SendAsync(node, import, 0, "ab"));
        Assert.Equal(2, await SendAsync(node, import, 5, "zz"));
        Assert.Equal(4, await SendAsync(node, import, 2, "cd"));
        Assert.Equal("import.too_large", await RefusedAsync(() => SendAsync(node, import, 256L << 20, "x")));
        // Another archive takes its place.
        await SendAsync(node, Guid.CreateVersion7(), 0, "x");
        Assert.Single(Directory.EnumerateFiles(Path.Combine(node.Data, Bot), "*.import"));
    }

    [Fact]
    public void Data_that_count_no_more_are_kept_for_a_week()
    {
        var root = Directory.CreateTempSubdirectory("wopr-agent-").FullName;
        try
        {
            BotFolder folder = new(Path.Combine(root, Bot));
            foreach (var generation in (int[])[1, 2, 3]) { Directory.CreateDirectory(folder.Data(generation)); }
            var now = TimeProvider.System.GetUtcNow();

            folder.DropOld(3, now);
            folder.DropOld(3, now.AddDays(6));
            Assert.True(Directory.Exists(folder.Data(1)) && Directory.Exists(folder.Data(2)));
            folder.DropOld(2, now.AddDays(8));

            Assert.Equal((false, true, true), (Directory.Exists(folder.Data(1)), Directory.Exists(folder.Data(2)), Directory.Exists(folder.Data(3))));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    internal static async Task<ArchiveTaken> ImportAsync(
        TestNode node, byte[] archive, string? sha256 = null, long? length = null, int generation = 1)
    {
        var import = Guid.CreateVersion7();
        for (var at = 0; at < archive.Length; at += 512 * 1024)
        {
            var piece = archive[at..Math.Min(archive.Length, at + (512 * 1024))];
            await node.Platform.Link.AskAsync(NodeVerbs.ImportPiece, new(TestNode.IdOf(Bot), generation, import, at, piece), Ct);
        }
        return await node.Platform.Link.AskAsync(NodeVerbs.Import, new(TestNode.IdOf(Bot), generation, import, length ?? archive.Length,
            sha256 ?? Convert.ToHexStringLower(SHA256.HashData(archive))), Ct);
    }

    private static async Task<long> SendAsync(TestNode node, Guid import, long offset, string text) => (await node.Platform.Link.AskAsync(
        NodeVerbs.ImportPiece, new(TestNode.IdOf(Bot), 1, import, offset, Encoding.UTF8.GetBytes(text)), Ct)).Length;

    private static async Task<string> RefusedAsync(Func<Task> work) => (await Assert.ThrowsAsync<LinkRefusedException>(work)).Problem.Code;
}
