using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Wopr.Bot.Archive;
using Wopr.Bot.Memory;
using Wopr.Bot.Schedules;
using Wopr.Bot.Sessions;
using Wopr.Bot.Tests.Model;
using Wopr.Protocol;

namespace Wopr.Bot.Tests.Archive;

/// <summary>All that a bot keeps goes into a file and comes out of it; nothing else comes in.</summary>
public sealed class ArchiveTests : IDisposable
{
    private static readonly Guid s_bot = Guid.Parse("01900000-0000-7000-8000-000000000001");

    private readonly TestHome _to = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _to.Dispose();

    [Fact]
    public async Task What_is_exported_is_imported_as_it_was()
    {
        using TestHome from = new();
        await using var model = await FakeModel.StartAsync();
        await using (TestBot bot = new(from, model.Settings))
        {
            for (var at = 0; at < 20; at++) { await bot.AskAsync($"Message {at} in ümläuts", $"talk-{at % 3}"); }
            bot.Files.Write(new(MemoryFiles.Soul, "You are Ada.", null));
            bot.Files.Write(new("skills/report.md", "Write reports.", null));
            bot.Book.Put(new("daily", "Daily", "0 9 * * *", null, "Europe/Berlin", "main", "Hello", true, MissedRuns.Skip));
            var archive = await ExportAsync(from.Path, bot.Store, bot.Files, bot.Book);

            var taken = await ImportAsync(archive);

            Assert.Equal((3, 2, 1), (taken.Sessions, taken.Files, taken.Schedules));
            foreach (var file in (string[])["sessions/talk-0.jsonl", "sessions/talk-1.jsonl", "memory/SOUL.md", "skills/report.md", "schedules.json"])
            {
                Assert.Equal(await File.ReadAllBytesAsync(from.File(file), Ct), await File.ReadAllBytesAsync(_to.File(file), Ct));
            }
        }
    }

    [Fact]
    public async Task Any_tar_reads_it_and_it_says_what_it_holds()
    {
        using TestHome from = new();
        MemoryFiles files = new(from.Path);
        files.Write(new(MemoryFiles.User, "Bob", null));
        var store = SessionStore.Open(from.Path, TimeProvider.System, from.Log);
        var archive = await ExportAsync(from.Path, store, files, new(from.Path, store, TimeProvider.System, from.Log));

        using GZipStream zip = new(new MemoryStream(archive), CompressionMode.Decompress);
        using TarReader tar = new(zip);
        Dictionary<string, string> found = [];
        while (await tar.GetNextEntryAsync(copyData: true, Ct) is { } entry)
        {
            using StreamReader text = new(entry.DataStream!);
            found[entry.Name] = await text.ReadToEndAsync(Ct);
        }

        Assert.Equal(["memory/USER.md", "manifest.json"], found.Keys);
        var manifest = JsonElement.Parse(found["manifest.json"]);
        Assert.Equal(("wopr-bot", 1, s_bot), (manifest.GetProperty("product").GetString(), manifest.GetProperty("version").GetInt32(), manifest.GetProperty("bot").GetGuid()));
        Assert.Equal("cd9fb1e148ccd8442e5aa74904cc73bf6fb54d1d54d333bd596aa9bb4bb4e961", manifest.GetProperty("entries")[0].GetProperty("sha256").GetString());
    }

    [Fact]
    public async Task A_long_conversation_is_exported_in_pieces()
    {
        using TestHome from = new();
        var store = SessionStore.Open(from.Path, TimeProvider.System, from.Log);
        var random = new Random(7);
        for (var at = 0; at < 300; at++)
        {
            await store.Get("main").Log.AppendAsync(new()
            {
                At = DateTimeOffset.UnixEpoch,
                Kind = EntryKind.Message,
                Turn = Guid.CreateVersion7(),
                Text = Convert.ToBase64String([.. Enumerable.Range(0, 6000).Select(_ => (byte)random.Next(256))]),
            });
        }
        List<int> sizes = [];
        await foreach (var piece in Writer(store, new(from.Path), new(from.Path, store, TimeProvider.System, from.Log)).ExportAsync(Ct))
        {
            sizes.Add(piece.Bytes.Length);
        }

        Assert.True(sizes.Count > 5 && sizes.All(size => size is > 0 and <= 512 * 1024), string.Join(' ', sizes));
    }

    [Fact]
    public async Task What_was_not_answered_then_is_not_answered_now()
    {
        using TestHome from = new();
        var store = SessionStore.Open(from.Path, TimeProvider.System, from.Log);
        var turn = Guid.CreateVersion7();
        await store.Get("main").Log.AppendAsync(new() { At = DateTimeOffset.UnixEpoch, Kind = EntryKind.Message, Turn = turn, Text = "Buy it" });

        await ImportAsync(await ExportAsync(from.Path, store, new(from.Path), new(from.Path, store, TimeProvider.System, from.Log)));

        var there = SessionStore.Open(_to.Path, TimeProvider.System, _to.Log);
        Assert.Empty(there.NotOver());
        Assert.Equal(TurnEnd.Cancelled, there.FindTurn(turn)!.ReadOutcome()!.End);
    }

