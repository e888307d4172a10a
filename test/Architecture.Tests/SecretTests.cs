using System.Text.RegularExpressions;

namespace Wopr.Architecture.Tests;

public sealed partial class SecretTests
{
    // A line may stand here only whole, exactly as it is in the file, and with the reason why it is no secret.
    private static readonly HashSet<string> s_allowed = new(StringComparer.Ordinal) { };

    [Fact]
    public void No_secret_is_in_the_files() => Assert.Empty(
        from file in Repository.Files
        from line in File.ReadLines(Repository.Full(file))
        where IsSecret(line)
        select file);

    [Fact]
    public void No_secret_was_ever_added() => Assert.Empty(
        Repository.Run("git", ["log", "-p", "--no-color", "--no-ext-diff", "--unified=0", "HEAD"])
            .Where(line => line.StartsWith('+') && IsSecret(line[1..]))
            .Select(_ => "A commit added a secret. Find it with git log -G, and change that secret where it is used."));

    // Put together here, so that this file holds none.
    [Theory]
    [InlineData("whs", "ec_0123456789abcdefghij")]
    [InlineData("sk_li", "ve_0123456789abcdefghij")]
    [InlineData("AKI", "AABCDEFGHIJKLMNOP")]
    [InlineData("-----BEGIN PRI", "VATE KEY-----")]
    [InlineData("-----BEGIN RSA PRI", "VATE KEY-----")]
    [InlineData("PLATFORM_SECRET=", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")]
    [InlineData("BETTER_AUTH_SECRET: ", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")]
    public void A_secret_is_seen(string start, string end) => Assert.True(IsSecret($"x {start}{end} y"));

    [Theory]
    [InlineData("PLATFORM_SECRET=${PLATFORM_SECRET}")]
    [InlineData("Stripe signs with a secret that begins with whsec_.")]
    [InlineData("live keys begin with sk_live_")]
    public void A_word_about_secrets_is_not(string line) => Assert.False(IsSecret(line));

    private static bool IsSecret(string line) => Pattern().IsMatch(line) && !s_allowed.Contains(line);

    [GeneratedRegex("""
        (whsec|sk_live|rk_live)_[A-Za-z0-9]{16,}|AKIA[0-9A-Z]{16}|BEGIN\ ([A-Z]+\ )?PRIVATE\ KEY
        |(SECRET|TOKEN|KEY|PASSWORD)["']?\s*[=:]\s*["']?[0-9a-f]{64}\b
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Pattern();
}
