using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Wopr.Agent.Running;
using Wopr.Protocol;

namespace Wopr.Agent.Tests;

/// <summary>A bot that does not run is asked through its own program, and by nobody else.</summary>
public sealed class RestingTests
{
    private const string Bot = "tenant_a";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_asked_as_its_own_user_and_knows_no_secret()
    {
        await using var node = await TestNode.StartAsync();
        await StopAsync(node);

        var answer = await AskAsync(node, "who");

        Assert.Equal($"{TestNode.IdOf(Bot)} 1 {node.Home(Bot)}", Text(answer, "bot"));
        Assert.Equal(Posix.IsRoot ? "200000" : Text(answer, "uid"), Text(answer, "uid"));
        Assert.Equal("0077", Text(answer, "mask"));
        var known = Text(answer, "env")!.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Empty(known.Except(["DOTNET_ROOT", "HOME", "PATH", "PWD", "OLDPWD", "SHLVL", "WOPR_BOT_ID", "WOPR_GENERATION", "WOPR_HOME", "_"]));
        Assert.Equal("", node.Starts(Bot) == 0 ? "" : "It was started.");
    }

    [Fact]
    public async Task One_that_runs_is_not_asked_so()
    {
        await using var node = await TestNode.StartAsync();
        await node.Platform.WantAsync(TestNode.Bot(Bot));
        await node.UpAsync(Bot);
        Assert.Equal(("node.bot_runs", true), await RefusedAsync(node, "who"));

        await node.Platform.WantAsync(TestNode.Bot(Bot, 2, BotWish.Stop));
        await node.SeenAsync(Bot, bot => bot.Process == BotProcess.Exited && bot.Version == 2);

        Assert.Equal($"{TestNode.IdOf(Bot)} 1 {node.Home(Bot)}", Text(await AskAsync(node, "who"), "bot"));
    }

    [Theory]
    [InlineData("refuse", "file.not_found", false)]
    [InlineData("runs", "node.bot_runs", true)]
    [InlineData("nodata", "node.no_data", false)]
    [InlineData("fail", "node.ask_failed", false)]
    [InlineData("nonsense", "node.ask_failed", false)]
    [InlineData("large", "node.too_large", false)]
    public async Task What_its_program_says_and_how_it_ends_is_told(string ask, string code, bool isPassing)
    {
        await using var node = await TestNode.StartAsync();
        await StopAsync(node);

        Assert.Equal((code, isPassing), await RefusedAsync(node, ask));

        // And it can be asked again.
        Assert.NotNull(Text(await AskAsync(node, "who"), "uid"));
        if (ask == "fail") { Assert.Contains("it broke", await File.ReadAllTextAsync(new BotFolder(Path.Combine(node.Data, Bot)).Log, Ct), StringComparison.Ordinal); }
    }

    [Fact]
    public async Task Others_and_other_generations_are_not_asked()
    {
        await using var node = await TestNode.StartAsync();
        await StopAsync(node);

        Assert.Equal(("node.other_generation", true), await RefusedAsync(node, "who", generation: 2));
        Assert.False(Directory.Exists(node.Home(Bot, 2)));
        Assert.Equal(("node.unknown_bot", true), await RefusedAsync(node, "who", bot: Guid.Empty));
        await node.Platform.WantAsync(TestNode.Bot(Bot, 3, BotWish.Erase));
        await node.SeenAsync(Bot, bot => !bot.HasData && bot.Version == 3);
        Assert.Contains((await RefusedAsync(node, "who")).Code, (string[])["node.erased", "node.unknown_bot"]);
        Assert.False(Directory.Exists(Path.Combine(node.Data, Bot)));
    }

    [Fact]
    public async Task While_it_is_asked_it_is_not_started()
    {
        await using var node = await TestNode.StartAsync();
        await StopAsync(node);
        var asking = AskAsync(node, "wait");
        await node.UntilAsync(() => File.Exists(Path.Combine(node.Home(Bot), "waiting")));

        await node.Platform.WantAsync(TestNode.Bot(Bot, 2));
        await node.Platform.WantAsync(TestNode.Bot("tenant_b"));
        await node.UpAsync("tenant_b");
        Assert.Equal(0, node.Starts(Bot));
        await File.WriteAllTextAsync(Path.Combine(node.Home(Bot), "go"), "", Ct);

        await asking;
        await node.UpAsync(Bot, 2);
    }

