using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Wopr.Kernel;

namespace Wopr.Auth.Tests;

/// <summary>Made-up cookies and addresses: nothing makes the readers throw, and nothing forged is taken.</summary>
public sealed class ParserProperties
{
    private static readonly byte[] s_key = Encoding.UTF8.GetBytes("a secret of some length");

    [Fact]
    public void A_signed_value_opens_again() => Prop.ForAll(
        Gen.Choose(1, 200).Select(Token.New).ToArbitrary(),
        value => SignedValue.Open(SignedValue.Sign(value, s_key), s_key) == value)
        .QuickCheckThrowOnFailure();

    [Fact]
    public void Nothing_but_what_was_signed_opens()
    {
        var cookie = SignedValue.Sign("value", s_key);
        Check(Mutations(cookie), text => SignedValue.Open(text, s_key) is null or "value");
        Check(Mutations(Uri.UnescapeDataString(cookie)), text => SignedValue.Open(text, s_key) is null or "value");
    }

    [Fact]
    public void An_address_is_in_its_one_form_or_refused() => Check(Mutations("Ann.O'Neil+bots@mail.example.com"), text =>
        !EmailAddress.TryParse(text, out var address)
        || (EmailAddress.TryParse(address.Text, out var again) && again == address && address.Text.Length <= 254
            && address.Text.All(char.IsAscii) && !address.Text.Any(char.IsUpper) && !address.Text.Any(char.IsWhiteSpace)));

    private static void Check(Gen<string> texts, Func<string, bool> holds) =>
        Prop.ForAll(texts.ToArbitrary(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    private static Gen<string> Odd() => Gen.OneOf(
        ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => text.Get),
        Gen.Elements('a', 'Z', '0', '.', '+', '/', '=', '@', '%', '-', '\'', ' ', '\0', '\n', '\ud800', 'é', 'ａ', 'İ', '\u200b')
            .ArrayOf().Select(letters => new string(letters)));

    /// <summary>Odd text, and a right one with a piece taken out and something odd put in its place.</summary>
    private static Gen<string> Mutations(string right) => Gen.OneOf(Odd(),
        from start in Gen.Choose(0, right.Length)
        from end in Gen.Choose(start, right.Length)
        from odd in Odd()
        select right[..start] + odd + right[end..]);
}
