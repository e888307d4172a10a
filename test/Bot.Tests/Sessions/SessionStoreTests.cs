using System.Text;
using Wopr.Bot.Sessions;
using Wopr.Protocol;

namespace Wopr.Bot.Tests.Sessions;

public sealed class SessionStoreTests : IDisposable
{
    private readonly TestHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task What_was_written_is_there_after_a_restart()
    {
        var turn = Guid.CreateVersion7();
        var log = Open().Get("main").Log;
        await log.AppendAsync(Said(turn, "hello"));
        await log.AppendAsync(Answered(turn, "hi \u0000 \n \ud83d\ude00"));

        var store = Open();

        Assert.Empty(store.SetAside);
        Assert.Equal([1, 2], store.Get("main").Log.Read(1, 99).Select(entry => entry.Number));
        Assert.Equal("hi \u0000 \n \ud83d\ude00", store.FindTurn(turn)!.ReadOutcome()!.Text);
        Assert.Equal((1, 7, 3), (store.Answers, store.InputTokens, store.OutputTokens));
        Assert.Equal([new("main", s_at, s_at, 2, null)], store.List().Sessions);
    }

    [Fact]
    public async Task Callers_that_arrive_together_each_get_a_number_of_their_own()
    {
        var log = Open().Get("main").Log;

        var written = await Task.WhenAll(Enumerable.Range(0, 500).Select(number =>
            Task.Run(() => log.AppendAsync(Said(Guid.CreateVersion7(), $"{number}")))));

        Assert.Equal(Enumerable.Range(1, 500).Select(number => (long)number), written.Select(entry => entry.Number).Order());
        var kept = Open().Get("main").Log.Read(1, 500);
        Assert.Equal(written.OrderBy(entry => entry.Number).Select(entry => entry.Text), kept.Select(entry => entry.Text));
    }

    [Theory]
    [InlineData("{\"sum\":\"")]
    [InlineData("no line at all\n")]
    [InlineData("\n")]
    [InlineData("{}\n{}\n")]
    public async Task A_tail_that_is_not_whole_is_put_aside_and_named(string tail)
    {
        await Open().Get("main").Log.AppendAsync(Said(Guid.CreateVersion7(), "kept"));
        var whole = await File.ReadAllBytesAsync(FileOf("main"), Ct);
        await File.AppendAllTextAsync(FileOf("main"), tail, Ct);

        var store = Open();

        var aside = Assert.Single(store.SetAside);
        Assert.StartsWith("sessions/main.2026", aside, StringComparison.Ordinal);
        Assert.Equal(tail, await File.ReadAllTextAsync(_home.File(aside), Ct));
        Assert.Equal(whole, await File.ReadAllBytesAsync(FileOf("main"), Ct));
        Assert.Contains("1 entries are kept", _home.Logged, StringComparison.Ordinal);
        Assert.Equal([aside], Open().SetAside);
    }

    [Fact]
    public async Task A_bit_that_flipped_is_seen_and_what_stands_before_it_stays()
    {
        var log = Open().Get("main").Log;
        foreach (var text in (string[])["one", "two", "three"]) { await log.AppendAsync(Said(Guid.CreateVersion7(), text)); }
        var bytes = await File.ReadAllBytesAsync(FileOf("main"), Ct);
        bytes[Encoding.UTF8.GetString(bytes).IndexOf("two", StringComparison.Ordinal)] ^= 1;
        await File.WriteAllBytesAsync(FileOf("main"), bytes, Ct);

        var store = Open();

        Assert.Equal(["one"], store.Get("main").Log.Read(1, 9).Select(entry => entry.Text));
        var aside = await File.ReadAllTextAsync(_home.File(Assert.Single(store.SetAside)), Ct);
        Assert.Contains("three", aside, StringComparison.Ordinal);
        Assert.Equal(2, (await store.Get("main").Log.AppendAsync(Said(Guid.CreateVersion7(), "new"))).Number);
        Assert.Equal(["one", "new"], Open().Get("main").Log.Read(1, 9).Select(entry => entry.Text));
    }

