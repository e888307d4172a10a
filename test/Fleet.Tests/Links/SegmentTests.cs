using System.Text;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet.Tests.Links;

/// <summary>What is kept of bots' files.</summary>
public sealed class SegmentTests : IAsyncLifetime
{
    private static readonly LinkPeer s_node = LinkPeer.Node("n");

    private Replica _replica = null!;
    private Guid _bot;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _replica = await Replica.StartAsync(Ct);
        _bot = await _replica.BotAsync(Ct, node: "n");
    }

    public ValueTask DisposeAsync() => _replica.DisposeAsync();

    [Fact]
    public async Task Segments_make_the_file_again()
    {
        Assert.Equal(3, await KeepAsync(0, "one"));
        Assert.Equal(6, await KeepAsync(3, "two"));
        // Again, overlapping, and with a gap.
        Assert.Equal(6, await KeepAsync(3, "two"));
        Assert.Equal(6, await KeepAsync(0, "one"));
        Assert.Equal(6, await KeepAsync(9, "four"));
        Assert.Equal(11, await KeepAsync(3, "twothree"));
        // How far is it?
        Assert.Equal(11, await KeepAsync(99, ""));

        Assert.Equal("onetwothree", await ReadAsync());
    }

    [Fact]
    public async Task An_object_that_came_before_its_row_counts()
    {
        await PutAsync($"{Prefix}/000000000000", "one and more");

        Assert.Equal(12, await KeepAsync(0, "one"));
        Assert.Equal("one and more", await ReadAsync());
    }

    [Fact]
    public async Task Of_many_that_send_the_same_at_once_the_file_comes_out_right()
    {
        await Task.WhenAll(Enumerable.Range(1, 10).Select(length => KeepAsync(0, "abcdefghij"[..length])));
        var kept = await KeepAsync(99, "");
        while (kept < 10) { kept = await KeepAsync(kept, "abcdefghij"[(int)kept..]); }

        Assert.Equal("abcdefghij", await ReadAsync());
    }

    [Theory]
    [InlineData("node", "fleet.not_here")]
    [InlineData("generation", "fleet.not_here")]
    [InlineData("bot", "fleet.not_here")]
    [InlineData("path", "fleet.path")]
    [InlineData("size", "fleet.segment")]
    public async Task What_is_not_the_nodes_to_keep_is_refused(string what, string code)
    {
        var segment = new Segment(what == "bot" ? Guid.CreateVersion7() : _bot, what == "generation" ? 2 : 1,
            what == "path" ? "../other/1/sessions/a.jsonl" : "sessions/a.jsonl", 0, new byte[what == "size" ? Keeping.BytesMax + 1 : 1]);

        var refusal = await Assert.ThrowsAsync<LinkRefusedException>(
            () => _replica.Get<Keeping>().KeepAsync(what == "node" ? LinkPeer.Node("m") : s_node, segment, Ct));

        Assert.Equal(code, refusal.Problem.Code);
    }

    private string Prefix => $"bots/tenant_{_bot:N}/1/sessions/a.jsonl";

    private async Task<long> KeepAsync(long offset, string text) => (await _replica.Get<Keeping>().KeepAsync(
        s_node, new(_bot, 1, "sessions/a.jsonl", offset, Encoding.UTF8.GetBytes(text)), Ct)).Length;

    private async Task PutAsync(string key, string text)
    {
        using var content = new MemoryStream(Encoding.UTF8.GetBytes(text));
        await _replica.Get<ObjectStore>().PutAsync(key, content, onlyIfNew: true, sha256: null, Ct);
    }

    private async Task<string> ReadAsync()
    {
        var store = _replica.Get<ObjectStore>();
        var text = new StringBuilder();
        foreach (var one in (await store.ListAsync($"{Prefix}/", null, 100, Ct)).Objects)
        {
            // Each begins where the ones before end.
            Assert.Equal($"{Prefix}/{text.Length:D12}", one.Key);
            using var reader = new StreamReader((await store.GetAsync(one.Key, default(ByteRange), Ct))!);
            text.Append(await reader.ReadToEndAsync(Ct));
        }
        return text.ToString();
    }
}
