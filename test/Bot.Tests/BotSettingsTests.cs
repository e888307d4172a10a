namespace Wopr.Bot.Tests;

public sealed class BotSettingsTests
{
    private readonly Dictionary<string, string> _environment = new()
    {
        ["WOPR_HOME"] = "/data",
        ["WOPR_PLATFORM_URL"] = "https://wopr.example.com",
        ["WOPR_BOT_ID"] = Guid.Empty.ToString(),
        ["WOPR_GENERATION"] = "1",
        ["WOPR_LINK_KEY"] = "link",
        ["WOPR_GATEWAY_URL"] = "https://wopr.example.com/v1",
        ["WOPR_GATEWAY_KEY"] = "platform",
    };

    [Fact]
    public void A_bot_asks_the_platform_unless_its_owner_gave_it_a_key_of_their_own()
    {
        Assert.Equal(("https://wopr.example.com/v1", "platform"), Asked());
        _environment["OPENAI_API_KEY"] = "own";
        Assert.Equal(("https://api.openai.com/v1", "own"), Asked());
        _environment["OPENAI_BASE_URL"] = "https://models.example.com/v1";
        Assert.Equal(("https://models.example.com/v1", "own"), Asked());
        // An address alone gets the platform's key nowhere.
        _environment.Remove("OPENAI_API_KEY");
        Assert.Equal(("https://wopr.example.com/v1", "platform"), Asked());
    }

    [Fact]
    public void An_own_key_for_no_address_is_named_without_being_told()
    {
        (_environment["OPENAI_API_KEY"], _environment["OPENAI_BASE_URL"]) = ("own-secret", "models.example.com");
        Assert.Null(BotSettings.Read(_environment.GetValueOrDefault, out var faults));
        Assert.Equal("OPENAI_BASE_URL must be an address that ends in /v1.", Assert.Single(faults));
    }

    private (string?, string?) Asked()
    {
        var model = BotSettings.Read(_environment.GetValueOrDefault, out _)!.Model;
        return (model.Gateway?.ToString(), model.Key);
    }
}
