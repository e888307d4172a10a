using Wopr.Agent.Running;

namespace Wopr.Agent.Keeping;

/// <summary>A bot writes to its log for as long as it lives, so the file is copied and emptied under it.</summary>
internal static class LogRotation
{
    private const long BytesMax = 5 * 1024 * 1024;

    public static void Rotate(BotFolder folder)
    {
        if (!File.Exists(folder.Log) || new FileInfo(folder.Log).Length <= BytesMax) { return; }
        File.Copy(folder.Log, folder.OlderLog, overwrite: true);
        using var log = new FileStream(folder.Log, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        log.SetLength(0);
    }
}
