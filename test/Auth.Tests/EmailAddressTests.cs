namespace Wopr.Auth.Tests;

public sealed class EmailAddressTests
{
    [Theory]
    [InlineData("testuser@example.com", "testuser@example.com")]
    [InlineData("Ann.O'Neil+bots@Mail.Example.COM", "ann.o'neil+bots@mail.example.com")]
    public void An_address_is_kept_in_lower_case(string text, string stored)
    {
        Assert.True(EmailAddress.TryParse(text, out var address));
        Assert.Equal(stored, address.Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ann")]
    [InlineData("ann@localhost")]
    [InlineData(" ann@example.com")]
    [InlineData("ann@example.com\n")]
    [InlineData("ann@exa mple.com")]
    [InlineData("ａnn@example.com")]
    [InlineData("аnn@example.com")]
    [InlineData("ann\u200b@example.com")]
    [InlineData("ann@example.com\u0000")]
    [InlineData("ann@example..com")]
    [InlineData(".ann@example.com")]
    [InlineData("ann@-example.com")]
    public void What_could_be_mistaken_for_another_address_is_refused(string text) =>
        Assert.False(EmailAddress.TryParse(text, out _));
}
