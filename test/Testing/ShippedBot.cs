namespace Wopr.Testing;

/// <summary>
/// The bot's program: as customers run it where <c>TEST_BOT</c> names it, which is how <c>./wopr check</c> tests it, cut down
/// and compiled ahead; else as it was just built.
/// </summary>
public static class ShippedBot
{
    public static string PathOr(string built) => Environment.GetEnvironmentVariable("TEST_BOT") is { Length: > 0 } shipped ? shipped : built;
}
