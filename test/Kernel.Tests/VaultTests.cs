using System.Security.Cryptography;
using System.Text;

namespace Wopr.Kernel.Tests;

public sealed class VaultTests
{
    private const string Old = "old-0123456789abcdef0123456789abcdef";
    private const string New = "new-0123456789abcdef0123456789abcdef";

    private readonly Vault _vault = new(Old, []);

    [Fact]
    public void What_is_sealed_opens_again_whatever_it_is()
    {
        var random = new Random(4711);
        for (var round = 0; round < 500; round++)
        {
            var plain = new byte[random.Next(0, 300)];
            random.NextBytes(plain);
            var (label, owner) = (Word(random), Word(random));

            Assert.True(_vault.TryOpen(label, owner, _vault.Seal(label, owner, plain), out var opened));
            Assert.Equal(plain, opened);
        }
    }

    [Fact]
    public void Any_flipped_bit_is_refused()
    {
        var whole = _vault.Seal("keys", "tenant", "sk-ant-secret"u8);
        for (var bit = 0; bit < whole.Length * 8; bit++)
        {
            byte[] changed = [.. whole];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(_vault.TryOpen("keys", "tenant", changed, out _), $"bit {bit}");
        }
    }

    [Fact]
    public void Any_cut_is_refused()
    {
        var whole = _vault.Seal("keys", "tenant", "sk-ant-secret"u8);
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.False(_vault.TryOpen("keys", "tenant", whole[..length], out _));
        }
        Assert.False(_vault.TryOpen("keys", "tenant", [.. whole, 0], out _));
    }

    [Theory]
    [InlineData("keys", "other")]
    [InlineData("other", "tenant")]
    [InlineData("key", "stenant")]
    [InlineData("keyst", "enant")]
    [InlineData("", "keystenant")]
    public void Another_owner_or_use_cannot_open_it(string label, string owner)
    {
        var whole = _vault.Seal("keys", "tenant", "x"u8);

        Assert.False(_vault.TryOpen(label, owner, whole, out _));
    }

    [Fact]
    public void The_same_text_is_never_sealed_alike_and_never_shows()
    {
        var (first, second) = (_vault.Seal("keys", "tenant", "sk-ant-secret"u8), _vault.Seal("keys", "tenant", "sk-ant-secret"u8));

        Assert.NotEqual(first, second);
        Assert.DoesNotContain("sk-ant", Encoding.Latin1.GetString(first), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_platforms_secret_opens_nothing()
    {
        Assert.False(new Vault(New, []).TryOpen("keys", "tenant", _vault.Seal("keys", "tenant", "x"u8), out _));
    }

    [Fact]
    public void A_new_secret_opens_what_the_old_one_sealed_and_says_that_it_is_due()
    {
        var old = _vault.Seal("keys", "tenant", "x"u8);
        var rotated = new Vault(New, [Old]);

        Assert.True(rotated.TryOpen("keys", "tenant", old, out var plain));
        Assert.True(rotated.NeedsResealing(old));
        Assert.False(_vault.NeedsResealing(old));
        var again = rotated.Seal("keys", "tenant", plain);
        Assert.False(rotated.NeedsResealing(again));
        Assert.False(_vault.TryOpen("keys", "tenant", again, out _));
        Assert.True(new Vault(New, []).TryOpen("keys", "tenant", again, out _));
    }

    [Fact]
    public void While_the_secrets_are_exchanged_both_sides_read_each_other()
    {
        var (before, after) = (new Vault(Old, [New]), new Vault(New, [Old]));

        Assert.True(before.TryOpen("keys", "tenant", after.Seal("keys", "tenant", "x"u8), out _));
        Assert.True(after.TryOpen("keys", "tenant", before.Seal("keys", "tenant", "x"u8), out _));
    }

    [Fact]
    public void Text_opens_again_and_rubbish_does_not()
    {
        var whole = _vault.SealText("keys", "tenant", "schlüssel 🔑");

        Assert.Equal("schlüssel 🔑", _vault.OpenText("keys", "tenant", whole));
        Assert.False(_vault.NeedsResealing(whole));
        foreach (var rubbish in (string[])["", "x", "not base64!", whole[..^1], whole + "A", whole + "="])
        {
            Assert.Null(_vault.OpenText("keys", "tenant", rubbish));
        }
    }

    private static string Word(Random random) => Convert.ToBase64String(RandomNumberGenerator.GetBytes(random.Next(0, 12)));
}
