namespace Wopr.Testing;

/// <summary>
/// The bot as customers run it, cut down and compiled ahead, where <c>TEST_BOT</c> names its folder; that is how
/// <c>./wopr check</c> tests it. Else it is the one that was just built.
/// </summary>
public static class ShippedBot
{
    public static string FolderOr(string built) => Environment.GetEnvironmentVariable("TEST_BOT") is { Length: > 0 } shipped ? shipped : built;

    public static string ProgramOr(string builtFolder) => Path.Combine(FolderOr(builtFolder), "Wopr.Bot");
}
