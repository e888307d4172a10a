using Wopr.Bot.Tests.Model;
using Wopr.Bot.ToolServers;
using Wopr.Protocol;

namespace Wopr.Bot.Tests.ToolServers;

public sealed class ToolServerTests : IAsyncLifetime
{
    private readonly TestHome _home = new();
    private FakeModel _model = null!;
    private FakeToolServer _server = null!;
    private TestBot _bot = null!;

    public async ValueTask InitializeAsync()
    {
        (_model, _server) = (await FakeModel.StartAsync(), await FakeToolServer.StartAsync());
        _bot = new(_home, _model.Settings);
    }

    public async ValueTask DisposeAsync()
    {
        await _bot.DisposeAsync();
        await _server.DisposeAsync();
        await _model.DisposeAsync();
        _home.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_model_is_offered_a_servers_tools_and_uses_them(bool speaksInEvents)
    {
        _server.SpeaksInEvents = speaksInEvents;
        _bot.Servers.Put(Put());
        _model.Then(Replies.Call(("sums__add", """{"a":2,"b":40}"""))).Then(Replies.Say("Forty-two."));

        var outcome = await _bot.AskAsync("What is 2 + 40?");

        Assert.Equal((TurnEnd.Answered, "Forty-two."), (outcome.End, outcome.Text));
        Assert.Contains("sums__add", _model.Asked.First().Tools);
        Assert.DoesNotContain(_model.Asked.First().Tools, name => name.Contains("plain", StringComparison.Ordinal));
        Assert.Equal(("tool", "42"), _model.Asked.Last().Messages[^1]);
        Assert.Contains("""add {"a":2,"b":40}""", _server.Calls);
        Assert.Equal(["sums__add", "sums__fail"], Assert.Single(_bot.Servers.List().Servers).Tools.Select(tool => tool.Name));
    }

    [Fact]
    public async Task A_tool_that_fails_is_told_to_the_model()
    {
        _bot.Servers.Put(Put());
        _model.Then(Replies.Call(("sums__fail", "{}"))).Then(Replies.Say("It failed."));

        Assert.Equal(TurnEnd.Answered, (await _bot.AskAsync("Fail!")).End);
        Assert.Equal(("tool", "The tool failed: It is broken."), _model.Asked.Last().Messages[^1]);
    }

    [Fact]
    public async Task A_server_that_is_away_costs_a_turn_its_tools_and_nothing_else()
    {
        _bot.Servers.Put(Put());
        await _server.DisposeAsync();

        Assert.Equal(TurnEnd.Answered, (await _bot.AskAsync("Hello")).End);
        Assert.DoesNotContain("sums__add", _model.Asked.Single().Tools);
        Assert.Contains("memory_read", _model.Asked.Single().Tools);
        Assert.Contains("cannot be reached", Assert.Single(_bot.Servers.List().Servers).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_goes_away_in_between_is_told_to_the_model_and_found_again()
    {
        _bot.Servers.Put(Put());
        _model.Then(Replies.Call(("sums__add", """{"a":1,"b":1}"""))).Then(Replies.Say("It is gone."))
            .Then(Replies.Call(("sums__add", """{"a":1,"b":1}"""))).Then(Replies.Say("Two."));
        _server.Lie = ("tools/call", http =>
        {
            http.Abort();
            return Task.CompletedTask;
        }
        );

        await _bot.AskAsync("Add");
        Assert.Contains("Sums", _model.Asked.Last().Messages[^1].Text, StringComparison.Ordinal);
        Assert.Equal("tool", _model.Asked.Last().Messages[^1].Role);
        _server.Lie = null;
        await _bot.AskAsync("Add again");
        Assert.Equal(("tool", "2"), _model.Asked.Last().Messages[^1]);
    }

    [Fact]
    public async Task Strangers_get_no_tools()
    {
        _bot.Servers.Put(Put());
        await _bot.AskAsync("Hello", session: "discord-1-2");
        Assert.Empty(_model.Asked.Single().Tools);
        Assert.Empty(_server.Calls);
    }

    [Fact]
    public async Task An_answer_without_end_is_cut_off()
    {
        _server.Lie = ("tools/list", async http =>
        {
            http.Response.ContentType = "application/json";
            var junk = new byte[64 * 1024];
            Array.Fill(junk, (byte)' ');
            for (var sent = 0; sent < 1024 && !http.RequestAborted.IsCancellationRequested; sent++) { await http.Response.Body.WriteAsync(junk); }
        }
        );
        var test = await _bot.Servers.TestAsync(Put(), Ct);
        Assert.Contains("sent more than 4 MB", test.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(302)]
    [InlineData(307)]
    public async Task A_server_that_leads_elsewhere_is_not_followed_and_nobody_else_hears_the_key(int status)
    {
        await using var other = await FakeToolServer.StartAsync();
        _server.Lie = ("initialize", http =>
        {
            (http.Response.StatusCode, http.Response.Headers.Location) = (status, other.Address);
            return Task.CompletedTask;
        }
        );

        var test = await _bot.Servers.TestAsync(Put(new() { ["X-Key"] = "secret" }), Ct);

        Assert.Contains($"answered {status}", test.Problem, StringComparison.Ordinal);
        Assert.Empty(other.Asked);
        Assert.Contains("secret", _server.Asked.SelectMany(headers => headers["X-Key"]));
    }

    [Fact]
    public void A_full_disk_refuses_and_leaves_what_was_there()
    {
        var home = _home.File("small");
        using var disk = SmallDisk.Make(home);
        ToolServerBook book = new(home, [], TimeProvider.System, _home.Log);
        book.Put(Put(new() { ["X-Key"] = "first" }));
        disk.Fill();

        var more = Put(new() { ["X-Key"] = new('x', 4_000), ["X-More"] = new('x', 4_000) });
        Assert.Equal("bot.storage", Code(() => book.Put(more)));
        Assert.Equal("bot.storage", Code(() => book.Put(more with { Id = "other" })));

        Assert.Equal(["X-Key"], Assert.Single(book.List().Servers).Headers);
        Assert.Equal("first", Assert.Single(ToolServerFile.Load(home, TimeProvider.System, [], _home.Log)).Headers["X-Key"]);
        disk.Clear();
        Assert.Equal(["X-Key", "X-More"], book.Put(more).Headers);
    }

    [Fact]
    public async Task A_test_says_what_is_wrong_and_keeps_nothing()
    {
        _server.Authorization = "Bearer right";
        Assert.Contains("refuses this bot", (await _bot.Servers.TestAsync(Put(), Ct)).Problem, StringComparison.Ordinal);
        var right = await _bot.Servers.TestAsync(Put(new() { ["Authorization"] = "Bearer right" }), Ct);
        Assert.Null(right.Problem);
        Assert.Equal(2, right.Tools.Count);
        Assert.Empty(_bot.Servers.List().Servers);
    }

    [Fact]
    public void A_secret_stays_when_it_is_left_out_and_is_never_told_or_sent_elsewhere()
    {
        _bot.Servers.Put(Put(new() { ["Authorization"] = "Bearer secret" }));
        var view = _bot.Servers.Put(Put(new() { ["authorization"] = null }) with { Name = "Other" });
        Assert.Equal(["authorization"], view.Headers);

        var file = _home.File("tools.json");
        Assert.Contains("Bearer secret", File.ReadAllText(file), StringComparison.Ordinal);
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Uri here = new(_server.Address);
        foreach (var elsewhere in (string[])["https://elsewhere.example.com/mcp", $"http://{here.Host}:{here.Port + 1}/mcp", $"https://{here.Authority}/mcp"])
        {
            Assert.Equal("tools.invalid", Code(() => _bot.Servers.Put(Put(new() { ["Authorization"] = null }) with { Url = elsewhere })));
        }
    }

    [Fact]
    public async Task They_are_kept_over_a_restart_and_a_torn_file_is_set_aside()
    {
        _bot.Servers.Put(Put());
        await using (ToolServerBook again = new(_home.Path, [], TimeProvider.System, _home.Log))
        {
            Assert.Equal("sums", Assert.Single(again.List().Servers).Id);
            again.Delete("sums");
            again.Delete("sums");
            Assert.Empty(again.List().Servers);
        }
        await File.WriteAllTextAsync(_home.File("tools.json"), """{"servers":[{"id":"su""", Ct);
        List<string> aside = [];
        await using ToolServerBook torn = new(_home.Path, aside, TimeProvider.System, _home.Log);
        Assert.Empty(torn.List().Servers);
        Assert.Contains("tools", Assert.Single(aside), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Sums", "http://127.0.0.1/mcp", null)]
    [InlineData("", "http://127.0.0.1/mcp", null)]
    [InlineData("sums", "ftp://127.0.0.1/mcp", null)]
    [InlineData("sums", "/mcp", null)]
    [InlineData("sums", "http://user:secret@127.0.0.1/mcp", null)]
    [InlineData("sums", "http://127.0.0.1/mcp", "Host")]
    [InlineData("sums", "http://127.0.0.1/mcp", "A b")]
    public void What_cannot_be_right_is_refused(string id, string url, string? header)
    {
        Dictionary<string, string?> headers = header is null ? [] : new() { [header] = "x" };
        Assert.Equal("tools.invalid", Code(() => _bot.Servers.Put(new(id, "Sums", url, true, headers))));
    }

    [Fact]
    public async Task A_turn_that_uses_up_its_tokens_is_stopped()
    {
        _model.Always(async (_, response, ct) =>
        {
            await Replies.SendAsync(response, """
                {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"schedule_list","arguments":"{}"}}]}}]}
                """.Trim(), ct);
            await Replies.SendAsync(response, """{"choices":[{"delta":{},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":250000,"completion_tokens":1}}""", ct);
            await Replies.SendAsync(response, "[DONE]", ct);
        });
        var outcome = await _bot.AskAsync("Go on and on");
        Assert.Equal(TurnEnd.Failed, outcome.End);
        Assert.Contains("400,000 tokens", outcome.Problem, StringComparison.Ordinal);
        Assert.Equal(2, _model.Asked.Count);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static string Code(Action act) => Assert.Throws<LinkRefusedException>(act).Problem.Code;

    private ToolServerPut Put(Dictionary<string, string?>? headers = null) => new("sums", "Sums", _server.Address, true, headers ?? []);
}
