using System.Text.RegularExpressions;
using Wopr.Kernel;

namespace Wopr.Agent;

internal sealed partial class AgentOptions : ISettings
{
    private const int SecretLengthMin = 32;

    [Setting("PLATFORM_URL", "The platform that this node's bots belong to.")]
    public Uri PlatformUrl { get; set; } = new("http://localhost:3100");

    [Setting("NODE_ID", "What this node is called; no two nodes are called the same.")]
    public string NodeId { get; set; } = "local";

    [Setting("NODE_SECRET", "What the agents of nodes prove themselves with; the same as the platform's.", Secret = true, Required = true)]
    public string NodeSecret { get; set; } = "";

    [Setting("AGENT_DATA", "The folder with a folder for each bot: its data, its log and what is known of its process.", Required = true)]
    public string Data { get; set; } = "";

    [Setting("BOT_PROGRAM", "The program that every bot runs: the path of Wopr.Bot.", Required = true)]
    public string BotProgram { get; set; } = "";

    [Setting("AGENT_KEEPS_BOTS", "Whether bots live on when the agent is stopped. When it crashes they always do.")]
    public bool KeepsBots { get; set; }

    [Setting("AGENT_UID_FIRST", "Started by root, the agent gives each bot a user of its own, from this number on.",
        Min = 1000, Max = 2_000_000_000)]
    public int UidFirst { get; set; } = 200_000;

    public IEnumerable<string> Faults(bool production)
    {
        if (production)
        {
            yield return "WOPR_ENV is production, and bots that run as plain processes are not kept apart. Do not start this agent there.";
        }
        if (NodeSecret is { Length: > 0 and < SecretLengthMin })
        {
            yield return "NODE_SECRET must be 32 characters or longer: openssl rand -hex 32.";
        }
        if (!Id().IsMatch(NodeId)) { yield return "NODE_ID must be 1 to 63 letters, digits, dots and dashes."; }
        if (BotProgram.Length > 0 && !File.Exists(BotProgram)) { yield return "BOT_PROGRAM names a file that does not exist."; }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9.-]{0,62}\z")]
    private static partial Regex Id();
}
