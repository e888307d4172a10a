using System.Text.RegularExpressions;

namespace Wopr.Bot.ToolServers;

/// <summary>Models take 64 letters, so a server's id and its tool's name must fit together.</summary>
internal static partial class ToolNames
{
    private const int Max = 64;

    public static bool IsPlain(string name) => Plain().IsMatch(name);

    public static string Of(string server, string tool) => $"{server}__{tool}" is { Length: <= Max } whole ? whole : $"{server}__{tool}"[..Max];

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();
}
