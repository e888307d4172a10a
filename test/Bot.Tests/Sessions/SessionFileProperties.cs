using FsCheck;
using FsCheck.Fluent;
using Wopr.Bot.Sessions;
using Wopr.Protocol;

namespace Wopr.Bot.Tests.Sessions;

public sealed class SessionFileProperties
{
    private static readonly DateTimeOffset s_at = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly Gen<Entry> s_entries =
        from kind in Gen.Elements(Enum.GetValues<EntryKind>())
        from text in ArbMap.Default.GeneratorFor<string>()
        from sender in Gen.Elements<string?>(null, "ann", "\"\n{")
        from end in Gen.Elements(Enum.GetValues<TurnEnd>())
        select new Entry
        {
            At = s_at,
            Kind = kind,
            Turn = Guid.CreateVersion7(),
            Text = text ?? "",
            Sender = sender,
            Outcome = kind == EntryKind.Answer ? new(end, "why", true, "m", 1, 2, 3) : null,
        };

    [Fact]
    public void Wherever_a_file_is_cut_the_whole_entries_open_again()
    {
        Prop.ForAll(s_entries.ListOf().ToArbitrary(), entries =>
        {
            using TestHome home = new();
            var (path, texts) = Write(home, entries);
            if (texts.Count == 0) { return; }
            var bytes = File.ReadAllBytes(path);
            for (var cut = 0; cut <= bytes.Length; cut += cut < 64 || cut > bytes.Length - 64 ? 1 : 13)
            {
                CheckCut(home, path, bytes, cut, texts);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20));
    }

    [Fact]
    public void Whatever_stands_in_a_file_it_opens_and_nothing_of_it_is_lost()
    {
        var pieces = Gen.OneOf(
            ArbMap.Default.GeneratorFor<byte[]>(), Gen.Constant("\n"u8.ToArray()), Gen.Constant("{\"sum\":\"00000000\","u8.ToArray()));
        Prop.ForAll(pieces.ListOf().ToArbitrary(), s_entries.ListOf().ToArbitrary(), (noise, entries) =>
        {
            using TestHome home = new();
            var (path, texts) = Write(home, entries);
            var sound = File.Exists(path) ? File.ReadAllBytes(path) : [];
            byte[] rest = [.. noise.SelectMany(piece => piece ?? [])];
            File.WriteAllBytes(path, [.. sound, .. rest]);

            var store = SessionStore.Open(home.Path, new TestTime(), home.Log);

            Assert.Equal(texts, store.Get("main").Log.Read(1, long.MaxValue).Select(entry => entry.Text));
            var aside = store.SetAside.SelectMany(file => File.ReadAllBytes(home.File(file)));
            Assert.Equal(rest, aside);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(50));
    }

    private static void CheckCut(TestHome home, string path, byte[] bytes, int cut, List<string> texts)
    {
        File.WriteAllBytes(path, bytes[..cut]);
        var whole = bytes.AsSpan(0, cut).Count((byte)'\n');

        var store = SessionStore.Open(home.Path, new TestTime(), home.Log);

        Assert.Equal(texts[..whole], store.Get("main").Log.Read(1, long.MaxValue).Select(entry => entry.Text));
        foreach (var file in store.SetAside) { File.Delete(home.File(file)); }
    }

    private static (string Path, List<string> Texts) Write(TestHome home, IEnumerable<Entry> entries)
    {
        var log = SessionStore.Open(home.Path, new TestTime(), home.Log).Get("main").Log;
        var writes = entries.Select(log.AppendAsync).ToList();
        foreach (var write in writes) { write.GetAwaiter().GetResult(); }
        return (home.File("sessions/main.jsonl"), [.. log.Read(1, long.MaxValue).Select(entry => entry.Text)]);
    }
}
