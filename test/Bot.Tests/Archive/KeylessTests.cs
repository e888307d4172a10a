using System.IO.Compression;
using System.Text;
using Wopr.Bot.Archive;
using Wopr.Bot.Channels;
using Wopr.Bot.Memory;
using Wopr.Bot.Sessions;
using Wopr.Bot.Tests.Channels;
using Wopr.Bot.Tests.Model;
using Wopr.Bot.ToolServers;
using Wopr.Protocol;

namespace Wopr.Bot.Tests.Archive;

/// <summary>Channels and servers of tools go along with a bot; their keys do not.</summary>
public sealed class KeylessTests : IDisposable
{
    private const string Key = "nobody-may-see-this-key";
    private const string Nowhere = "http://127.0.0.1:9";

    private static readonly DateTimeOffset s_long = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TestHome _from = new();
    private readonly TestHome _to = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _from.Dispose();
        _to.Dispose();
    }

    [Fact]
    public async Task An_archive_has_no_key_in_it()
    {
        var plain = Encoding.UTF8.GetString(Unzip(await ExportAsync()));

        Assert.DoesNotContain(Key, plain, StringComparison.Ordinal);
        Assert.Contains("https://replies.example.com/", plain, StringComparison.Ordinal);
        Assert.Contains("https://tools.example.com/mcp?", plain, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_channel_is_listed_says_that_it_needs_its_key_and_connects_once_it_has_it()
    {
        await using var model = await FakeModel.StartAsync();
        await ImportAsync(await ExportAsync());

        await using ChannelBot bot = new(_to, model.Settings, Nowhere);
        var hook = bot.View("hook");
        Assert.Equal((false, ChannelState.Failed), (hook.IsEnabled, hook.State));
        Assert.Contains("without its keys", hook.Problem, StringComparison.Ordinal);
        Assert.Equal(("Hook", "https://replies.example.com/", false),
            (hook.Name, hook.Settings["url"], hook.Settings.ContainsKey("secret")));
        Assert.Equal(["hook", "tg"], bot.Channels.List().Channels.Select(channel => channel.Id).Order());
        // Not even when somebody switches it on.
        await Assert.ThrowsAsync<LinkRefusedException>(() => bot.PutAsync("hook", ChannelKind.Webhook, isEnabled: true));
        Assert.Equal(ChannelState.Failed, bot.View("hook").State);

        await bot.PutAsync("hook", ChannelKind.Webhook, isEnabled: true, ("secret", Key));

        await bot.IsAsync("hook", ChannelState.Connected);
        Assert.Null(bot.View("hook").Problem);
    }

    [Fact]
    public async Task A_channel_answers_nothing_that_was_said_before_it_came()
    {
        var before = TimeProvider.System.GetUtcNow();
        await ImportAsync(await ExportAsync());

        Assert.All(ChannelFile.Load(_to.Path, TimeProvider.System, [], _to.Log), channel => Assert.True(channel.Since >= before));
    }

    [Fact]
    public async Task Whom_a_channel_trusts_is_said_anew()
    {
        await ImportAsync(await ExportAsync());

        var kept = ChannelFile.Load(_to.Path, TimeProvider.System, [], _to.Log).Single(channel => channel.Id == "tg");
        Assert.Equal(["owner"], kept.Settings.Keys);
    }

    [Fact]
    public async Task A_server_of_tools_is_listed_and_not_asked_until_it_has_its_keys()
    {
        await ImportAsync(await ExportAsync());

        await using ToolServerBook book = new(_to.Path, [], TimeProvider.System, _to.Log);
        var view = Assert.Single(book.List().Servers);
        Assert.Equal((false, "Tools"), (view.IsEnabled, view.Name));
        Assert.Equal(["Authorization"], view.Headers);
        Assert.Contains("without its keys", view.Problem, StringComparison.Ordinal);
        Assert.Empty(await book.ToolsAsync(Ct));
        // A value that was never given here is not known.
        Assert.Throws<LinkRefusedException>(() => book.Put(new("tools", "Tools", view.Url, true, new Dictionary<string, string?> { ["Authorization"] = null })));

        var put = book.Put(new("tools", "Tools", "https://tools.example.com/mcp", true, new Dictionary<string, string?> { ["Authorization"] = Key }));

        Assert.Equal((true, (string?)null), (put.IsEnabled, put.Problem));
    }

    [Fact]
    public async Task Only_the_bots_own_user_reads_what_came()
    {
        await ImportAsync(await ExportAsync());

        const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.All(SecretFiles.All, name => Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(_to.File(name)) == Own));
    }

    [Fact]
    public async Task What_somebody_switched_on_in_an_archive_comes_switched_off_and_without_the_key_he_chose()
    {
        await ImportAsync(new Packed()
            .File("channels.json", ChannelFile.Bytes([Hook("hook") with { IsEnabled = true }]))
            .File("tools.json", ToolServerFile.Bytes([Tools("tools")]))
            .Manifest().Gzip());

        var channel = Assert.Single(ChannelFile.Load(_to.Path, TimeProvider.System, [], _to.Log));
        Assert.Equal((false, false), (channel.IsEnabled, channel.Settings.ContainsKey("secret")));
        var server = Assert.Single(ToolServerFile.Load(_to.Path, TimeProvider.System, [], _to.Log));
        Assert.Equal((false, ""), (server.IsEnabled, server.Headers["Authorization"]));
    }

    [Fact]
    public async Task What_no_bot_would_keep_is_not_taken()
    {
        await RefusedAsync("channels.json", "no json"u8.ToArray());
        await RefusedAsync("channels.json", ChannelFile.Bytes([Hook("../../sessions/main")]));
        await RefusedAsync("channels.json", ChannelFile.Bytes([Hook("a"), Hook("a")]));
        await RefusedAsync("channels.json", ChannelFile.Bytes([.. Enumerable.Range(0, 21).Select(at => Hook($"h{at}"))]));
        await RefusedAsync("tools.json", "{}"u8.ToArray());
        await RefusedAsync("tools.json", ToolServerFile.Bytes([Tools("../x")]));
        await RefusedAsync("tools.json", ToolServerFile.Bytes([Tools("a"), Tools("a")]));
        await RefusedAsync("tools.json", ToolServerFile.Bytes([Tools("a") with { Url = "file:///etc/passwd" }]));
        await RefusedAsync("tools.json", ToolServerFile.Bytes([.. Enumerable.Range(0, 11).Select(at => Tools($"t{at}"))]));
    }

    private static KeptChannel Hook(string id) => new(id, ChannelKind.Webhook, "Hook", true,
        new Dictionary<string, string> { ["secret"] = Key, ["url"] = "https://replies.example.com/" }, s_long);

    private static KeptToolServer Tools(string id) => new(id, "Tools", $"https://tools.example.com/mcp?key={Key}", true,
        new Dictionary<string, string> { ["Authorization"] = $"Bearer {Key}" });

    private static byte[] Unzip(byte[] archive)
    {
        using GZipStream zip = new(new MemoryStream(archive), CompressionMode.Decompress);
        using MemoryStream plain = new();
        zip.CopyTo(plain);
        return plain.ToArray();
    }

    private async Task<byte[]> ExportAsync()
    {
        KeptChannel telegram = new("tg", ChannelKind.Telegram, "Telegram", true, new Dictionary<string, string>
        {
            ["token"] = $"123456:{Key}",
            ["owner"] = "42",
            ["owner_may_use_tools"] = "yes",
        }, s_long);
        var store = SessionStore.Open(_from.Path, TimeProvider.System, _from.Log);
        ArchiveWriter writer = new(Guid.Empty, store, new MemoryFiles(_from.Path), new(_from.Path, store, TimeProvider.System, _from.Log),
            () => KeylessFiles.Of([Hook("hook"), telegram], [Tools("tools")]), TimeProvider.System);
        using MemoryStream whole = new();
        await foreach (var piece in writer.ExportAsync(Ct)) { whole.Write(piece.Bytes); }
        return whole.ToArray();
    }

    private Task<ArchiveTaken> ImportAsync(byte[] archive) =>
        ArchiveImport.RunAsync(_to.Path, new MemoryStream(archive), new(), TimeProvider.System, _to.Log, Ct);

    private async Task RefusedAsync(string name, byte[] bytes)
    {
        foreach (var left in Directory.EnumerateFiles(_to.Path)) { File.Delete(left); }
        var refusal = await Assert.ThrowsAsync<ArchiveException>(() => ImportAsync(new Packed().File(name, bytes).Manifest().Gzip()));
        Assert.Equal("import.damaged", refusal.Code);
    }
}