    [Theory]
    [InlineData("../escaped.md")]
    [InlineData("memory/../../escaped.md")]
    [InlineData("/tmp/escaped.md")]
    [InlineData("sessions/../escaped.jsonl")]
    [InlineData("sessions/.hidden.jsonl")]
    [InlineData("sessions/a/b.jsonl")]
    [InlineData("skills/../SOUL.md")]
    [InlineData("memory/soul.md")]
    [InlineData(".wopr-data.json")]
    [InlineData(".lock")]
    [InlineData("told.json")]
    [InlineData("manifest.json/x")]
    [InlineData("memory/SOUL.md\n")]
    public async Task Only_names_that_a_bot_has_are_taken(string path)
    {
        Assert.Equal("import.unknown_file", await RefusedAsync(new Packed().File(path, "x").Manifest().Gzip()));
        Assert.Empty(Directory.EnumerateFiles(_to.Path, "*", SearchOption.AllDirectories));
        Assert.False(File.Exists(Path.Combine(Path.GetDirectoryName(_to.Path)!, "escaped.md")) || File.Exists("/tmp/escaped.md"));
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink, "memory/SOUL.md", "/etc/passwd")]
    [InlineData(TarEntryType.SymbolicLink, "memory", "/etc")]
    [InlineData(TarEntryType.HardLink, "memory/SOUL.md", "/etc/passwd")]
    public async Task Links_are_not_taken(TarEntryType kind, string path, string target) =>
        Assert.Equal("import.link", await RefusedAsync(new Packed().Link(kind, path, target).Manifest().Gzip()));

    [Fact]
    public async Task Nor_is_what_else_tar_can_do()
    {
        Assert.Equal("import.unknown_file", await RefusedAsync(new Packed().Other(TarEntryType.Fifo, "memory/SOUL.md").Manifest().Gzip()));
        Assert.Equal("import.unknown_file", await RefusedAsync(new Packed { Format = TarEntryFormat.Pax }.File("memory/SOUL.md", "x").Manifest().Gzip()));
        Assert.Equal("import.unknown_file", await RefusedAsync(new Packed().Folder("sessions/").Folder("etc/").Manifest().Gzip()));
    }

    [Fact]
    public async Task One_that_was_packed_again_with_its_folders_is_taken()
    {
        var taken = await ImportAsync(new Packed().Folder("memory/").File("memory/SOUL.md", "Ada").Folder("sessions/").Manifest().Gzip());

        Assert.Equal((0, 1, 3L), (taken.Sessions, taken.Files, taken.Bytes));
    }

    [Fact]
    public async Task A_bomb_is_seen_by_its_ratio()
    {
        var packed = new Packed().File("sessions/main.jsonl", new byte[64 << 20]).Manifest().Gzip();
        Assert.True(packed.Length < 200_000);

        Assert.Equal("import.too_large", await RefusedAsync(packed));
        Assert.True(new FileInfo(_to.File("sessions/main.jsonl")).Length < 48 << 20);
    }

    [Fact]
    public async Task A_bomb_is_seen_by_its_size_and_by_what_follows_its_end()
    {
        ArchiveLimits limits = new(PackedBytesMax: 1 << 20, BytesMax: 1 << 20, RatioMax: 1_000_000);
        var random = new byte[2 << 20];
        new Random(1).NextBytes(random);

        Assert.Equal("import.too_large", await RefusedAsync(new Packed().File("sessions/main.jsonl", random).Manifest().Gzip(), limits));
        Assert.Equal("import.too_large", await RefusedAsync(
            new Packed().File("sessions/main.jsonl", random).Manifest().Gzip(), new(PackedBytesMax: 1 << 20)));
        Assert.Equal("import.too_large", await RefusedAsync(
            Packed.Gzip([.. new Packed().File("memory/SOUL.md", "x").Manifest().Tar(), .. new byte[2 << 20]]), limits));
    }

    [Fact]
    public async Task A_bomb_is_seen_by_its_count()
    {
        Packed packed = new();
        for (var at = 0; at < 21; at++) { packed.File($"skills/s{at}.md", "x"); }

        Assert.Equal("import.too_large", await RefusedAsync(packed.Manifest().Gzip(), new(EntriesMax: 20)));
    }

    [Fact]
    public async Task A_small_file_is_never_large() =>
        Assert.Equal("import.too_large", await RefusedAsync(new Packed().File("memory/SOUL.md", new byte[65 * 1024]).Manifest().Gzip()));

    [Fact]
    public async Task A_wrong_checksum_or_length_is_named()
    {
        var wrong = new string('0', 64);
        Assert.Equal("import.changed", await RefusedAsync(new Packed().File("memory/SOUL.md", "x", isListed: false).List("memory/SOUL.md", 1, wrong).Manifest().Gzip()));
        const string Right = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
        Assert.Equal("import.changed", await RefusedAsync(new Packed().File("memory/SOUL.md", "x", isListed: false).List("memory/SOUL.md", 2, Right).Manifest().Gzip()));
        Assert.Equal("import.torn", await RefusedAsync(new Packed().List("memory/SOUL.md", 1, Right).Manifest().Gzip()));
        Assert.Equal("import.unknown_file", await RefusedAsync(new Packed().File("memory/SOUL.md", "x", isListed: false).Manifest().Gzip()));
        Assert.Equal("import.unknown_file", await RefusedAsync(new Packed().File("memory/SOUL.md", "x").File("memory/SOUL.md", "y").Manifest().Gzip()));
        Assert.Equal("import.unknown_file", await RefusedAsync(new Packed().Manifest().File("memory/SOUL.md", "x").Gzip()));
    }

    [Fact]
    public async Task Cut_off_before_its_manifest_is_whole_it_is_not_taken()
    {
        var tar = new Packed().File("memory/SOUL.md", "You are Ada.").File("skills/a.md", "Do it.").Manifest().Tar();
        var whole = Packed.Gzip(tar[..^1024]);
        for (var length = 0; length < whole.Length - 8; length += 7)
        {
            Assert.Contains(await RefusedAsync(whole[..length]), (string[])["import.torn", "import.foreign"]);
        }
    }

    [Fact]
    public async Task What_another_program_made_is_not_taken()
    {
        Assert.Equal("import.foreign", await RefusedAsync([]));
        Assert.Equal("import.foreign", await RefusedAsync("PK\u0003\u0004 a zip"u8.ToArray()));
        Assert.Equal("import.foreign", await RefusedAsync(Packed.Gzip("no tar at all, however long it may be"u8.ToArray())));
        Assert.Equal("import.foreign", await RefusedAsync(Packed.Gzip([.. Enumerable.Repeat((byte)'x', 2000)])));
        Assert.Equal("import.foreign", await RefusedAsync(new Packed().File("memory/SOUL.md", "x").Manifest(product: "another").Gzip()));
        Assert.Equal("import.unknown_file", await RefusedAsync(new Packed().File("package.json", "{}").Gzip()));
        Assert.Equal("import.newer", await RefusedAsync(new Packed().File("memory/SOUL.md", "x").Manifest(version: 2).Gzip()));
    }

    [Fact]
    public async Task What_no_bot_can_live_with_is_not_taken()
    {
        Assert.Equal("import.damaged", await RefusedAsync(new Packed().File("sessions/main.jsonl", "{}\n").Manifest().Gzip()));
        Assert.Equal("import.damaged", await RefusedAsync(new Packed().File("schedules.json", "no json").Manifest().Gzip()));
        Assert.Equal("import.damaged", await RefusedAsync(new Packed().File("schedules.json", """
            {"schedules":[{"schedule":{"id":"a","name":"a","cron":"99 * * * *","timeZone":"UTC","session":"main","message":"x",
            "isEnabled":true,"missed":"Skip"},"since":"2026-01-01T00:00:00Z"}]}
            """).Manifest().Gzip()));
    }

    private static ArchiveWriter Writer(SessionStore store, MemoryFiles files, ScheduleBook book) =>
        new(s_bot, store, files, book, () => [], TimeProvider.System);

    private static async Task<byte[]> ExportAsync(string home, SessionStore store, MemoryFiles files, ScheduleBook book)
    {
        Assert.True(Directory.Exists(home));
        using MemoryStream whole = new();
        await foreach (var piece in Writer(store, files, book).ExportAsync(Ct)) { whole.Write(piece.Bytes); }
        return whole.ToArray();
    }

    private Task<ArchiveTaken> ImportAsync(byte[] archive) =>
        ArchiveImport.RunAsync(_to.Path, new MemoryStream(archive), new(), TimeProvider.System, _to.Log, Ct);

    private async Task<string> RefusedAsync(byte[] archive, ArchiveLimits? limits = null)
    {
        foreach (var left in Directory.EnumerateDirectories(_to.Path)) { Directory.Delete(left, recursive: true); }
        foreach (var left in Directory.EnumerateFiles(_to.Path)) { File.Delete(left); }
        return (await Assert.ThrowsAsync<ArchiveException>(() => ArchiveImport.RunAsync(
            _to.Path, new MemoryStream(archive), limits ?? new(), TimeProvider.System, _to.Log, Ct))).Code;
    }
}
