using Wopr.Bot.Channels;

namespace Wopr.Bot.Tests.Channels;

public sealed class TextPartsTests
{
    [Theory]
    [InlineData("short", "short")]
    [InlineData("one two three four", "one two|three four")]
    [InlineData("line one\nline two", "line one|line two")]
    [InlineData("abcdefghijklmnop", "abcdefghij|klmnop")]
    [InlineData("  padded  ", "padded")]
    [InlineData("   ", "")]
    public void A_text_is_cut_between_lines_then_words_then_letters(string text, string parts) =>
        Assert.Equal(parts, string.Join('|', TextParts.Split(text, 10)));

    [Fact]
    public void No_letter_of_two_halves_is_cut_in_the_middle()
    {
        var text = string.Concat(Enumerable.Repeat("😀", 40));
        Assert.All(TextParts.Split("a" + text, 10), part => Assert.False(char.IsLowSurrogate(part[0]) || char.IsHighSurrogate(part[^1])));
    }

    [Fact]
    public void Nothing_but_space_is_lost_and_no_part_is_too_long()
    {
        Random random = new(7);
        for (var round = 0; round < 500; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(200)).Select(_ => "ab \n😀"[random.Next(4)]));
            var parts = TextParts.Split(text, 12);
            Assert.All(parts, part => Assert.InRange(part.Length, 1, 12));
            Assert.Equal(Letters(text), Letters(string.Concat(parts)));
        }

        static string Letters(string words) => string.Concat(words.Where(letter => !char.IsWhiteSpace(letter)));
    }
}
