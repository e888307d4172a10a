using System.Text;

namespace Wopr.Auth.Tests;

public sealed class SignedValueTests
{
    private static readonly byte[] s_key = Encoding.UTF8.GetBytes("a secret of some length");

    [Fact]
    public void A_signed_value_opens_with_its_key_and_no_other()
    {
        var cookie = SignedValue.Sign("value", s_key);

        Assert.Equal("value", SignedValue.Open(cookie, s_key));
        Assert.Equal("value", SignedValue.Open(Uri.UnescapeDataString(cookie), s_key));
        Assert.Null(SignedValue.Open(cookie, Encoding.UTF8.GetBytes("another")));
        Assert.Equal("value", SignedValue.Open(cookie, Encoding.UTF8.GetBytes("another"), s_key));
    }

    [Fact]
    public void Changing_any_byte_closes_it()
    {
        var cookie = Uri.UnescapeDataString(SignedValue.Sign("value", s_key));
        for (var at = 0; at < cookie.Length; at++)
        {
            var forged = cookie[..at] + (cookie[at] == 'x' ? 'y' : 'x') + cookie[(at + 1)..];
            // The last character of base64 carries spare bits.
            if (at != cookie.Length - 2) { Assert.Null(SignedValue.Open(forged, s_key)); }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("value")]
    [InlineData("value.")]
    [InlineData("%")]
    [InlineData("%ZZ.%")]
    [InlineData("value.====")]
    public void Garbage_opens_to_nothing(string cookie) => Assert.Null(SignedValue.Open(cookie, s_key));
}
