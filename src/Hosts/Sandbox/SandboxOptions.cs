using System.Net;
using Wopr.Kernel;

namespace Wopr.Sandbox;

public sealed class SandboxOptions : ISettings
{
    [Setting("SANDBOX_PORT", "The port of the stand-in for the outside world; 0 takes a free one.", Min = 0, Max = 65535)]
    public int Port { get; set; } = 3900;

    [Setting("SANDBOX_BIND", "The address it listens on; 0.0.0.0 inside a container.")]
    public string Bind { get; set; } = "127.0.0.1";

    internal IPAddress Address => IPAddress.Parse(Bind);

    public IEnumerable<string> Faults(bool production)
    {
        if (production)
        {
            yield return "WOPR_ENV is production, and the sandbox only pretends. Do not start it there.";
        }
        if (!IPAddress.TryParse(Bind, out _)) { yield return "SANDBOX_BIND must be an address such as 127.0.0.1."; }
    }
}
