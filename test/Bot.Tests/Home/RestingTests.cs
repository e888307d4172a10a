using System.Diagnostics;
using System.Text.Json;
using Wopr.Bot.Tests.Archive;
using Wopr.Protocol;
using Wopr.Testing;

namespace Wopr.Bot.Tests.Home;

/// <summary>The real program, started for one answer.</summary>
public sealed class RestingTests : IDisposable
{
    private readonly TestHome _home = new();
    private readonly Guid _bot = Guid.CreateVersion7();

    public RestingTests() => BotChild.Mark(_home.Path, _bot);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task It_reads_and_writes_what_it_keeps()
    {
        await AskAsync(BotVerbs.WriteFile, new("memory/SOUL.md", "You are Ada, who says \"ä\".", null));
        Assert.Equal("You are Ada, who says \"ä\".", await File.ReadAllTextAsync(_home.File("memory/SOUL.md"), Ct));
        Assert.Equal("You are Ada, who says \"ä\".", (await AskAsync(BotVerbs.ReadFile, new("memory/SOUL.md"))).Text);
        Assert.Equal(["memory/SOUL.md"], (await AskAsync(BotVerbs.Files, Nothing.Instance)).Files.Select(file => file.Path));

        var put = await AskAsync(BotVerbs.PutSchedule, new("daily", "Daily", "0 9 * * *", null, "UTC", "main", "Hello", true, MissedRuns.Skip));
        Assert.Equal(5, put.Next.Count);
        Assert.Equal("daily", (await AskAsync(BotVerbs.Schedules, Nothing.Instance)).Schedules.Single().Schedule.Id);
        await AskAsync(BotVerbs.DeleteSchedule, new("daily"));
        Assert.Empty((await AskAsync(BotVerbs.Schedules, Nothing.Instance)).Schedules);

        Assert.Empty((await AskAsync(BotVerbs.Sessions, Nothing.Instance)).Sessions);
        Assert.Empty((await AskAsync(BotVerbs.Read, new("main", null, 10))).Entries);
        await AskAsync(BotVerbs.DeleteSession, new("main"));
    }

    [Fact]
    public async Task Everything_it_may_be_asked_is_answered_and_nothing_else()
    {
        foreach (var verb in BotVerbs.AtRest)
        {
            var (_, lines) = await RunAsync("ask", Ask(verb, "{}"));
            Assert.NotEqual("link.unknown_verb", lines[0].Problem?.Code);
        }
        foreach (var verb in (string[])[BotVerbs.Turn.Name, BotVerbs.Cancel.Name, BotVerbs.Watch.Name, BotVerbs.Status.Name, "no.such"])
        {
            var (exit, lines) = await RunAsync("ask", Ask(verb, "{}"));
            Assert.Equal((0, "bot.at_rest", true), (exit, lines.Single().Problem?.Code, lines.Single().Problem?.IsPassing));
        }
    }

    [Fact]
    public async Task What_cannot_be_read_is_refused()
    {
        foreach (var nonsense in (byte[][])[[], "no json"u8.ToArray(), "{}"u8.ToArray(), new byte[1100 * 1024]])
        {
            var (exit, lines) = await RunAsync("ask", nonsense);
            Assert.Equal((0, "bot.bad_ask"), (exit, lines.Single().Problem?.Code));
        }
        Assert.Equal("link.unreadable", (await RunAsync("ask", Ask(BotVerbs.Read.Name, "[]"))).Lines.Single().Problem?.Code);
        Assert.Equal("file.invalid_path", (await RunAsync("ask", Ask(BotVerbs.ReadFile.Name, """{"path":"../x"}"""))).Lines.Single().Problem?.Code);
    }

    [Fact]
    public async Task While_the_bot_runs_it_alone_answers()
    {
        using (await BotHome.LockAsync(_home.Path, TimeProvider.System, Ct))
        {
            var (exit, lines) = await RunAsync("ask", Ask(BotVerbs.Sessions.Name, "{}"));
            Assert.Equal((75, 0), (exit, lines.Count));
        }
        Assert.Equal(0, (await RunAsync("ask", Ask(BotVerbs.Sessions.Name, "{}"))).Exit);
    }

