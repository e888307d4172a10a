namespace Wopr.TenantKeys.Tests;

public sealed class KeyProviderTests
{
    [Theory]
    [InlineData(KeyProvider.Anthropic, "sk-ant-api03-abcdefghijklmnop", true)]
    [InlineData(KeyProvider.Anthropic, "sk-abcdefghijklmnopqrst", false)]
    [InlineData(KeyProvider.Openai, "sk-proj-abcdefghijklmnop", true)]
    [InlineData(KeyProvider.Openai, "sk-ant-api03-abcdefghijklmnop", false)]
    [InlineData(KeyProvider.Google, "AIzaSyA0123456789abcdefghijklmnopqrstuv", true)]
    [InlineData(KeyProvider.Google, "AIza", false)]
    [InlineData(KeyProvider.Discord, "MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe.abcdefghijklmnopqrstuvwxyz0123", true)]
    [InlineData(KeyProvider.Discord, "MTIzNDU2Nzg5MDEyMzQ1Njc4", false)]
    [InlineData(KeyProvider.Elevenlabs, "sk_0123456789abcdef0123456789abcdef", true)]
    [InlineData(KeyProvider.Elevenlabs, "sk_no", false)]
    [InlineData(KeyProvider.Deepgram, "0123456789abcdef0123456789abcdef01234567", true)]
    [InlineData(KeyProvider.Deepgram, "0123456789abcdef0123456789abcdef01234567\n", false)]
    public void A_key_has_the_form_of_its_provider(KeyProvider provider, string key, bool fits) =>
        Assert.Equal(fits, KeyProviders.ShapeFault(provider, key) is null);

    [Fact]
    public void Every_provider_is_found_by_its_name_and_nothing_else_is()
    {
        Assert.Equal(["anthropic", "openai", "google", "discord", "elevenlabs", "deepgram"], KeyProviders.Names);
        Assert.All(KeyProviders.Names, name => Assert.True(KeyProviders.TryParse(name, out _)));
        Assert.All(["", "Anthropic", "0", "unknown", null], name => Assert.False(KeyProviders.TryParse(name, out _)));
    }

    [Theory]
    [InlineData("sk-ant-api03-abcdefghijklmnop", "mnop")]
    [InlineData("short", "")]
    public void Only_a_long_key_shows_its_end(string key, string hint) => Assert.Equal(hint, TenantKey.HintOf(key));
}
