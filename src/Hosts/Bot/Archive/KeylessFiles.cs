using Wopr.Bot.Channels;
using Wopr.Bot.ToolServers;
using Wopr.Protocol;

namespace Wopr.Bot.Archive;

/// <summary>
/// Channels and servers of tools in an archive: without their keys, and switched off. They are listed where they were
/// brought to, and nothing of them is connected until their owner gives the keys again.
/// </summary>
internal static class KeylessFiles
{
    public static IEnumerable<(string Path, byte[] Bytes)> Of(
        IReadOnlyList<KeptChannel> channels, IReadOnlyList<KeptToolServer> servers)
    {
        if (channels.Count > 0)
        {
            yield return (SecretFiles.Channels, ChannelFile.Bytes([.. channels.Select(ChannelSettings.WithoutSecrets)]));
        }
        if (servers.Count > 0)
        {
            yield return (SecretFiles.ToolServers, ToolServerFile.Bytes([.. servers.Select(ToolServerRules.WithoutKeys)]));
        }
    }

    /// <summary>Whoever made the archive may have put into these files what no export does, so they are written anew.</summary>
    public static void Take(string home, List<string> setAside, TimeProvider time, Log log)
    {
        // What was said before they came here is not answered there: each counts from now.
        var channels = Checked(SecretFiles.Channels, ChannelFile.Load(home, time, setAside, log), ChannelBook.ChannelsMax,
            one => ChannelBook.Brought(one, time.GetUtcNow()), one => one.Id);
        var servers = Checked(SecretFiles.ToolServers, ToolServerFile.Load(home, time, setAside, log), ToolServerBook.ServersMax,
            ToolServerRules.Brought, one => one.Id);
        if (channels.Count > 0) { ChannelFile.Save(home, channels); }
        if (servers.Count > 0) { ToolServerFile.Save(home, servers); }
    }

    private static List<T> Checked<T>(string name, List<T> found, int max, Func<T, T> check, Func<T, string> id)
    {
        if (found.Count > max || found.DistinctBy(id).Count() < found.Count) { throw ArchiveException.Damaged(name); }
        try { return [.. found.Select(check)]; }
        catch (LinkRefusedException) { throw ArchiveException.Damaged(name); }
    }
}
