using System.Runtime.CompilerServices;
using Wopr.Agent.Running;
using Wopr.Protocol;

namespace Wopr.Agent.Telling;

/// <summary>A bot's log for whoever reads it: the last lines, and the new ones as they are written.</summary>
internal sealed class BotLogs(NodeBots bots, TimeProvider time)
{
    private const int TailMax = 5000;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);

    public async IAsyncEnumerable<LogLine> Follow(LogAsk ask, [EnumeratorCancellation] CancellationToken ct)
    {
        var folder = bots.Find(ask.BotId)?.Folder ?? throw new LinkRefusedException(new("node.unknown_bot", "That bot is not on this node."));
        var (lines, next) = LogTail.ReadFrom(folder.Log, 0);
        var tail = Math.Clamp(ask.Tail, 0, TailMax);
        if (lines.Count < tail) { lines = [.. LogTail.ReadFrom(folder.OlderLog, 0).Lines, .. lines]; }
        var last = new LogLine(File.Exists(folder.Log) ? File.GetLastWriteTimeUtc(folder.Log) : time.GetUtcNow(), "info", "");
        foreach (var (line, number) in lines.Select((line, number) => (line, number)))
        {
            last = LogTail.Parse(line, last);
            if (number >= lines.Count - tail) { yield return last; }
        }
        while (ask.Follow)
        {
            await Task.Delay(s_look, time, ct);
            (lines, next) = LogTail.ReadFrom(folder.Log, next);
            foreach (var line in lines) { yield return last = LogTail.Parse(line, last); }
        }
    }
}