    [Fact]
    public async Task What_goes_on_for_long_makes_room_for_the_bot()
    {
        await using var node = await TestNode.StartAsync();
        await StopAsync(node);
        var many = await node.Platform.Link.FollowAsync(NodeVerbs.Follow, Ask("many"), Ct).Select(one => one.Answer!.Value.GetInt32()).ToListAsync(Ct);
        Assert.Equal([1, 2, 3], many);
        var following = node.Platform.Link.FollowAsync(NodeVerbs.Follow, Ask("wait"), Ct).CountAsync(Ct).AsTask();
        await node.UntilAsync(() => File.Exists(Path.Combine(node.Home(Bot), "waiting")));

        await node.Platform.WantAsync(TestNode.Bot(Bot, 2));

        await Assert.ThrowsAsync<LinkLostException>(() => following);
        await node.UpAsync(Bot, 2);
    }

    [Fact]
    public async Task One_that_takes_too_long_is_ended_with_all_it_started()
    {
        var child = Process.Start(new ProcessStartInfo("sh", ["-c", "sleep 300 & echo $!; wait"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        List<string> lines = [];
        var refused = await Assert.ThrowsAsync<LinkRefusedException>(async () =>
        {
            await foreach (var line in new OneShot(child, TimeProvider.System).RunAsync(Stream.Null, TimeSpan.FromSeconds(1), Ct)) { lines.Add(Encoding.UTF8.GetString(line)); }
        });

        Assert.Equal(("node.too_slow", true), (refused.Problem.Code, refused.Problem.IsPassing));
        var sleeper = int.Parse(Assert.Single(lines), System.Globalization.CultureInfo.InvariantCulture);
        for (var tries = 0; Posix.StartedAt(sleeper) is not null; tries++)
        {
            Assert.True(tries < 1000);
            await Task.Delay(20, Ct);
        }
    }

    [Fact]
    public async Task The_real_program_reads_writes_exports_and_imports()
    {
        await using var node = await TestNode.StartAsync(("BOT_PROGRAM", Path.Combine(AppContext.BaseDirectory, "Wopr.Bot")));
        await StopAsync(node);

        await VerbAsync(node, BotVerbs.WriteFile, new("memory/SOUL.md", "You are Ada.", null));
        var archive = new MemoryStream();
        await foreach (var piece in node.Platform.Link.FollowAsync(NodeVerbs.Follow, new(TestNode.IdOf(Bot), 1, BotVerbs.Export.Name, JsonElement.Parse("{}")), Ct))
        {
            archive.Write(piece.Answer!.Value.Deserialize(WireJson.Default.ArchivePiece)!.Bytes);
        }
        await VerbAsync(node, BotVerbs.WriteFile, new("memory/SOUL.md", "You are Bob.", null));

        var taken = await ImportTests.ImportAsync(node, archive.ToArray());
        await node.Platform.WantAsync(TestNode.Bot(Bot, 5, BotWish.Stop, generation: 2));
        await node.SeenAsync(Bot, bot => bot is { Version: 5, Generation: 2 });

        Assert.Equal(1, taken.Files);
        Assert.Equal("You are Ada.", (await VerbAsync(node, BotVerbs.ReadFile, new("memory/SOUL.md"), generation: 2)).Text);
    }

    internal static async Task StopAsync(TestNode node)
    {
        await node.Platform.WantAsync(TestNode.Bot(Bot, wish: BotWish.Stop));
        await node.SeenAsync(Bot, bot => bot.Version == 1);
    }

    private static async Task<TAnswer> VerbAsync<TAsk, TAnswer>(TestNode node, Verb<TAsk, TAnswer> verb, TAsk ask, int generation = 1)
    {
        var answer = await node.Platform.Link.AskAsync(NodeVerbs.Ask,
            new(TestNode.IdOf(Bot), generation, verb.Name, JsonSerializer.SerializeToElement(ask, verb.Ask)), Ct);
        return answer.Answer!.Value.Deserialize(verb.Answer)!;
    }

    private static RestAsk Ask(string verb, int generation = 1, Guid? bot = null) =>
        new(bot ?? TestNode.IdOf(Bot), generation, verb, JsonElement.Parse("{}"));

    private static async Task<JsonElement> AskAsync(TestNode node, string verb) =>
        (await node.Platform.Link.AskAsync(NodeVerbs.Ask, Ask(verb), Ct)).Answer!.Value;

    private static async Task<(string Code, bool IsPassing)> RefusedAsync(TestNode node, string verb, int generation = 1, Guid? bot = null)
    {
        var refused = await Assert.ThrowsAsync<LinkRefusedException>(() => node.Platform.Link.AskAsync(NodeVerbs.Ask, Ask(verb, generation, bot), Ct));
        return (refused.Problem.Code, refused.Problem.IsPassing);
    }

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();
}
