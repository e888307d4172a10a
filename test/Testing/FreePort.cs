using System.Net;
using System.Net.Sockets;

namespace Wopr.Testing;

/// <summary>
/// Ports for programs that are started later. Below those that the system gives away by itself: one of these would now and
/// then be taken, by a connection or by another program, before the program that it was meant for listens.
/// </summary>
public static class FreePort
{
    private const int First = 10_000, Last = 19_999;

    public static int Next()
    {
        while (true)
        {
            var port = Random.Shared.Next(First, Last + 1);
            using var listener = new TcpListener(IPAddress.Any, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }
}