    [Fact]
    public async Task A_line_that_stands_twice_counts_once()
    {
        await Open().Get("main").Log.AppendAsync(Said(Guid.CreateVersion7(), "once"));
        var line = await File.ReadAllTextAsync(FileOf("main"), Ct);
        await File.AppendAllTextAsync(FileOf("main"), line, Ct);

        var store = Open();

        Assert.Equal(1, store.Get("main").Log.Count);
        Assert.Single(store.SetAside);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_is_put_aside_and_the_others_are_served()
    {
        await Open().Get("fine").Log.AppendAsync(Said(Guid.CreateVersion7(), "fine"));
        Directory.CreateDirectory(FileOf("odd"));

        var store = Open();

        Assert.StartsWith("sessions/odd.", Assert.Single(store.SetAside), StringComparison.Ordinal);
        Assert.Equal(["fine"], store.List().Sessions.Select(session => session.Session));
        await store.Get("odd").Log.AppendAsync(Said(Guid.CreateVersion7(), "new"));
    }

    [Fact]
    public async Task On_a_full_disk_it_refuses_in_a_sentence_and_the_file_stays_sound()
    {
        using var disk = SmallDisk.Make(_home.File("sessions"));
        var log = Open().Get("main").Log;
        await log.AppendAsync(Said(Guid.CreateVersion7(), "first"));

        var refusal = await Assert.ThrowsAsync<StorageException>(() => log.AppendAsync(Said(Guid.CreateVersion7(), SmallDisk.TooMuch)));
        await log.AppendAsync(Said(Guid.CreateVersion7(), "last"));

        Assert.Contains("disk is full", refusal.Message, StringComparison.Ordinal);
        var store = Open();
        Assert.Empty(store.SetAside);
        Assert.Equal(["first", "last"], store.Get("main").Log.Read(1, 9).Select(entry => entry.Text));
    }

    [Fact]
    public async Task A_file_that_somebody_took_away_is_not_begun_anew()
    {
        var log = Open().Get("main").Log;
        await log.AppendAsync(Said(Guid.CreateVersion7(), "first"));
        File.Delete(FileOf("main"));

        await Assert.ThrowsAsync<StorageException>(() => log.AppendAsync(Said(Guid.CreateVersion7(), "second")));

        Assert.False(File.Exists(FileOf("main")));
    }

    [Fact]
    public async Task A_session_that_was_deleted_is_gone_with_its_turns()
    {
        var turn = Guid.CreateVersion7();
        var store = Open();
        await store.Get("main").Log.AppendAsync(Said(turn, "secret"));

        store.Delete("main");
        store.Delete("main");

        Assert.Null(store.FindTurn(turn));
        Assert.Empty(store.List().Sessions);
        Assert.Empty(Open().List().Sessions);
        await store.Get("main").Log.AppendAsync(Said(turn, "again"));
        Assert.NotNull(store.FindTurn(turn));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("a/b")]
    [InlineData("../a")]
    [InlineData("a\\b")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("ä")]
    public void A_name_that_is_none_is_refused(string name) =>
        Assert.Equal("session.invalid_name", Assert.Throws<LinkRefusedException>(() => Open().Get(name)).Problem.Code);

    [Fact]
    public void A_name_that_is_too_long_is_refused()
    {
        Open().Get(new string('a', 64));
        Assert.Throws<LinkRefusedException>(() => Open().Get(new string('a', 65)));
    }

    [Theory]
    [InlineData("main", null)]
    [InlineData("discord", null)]
    [InlineData("discord-1", "discord")]
    [InlineData("Telegram-1", "telegram")]
    [InlineData("webhook-x", "webhook")]
    [InlineData("slacker-1", null)]
    public void A_session_of_a_channel_shows_it_by_its_name(string name, string? channel) =>
        Assert.Equal(channel, SessionName.ChannelOf(name));

    [Fact]
    public async Task Pages_are_read_from_the_end()
    {
        var store = Open();
        foreach (var number in Enumerable.Range(1, 5)) { await store.Get("main").Log.AppendAsync(Said(Guid.CreateVersion7(), $"{number}")); }

        var last = SessionReader.Read(store, new("main", null, 2));
        var first = SessionReader.Read(store, new("main", last.Entries[0].Number, 200));

        Assert.Equal(["4", "5"], last.Entries.Select(entry => entry.Text));
        Assert.Equal(["1", "2", "3"], first.Entries.Select(entry => entry.Text));
        Assert.Equal((true, false), (last.HasMore, first.HasMore));
        Assert.Empty(SessionReader.Read(store, new("none", null, 2)).Entries);
    }

    [Fact]
    public async Task A_page_of_long_texts_fits_into_a_frame()
    {
        var store = Open();
        for (var entry = 0; entry < 40; entry++) { await store.Get("main").Log.AppendAsync(Said(Guid.CreateVersion7(), new('猫', 30_000))); }

        var page = SessionReader.Read(store, new("main", null, 200));

        Assert.InRange(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(page, WireJson.Default.SessionPage).Length, 1, 1_000_000);
        Assert.True(page.HasMore);
    }

    private static readonly DateTimeOffset s_at = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private SessionStore Open() => SessionStore.Open(_home.Path, new TestTime(), _home.Log);

    private string FileOf(string session) => _home.File($"sessions/{session}.jsonl");

    private static Entry Said(Guid turn, string text) =>
        new() { At = s_at, Kind = EntryKind.Message, Turn = turn, Text = text };

    private static Entry Answered(Guid turn, string text) => new()
    {
        At = s_at,
        Kind = EntryKind.Answer,
        Turn = turn,
        Text = text,
        Outcome = new(TurnEnd.Answered, null, false, "m", 7, 3, 12),
    };
}
