namespace Wopr.Clients.Tests;

/// <summary>The clients that people have, as npm delivers them, against the whole Platform.</summary>
public sealed class OfficialClientTests(Stage stage)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string> Stories => [.. Story.All];

    [Theory]
    [MemberData(nameof(Stories))]
    public async Task The_official_client_comes_to_the_end_of(string story)
    {
        if (await stage.PlayAsync(story, Ct) is { } failure) { Assert.Fail(failure); }
    }

    [Theory]
    [InlineData("openai.mjs", "openai")]
    [InlineData("openai.mjs", "anthropic")]
    [InlineData("anthropic.mjs", "anthropic")]
    [InlineData("anthropic.mjs", "openai")]
    public async Task Through_the_gateway_the_official_client_uses_any_provider(string story, string provider)
    {
        if (await stage.PlayAsync(story, Ct, provider) is { } failure) { Assert.Fail(failure); }
    }

    [Fact]
    public async Task A_story_that_breaks_off_tells_its_step()
    {
        var failure = await stage.PlayAsync("no-such-story.mjs", Ct);

        Assert.Contains("no-such-story.mjs", failure, StringComparison.Ordinal);
    }
}