    [Fact]
    public async Task In_a_folder_that_is_not_its_own_it_answers_nothing()
    {
        BotChild.Mark(_home.Path, _bot, generation: 4);
        var (exit, lines) = await RunAsync("ask", Ask(BotVerbs.Sessions.Name, "{}"));

        Assert.Equal((78, 0), (exit, lines.Count));
        Assert.False(Directory.Exists(_home.File("sessions")));
    }

    [Fact]
    public async Task A_change_that_was_made_already_is_not_refused_the_second_time()
    {
        await AskAsync(BotVerbs.WriteFile, new("memory/USER.md", "one", null));
        var version = (await AskAsync(BotVerbs.ReadFile, new("memory/USER.md"))).Version;
        FileWrite change = new("memory/USER.md", "two", version);

        await AskAsync(BotVerbs.WriteFile, change);
        await AskAsync(BotVerbs.WriteFile, change);
        await AskAsync(BotVerbs.WriteFile, new("memory/USER.md", "three", null));

        Assert.Equal("file.changed", (await RunAsync("ask", Ask(BotVerbs.WriteFile, change))).Lines.Single().Problem?.Code);
    }

    [Fact]
    public async Task What_it_exports_another_imports()
    {
        await AskAsync(BotVerbs.WriteFile, new("memory/SOUL.md", "You are Ada.", null));
        var (_, pieces) = await RunAsync("ask", Ask(BotVerbs.Export.Name, "{}"));
        var archive = pieces.SelectMany(piece => piece.Answer!.Value.Deserialize(WireJson.Default.ArchivePiece)!.Bytes).ToArray();
        using TestHome other = new();

        var (exit, lines) = await RunAsync("import", archive, other.Path);

        Assert.Equal((0, 1), (exit, lines.Single().Answer?.Deserialize(WireJson.Default.ArchiveTaken)?.Files));
        Assert.Equal("You are Ada.", await File.ReadAllTextAsync(other.File("memory/SOUL.md"), Ct));
    }

    [Fact]
    public async Task What_it_does_not_import_it_says_in_a_sentence()
    {
        using TestHome other = new();
        var (exit, lines) = await RunAsync("import", new Packed().File("../x", "x").Manifest().Gzip(), other.Path);

        Assert.Equal((0, "import.unknown_file"), (exit, lines.Single().Problem?.Code));
        Assert.Contains("../x", lines.Single().Problem?.Message, StringComparison.Ordinal);
    }

    private async Task<TAnswer> AskAsync<TAsk, TAnswer>(Verb<TAsk, TAnswer> verb, TAsk ask)
    {
        var (exit, lines) = await RunAsync("ask", Ask(verb, ask));
        Assert.Equal((0, null), (exit, lines.Single().Problem));
        return lines.Single().Answer!.Value.Deserialize(verb.Answer)!;
    }

    private byte[] Ask<TAsk, TAnswer>(Verb<TAsk, TAnswer> verb, TAsk ask) => Ask(verb.Name, JsonSerializer.Serialize(ask, verb.Ask));

    private byte[] Ask(string verb, string ask) =>
        JsonSerializer.SerializeToUtf8Bytes(new(_bot, 3, verb, JsonElement.Parse(ask)), WireJson.Default.RestAsk);

    private async Task<(int Exit, List<RestAnswer> Lines)> RunAsync(string mode, byte[] input, string? home = null)
    {
        ProcessStartInfo start = new(ShippedBot.ProgramOr(AppContext.BaseDirectory), [mode])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["WOPR_HOME"] = home ?? _home.Path;
        start.Environment["WOPR_BOT_ID"] = _bot.ToString();
        start.Environment["WOPR_GENERATION"] = "3";
        using var process = Process.Start(start)!;
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input, Ct);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has heard enough.
        }
        var text = await process.StandardOutput.ReadToEndAsync(Ct).SoonAsync();
        await process.WaitForExitAsync(Ct).SoonAsync();
        return (process.ExitCode, [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize(line, WireJson.Default.RestAnswer)!)]);
    }
}
