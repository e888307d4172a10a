using Wopr.Bot.Memory;
using Wopr.Bot.Tests.Model;
using Wopr.Protocol;

namespace Wopr.Bot.Tests.Memory;

public sealed class MemoryTests : IDisposable
{
    private readonly TestHome _home = new();
    private readonly MemoryFiles _files;

    public MemoryTests() => _files = new(_home.Path);

    public void Dispose() => _home.Dispose();

    [Fact]
    public void What_is_written_is_read_and_listed()
    {
        _files.Write(new("memory/SOUL.md", "You are Ada.", null));
        _files.Write(new("skills/tea.md", "# How to make tea\n…", null));

        Assert.Equal("You are Ada.", _files.Read("memory/SOUL.md").Text);
        Assert.Equal(["memory/SOUL.md", "skills/tea.md"], _files.List().Files.Select(file => file.Path));
        Assert.Equal([("tea", "How to make tea")], _files.Skills());
        _files.Write(new("skills/tea.md", null, null));
        _files.Write(new("skills/tea.md", null, null));
        Assert.Equal("file.not_found", Code(() => _files.Read("skills/tea.md")));
    }

    [Fact]
    public void A_change_to_what_somebody_else_changed_is_refused()
    {
        _files.Write(new("memory/USER.md", "one", null));
        var version = _files.Read("memory/USER.md").Version;
        _files.Write(new("memory/USER.md", "two", version));

        Assert.Equal("file.changed", Code(() => _files.Write(new("memory/USER.md", "three", version))));
        Assert.Equal("file.changed", Code(() => _files.Write(new("memory/SOUL.md", "new", version))));
        Assert.Equal("two", _files.Read("memory/USER.md").Text);
    }

    [Theory]
    [InlineData("SOUL.md")]
    [InlineData("memory/OTHER.md")]
    [InlineData("memory/../sessions/main.jsonl")]
    [InlineData("../memory/SOUL.md")]
    [InlineData("/etc/passwd")]
    [InlineData("skills/.md")]
    [InlineData("skills/.hidden.md")]
    [InlineData("skills/../x.md")]
    [InlineData("skills/a/b.md")]
    [InlineData("skills/a\0.md")]
    [InlineData("skills/a.md\n")]
    [InlineData("schedules.json")]
    [InlineData("")]
    public void No_other_path_is_touched(string path)
    {
        Assert.Equal("file.invalid_path", Code(() => _files.Write(new(path, "x", null))));
        Assert.Equal("file.invalid_path", Code(() => _files.Read(path)));
    }

    [Fact]
    public void A_link_leads_nowhere()
    {
        File.WriteAllText(_home.File("secret"), "secret");
        File.CreateSymbolicLink(_home.File("memory/SOUL.md"), _home.File("secret"));
        File.CreateSymbolicLink(_home.File("skills/x.md"), _home.File("secret"));
        Directory.CreateDirectory(_home.File("skills/y.md"));

        foreach (var path in (string[])["memory/SOUL.md", "skills/x.md", "skills/y.md"])
        {
            Assert.Equal("file.not_plain", Code(() => _files.Read(path)));
            Assert.Equal("file.not_plain", Code(() => _files.Write(new(path, "x", null))));
            Assert.Equal("", _files.TextOf(path));
        }
        Assert.Empty(_files.List().Files);
        Assert.Equal("secret", File.ReadAllText(_home.File("secret")));
    }

    [Fact]
    public void A_folder_that_is_a_link_leads_nowhere()
    {
        Directory.CreateDirectory(_home.File("elsewhere"));
        Directory.Delete(_home.File("skills"));
        Directory.CreateSymbolicLink(_home.File("skills"), _home.File("elsewhere"));

        Assert.Equal("file.not_plain", Code(() => _files.Write(new("skills/x.md", "x", null))));
        Assert.Empty(Directory.GetFiles(_home.File("elsewhere")));
    }

    [Fact]
    public void Sizes_and_numbers_have_bounds()
    {
        _files.Write(new("memory/MEMORY.md", new('x', 65_536), null));
        Assert.Equal("file.too_long", Code(() => _files.Write(new("memory/MEMORY.md", new('ä', 32_769), null))));
        Assert.Equal("file.too_long", Code(() => _files.Append("memory/MEMORY.md", "one more")));
        for (var skill = 0; skill < 64; skill++) { _files.Write(new($"skills/s{skill}.md", new('<', 65_000), null)); }
        Assert.Equal("file.too_many", Code(() => _files.Write(new("skills/more.md", "x", null))));
        _files.Write(new("skills/s5.md", "changed", null));

        var list = _files.List();
        Assert.Equal(65, list.Files.Count);
        Assert.InRange(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(list, WireJson.Default.FileList).Length, 1, 1_000_000);
    }

    [Fact]
    public void The_same_line_is_added_once()
    {
        _files.Append("memory/MEMORY.md", "one");
        _files.Append("memory/MEMORY.md", "two\n");
        _files.Append("memory/MEMORY.md", "two");
        Assert.Equal("one\ntwo\n", _files.Read("memory/MEMORY.md").Text);
    }

    [Fact]
    public async Task The_bot_changes_what_it_remembers_but_not_who_it_is()
    {
        await using var model = await FakeModel.StartAsync();
        await using TestBot bot = new(_home, model.Settings);
        bot.Files.Write(new("memory/SOUL.md", "You are Ada.", null));
        bot.Files.Write(new("skills/tea.md", "Boil water.", null));
        model.Then(Replies.Call(
            ("memory_write", """{"file":"USER.md","text":"She is Ann."}"""), ("memory_write", """{"file":"SOUL.md","text":"evil"}"""),
            ("memory_append", """{"file":"../SOUL.md","text":"evil"}"""), ("memory_read", """{"file":"SOUL.md"}"""),
            ("skill_read", """{"name":"tea"}"""), ("skill_read", """{"name":"../memory/SOUL"}"""), ("memory_read", "{}"),
            ("memory_read", "[]"), ("memory_read", "no json"), ("launch_missiles", "{}"))).Then(Replies.Say("Done."));

        await bot.AskAsync("Do all that");

        Assert.Equal("You are Ada.", bot.Files.Read("memory/SOUL.md").Text);
        Assert.Equal("She is Ann.", bot.Files.Read("memory/USER.md").Text);
        var results = model.Asked.Last().Messages.Where(message => message.Role == "tool").Select(message => message.Text).ToList();
        Assert.Equal(["Written.", Refusals.NotYours().Message, Refusals.NotYours().Message, "You are Ada.", "Boil water.",
            Refusals.FilePath().Message, "The argument file is missing.", "The arguments must be a JSON object.",
            "The arguments are not JSON.", "There is no tool launch_missiles."], results);
    }

    private static string Code(Action act) => Assert.Throws<LinkRefusedException>(act).Problem.Code;
}
