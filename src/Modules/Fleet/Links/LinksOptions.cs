using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Wopr.Kernel;

namespace Wopr.Fleet;

public sealed class LinksOptions : ISettings
{
    private const int SecretLengthMin = 32;

    [Setting("NODE_SECRET", "What the agents of nodes prove themselves with; the same on every node. Without it no node can link.",
        Secret = true)]
    public string? NodeSecret { get; set; }

    [Setting("INTERNAL_PORT", "The port on which replicas ask each other for the links they hold; 0 takes a free one. "
        + "Nobody else needs to reach it.", Min = 0, Max = 65535)]
    public int InternalPort { get; set; }

    [Setting("INTERNAL_BIND", "The address of that port: 0.0.0.0, or one of a private network, when replicas run on several machines.")]
    public string InternalBind { get; set; } = "127.0.0.1";

    [Setting("INTERNAL_URL", "Where other replicas reach that port of this one; found out when it is not set.")]
    public Uri? InternalUrl { get; set; }

    internal IPAddress Bind => IPAddress.Parse(InternalBind);

    internal string Url(int port) => InternalUrl?.AbsoluteUri.TrimEnd('/')
        ?? new UriBuilder("http", (Bind.Equals(IPAddress.Any) ? OwnAddress() : Bind).ToString(), port).Uri.AbsoluteUri.TrimEnd('/');

    public IEnumerable<string> Faults(bool production)
    {
        if (NodeSecret is { Length: < SecretLengthMin }) { yield return "NODE_SECRET must be 32 characters or longer: openssl rand -hex 32."; }
        if (!IPAddress.TryParse(InternalBind, out _)) { yield return "INTERNAL_BIND must be an address such as 0.0.0.0."; }
    }

    private static IPAddress OwnAddress() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(face => face.OperationalStatus == OperationalStatus.Up && face.NetworkInterfaceType != NetworkInterfaceType.Loopback)
        .SelectMany(face => face.GetIPProperties().UnicastAddresses)
        .Select(address => address.Address)
        .FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork) ?? IPAddress.Loopback;
}
