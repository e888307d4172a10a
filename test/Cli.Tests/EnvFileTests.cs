namespace Wopr.Cli.Tests;

public sealed class EnvFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("wopr-env-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_there_is_kept_and_what_is_missing_is_added_once()
    {
        var home = Home.At(_folder);
        File.WriteAllText(home.EnvFile, "PORT=4311\nPOSTGRES_PASSWORD='mine'\n# RATE_LIMIT_FACTOR=100\nEXTRA=a=b\n");

        var env = EnvFile.Ensure(home, new()).File;
        var text = File.ReadAllText(home.EnvFile);
        EnvFile.Ensure(home, new());

        Assert.Equal(text, File.ReadAllText(home.EnvFile));
        Assert.StartsWith("PORT=4311\nPOSTGRES_PASSWORD='mine'\n# RATE_LIMIT_FACTOR=100\nEXTRA=a=b\n", text, StringComparison.Ordinal);
        Assert.Equal("http://localhost:4311", env["BETTER_AUTH_URL"]);
        Assert.Contains(":mine@", env["DATABASE_URL"], StringComparison.Ordinal);
        Assert.Equal("a=b", env["EXTRA"]);
        Assert.False(env.Values.ContainsKey("RATE_LIMIT_FACTOR"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(home.EnvFile));
    }

    [Fact]
    public void The_price_of_the_manual_test_comes_first()
    {
        EnvFile.Ensure(Home.At(_folder), new());

        var first = File.ReadLines(Path.Combine(_folder, ".env")).First(line => line.StartsWith("STRIPE_CREDITS_PRICE", StringComparison.Ordinal));

        Assert.Equal("STRIPE_CREDITS_PRICE_30=price_credits_30", first);
    }

    [Fact]
    public void Models_are_answered_by_the_sandbox()
    {
        File.WriteAllText(Path.Combine(_folder, ".env"), "SANDBOX_PORT=4319\n");

        var env = EnvFile.Ensure(Home.At(_folder), new()).File;

        Assert.Equal("http://127.0.0.1:4319/models/openai", env["OPENROUTER_BASE_URL"]);
        Assert.Equal("http://127.0.0.1:4319/models/openai", env["OPENAI_BASE_URL"]);
        Assert.Equal("http://127.0.0.1:4319/models/anthropic", env["ANTHROPIC_BASE_URL"]);
        Assert.All(["OPENROUTER_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY"],
            name => Assert.StartsWith("sandbox-", env[name], StringComparison.Ordinal));
    }

    [Fact]
    public void Bots_find_the_platform_and_the_sandboxs_services_wherever_they_are()
    {
        var env = EnvFile.Ensure(Home.At(_folder), new(Platform: 4311, Sandbox: 4319)).File;

        Assert.Equal("http://localhost:4311", env["BOT_PLATFORM_URL"]);
        Assert.Equal("http://127.0.0.1:4319/discord/api/v10", env["DISCORD_API_URL"]);
        Assert.Equal("http://127.0.0.1:4319/slack/api", env["SLACK_API_URL"]);
        Assert.Equal("http://127.0.0.1:4319/telegram", env["TELEGRAM_API_URL"]);
    }

    [Theory]
    [InlineData("PORT=4311\nnonsense\n", "Line 2")]
    [InlineData("PORT=many\n", "PORT")]
    [InlineData("POSTGRES_PORT=70000\n", "POSTGRES_PORT")]
    public void A_line_that_cannot_be_read_is_named(string text, string named)
    {
        var home = Home.At(_folder);
        File.WriteAllText(home.EnvFile, text);

        var refusal = Assert.Throws<Refusal>(() => EnvFile.Ensure(home, new()));

        Assert.Equal(Exit.ConfigFaults, refusal.Exit);
        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
    }
}
