using System.Net;
using System.Net.Sockets;

namespace Wopr.Cli;

internal static class PortCheck
{
    /// <summary>Every taken port at once, each with who holds it and what to do.</summary>
    public static void NeedFree(IEnumerable<ChildSpec> programs, string settings)
    {
        var taken = programs.Where(program => program.Port != 0 && !IsFree(program.Port)).Select(program =>
            $"Port {program.Port} for {program.Name} is taken{HolderOf(program.Port)}. "
            + $"Stop that program, or change {program.PortName} and the addresses with this port in {settings}.").ToList();
        if (taken.Count > 0) { throw new Refusal(Exit.Prerequisite, string.Join('\n', taken)); }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Any, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string HolderOf(int port)
    {
        var sockets = ((string[])["/proc/net/tcp", "/proc/net/tcp6"]).Where(File.Exists).SelectMany(File.ReadLines)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 9 && fields[3] == "0A" && fields[1].EndsWith($":{port:X4}", StringComparison.Ordinal))
            .Select(fields => $"socket:[{fields[9]}]").ToHashSet();
        foreach (var folder in Directory.GetDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)))
        {
            try
            {
                var open = Directory.GetFiles(Path.Combine(folder, "fd")).Select(file => new FileInfo(file).LinkTarget);
                if (open.Any(link => link is not null && sockets.Contains(link)))
                {
                    return $" by {File.ReadAllText(Path.Combine(folder, "comm")).Trim()} (process {Path.GetFileName(folder)})";
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // It ended meanwhile, or is somebody else's.
            }
        }
        return "";
    }
}
