namespace Wopr.Protocol;

/// <summary>The files of a bot that keys and tokens stand in. Whoever keeps one for the bot keeps it sealed.</summary>
public static class SecretFiles
{
    public const string Channels = "channels.json";
    public const string ToolServers = "tools.json";

    public static IReadOnlyList<string> All { get; } = [Channels, ToolServers];

    /// <param name="path">As a bot has it, or as a version of it is kept: NAME@TIME.</param>
    public static bool Has(string path) => All.Contains(path.Split('@')[0]);
}
