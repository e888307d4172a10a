using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Wopr.Kernel.Tests;

/// <summary>Thousands of made-up inputs for every parser: it reads back what it wrote, and nothing makes it throw.</summary>
public sealed class ParserProperties
{
    private sealed record Thing : IHasId
    {
        public static string IdPrefix => "thing";
    }

    private sealed class Shop : ISettings
    {
        [Setting("PORT", "A number.", Min = 1, Max = 65535)]
        public int Port { get; set; } = 80;

        [Setting("URL", "An address.")]
        public Uri? Url { get; set; }

        [Setting("FLAG", "A flag.")]
        public bool Flag { get; set; }

        [Setting("LIST", "A list.")]
        public string[] List { get; set; } = [];

        [Setting("SECRET", "A secret.", Secret = true)]
        public string Secret { get; set; } = "";

        public IEnumerable<string> Faults(bool production) => [];
    }

    [Fact]
    public void An_id_reads_back_as_it_was_written() => Prop.ForAll((Guid value) =>
    {
        var id = new Id<Thing>(value);
        return Id<Thing>.TryParse(id.ToString(), null, out var same) && same == id;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Only_the_one_way_to_write_an_id_is_read() => Check(Mutations("thing_0199a1b2c3d4e5f60718293a4b5c6d7e"),
        text => !Id<Thing>.TryParse(text, null, out var id) || id.ToString() == text);

    [Fact]
    public void Money_adds_and_takes_away_exactly_or_refuses() => Prop.ForAll((long left, long right) =>
    {
        var exact = (Int128)left + right;
        var fits = exact >= long.MinValue && exact <= long.MaxValue;
        try
        {
            return (new Money(left) + new Money(right) - new Money(right)).Nanos == left && fits;
        }
        catch (OverflowException)
        {
            return !fits;
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Cents_never_show_more_than_there_is() => Prop.ForAll((long nanos) =>
    {
        var shown = (Int128)new Money(nanos).Cents * Money.NanosPerCent;
        return shown <= nanos && nanos - shown < Money.NanosPerCent;
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue + 1)]
    public void Cents_hold_at_the_edges(long nanos)
    {
        var shown = (Int128)new Money(nanos).Cents * Money.NanosPerCent;
        Assert.InRange(nanos - shown, 0, Money.NanosPerCent - 1);
    }

    [Fact]
    public void A_database_url_reads_back_whatever_its_parts_are() => Prop.ForAll(Words().ToArbitrary(), Words().ToArbitrary(),
        Words().ToArbitrary(), (user, password, name) =>
            // A path cannot end in a dot that is not a step.
            name is "." or ".." || PostgresUrl.TryParse($"postgres://{Escape(user)}:{Escape(password)}@db.example:5433/{Escape(name)}", out var read)
                && read.Username == user && read.Password == password && read.Database == name)
        .QuickCheckThrowOnFailure();

    [Fact]
    public void No_text_is_a_database_url_that_cannot_be_used() =>
        Check(Mutations("postgres://user:p%40ss@[::1]:5433/name?sslmode=verify-full"), text =>
            !PostgresUrl.TryParse(text, out var read)
            || (read.Host!.Length > 0 && read.Username!.Length > 0 && read.Database!.Length > 0 && read.ConnectionString.Length > 0));

    [Fact]
    public void No_environment_stops_the_reader_and_no_fault_quotes_it() =>
        Check(Mutations("https://example.com:3100/changeme,12345"), text =>
        {
            var values = new Dictionary<string, string>
            {
                ["WOPR_ENV"] = "production",
                ["PORT"] = text,
                ["URL"] = text,
                ["FLAG"] = text,
                ["LIST"] = text,
                ["SECRET"] = text,
            };
            var reader = new SettingsReader(values);
            var shop = reader.Read<Shop>();
            return shop.Port is >= 1 and <= 65535
                && (text.Trim().Length < 12 || !reader.Faults.Any(fault => fault.Contains(text.Trim(), StringComparison.Ordinal)));
        });

    [Fact]
    public void No_file_name_stops_the_reader() => Check(Mutations("/tmp/\0no/such/file"), text =>
    {
        var reader = new SettingsReader(new Dictionary<string, string> { ["SECRET_FILE"] = text });
        return reader.Read<Shop>().Secret.Length == 0 || File.Exists(text);
    });

    private static void Check(Gen<string> texts, Func<string, bool> holds) =>
        Prop.ForAll(texts.ToArbitrary(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    private static string Escape(string text) => Uri.EscapeDataString(text);

    // Text that UTF-8 can carry, and no slash at the ends, which a path would swallow.
    private static Gen<string> Words() => Odd().Where(text => text.Length > 0 && text.Trim('/') == text
        && !text.Contains('\0', StringComparison.Ordinal) && Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) == text);

    private static Gen<string> Odd() => Gen.OneOf(
        ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => text.Get),
        Gen.Elements('a', 'Z', '0', '_', '.', '/', ':', '@', '%', '?', '=', '&', '#', ' ', '\0', '\n', '\ud800', 'é', 'İ', '\u200b')
            .ArrayOf().Select(letters => new string(letters)));

    /// <summary>Odd text, and a right one with a piece taken out and something odd put in its place.</summary>
    private static Gen<string> Mutations(string right) => Gen.OneOf(Odd(),
        from start in Gen.Choose(0, right.Length)
        from end in Gen.Choose(start, right.Length)
        from odd in Odd()
        select right[..start] + odd + right[end..]);
}
