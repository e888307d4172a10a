using Wopr.Bot.Memory;
using Wopr.Bot.Schedules;
using Wopr.Bot.Sessions;
using Wopr.Protocol;

namespace Wopr.Bot.Archive;

/// <summary>Unpacks an archive into an empty folder, and sees that a bot can live with what is in it.</summary>
internal static class ArchiveImport
{
    private const string NotAnswered = "This was not answered before the bot was exported. Send it again.";

    public static async Task<ArchiveTaken> RunAsync(
        string home, Stream archive, ArchiveLimits limits, TimeProvider time, Log log, CancellationToken ct)
    {
        await new ArchiveReader(home, limits).ReadAsync(archive, ct);
        var store = SessionStore.Open(home, time, log);
        MemoryFiles files = new(home);
        ScheduleBook book = new(home, store, time, log);
        KeylessFiles.Take(home, store.SetAside, time, log);
        if (store.SetAside is [var damaged, ..]) { throw ArchiveException.Damaged(damaged); }
        if (book.All.Any(kept => ScheduleBook.Fault(kept.Schedule) is not null)) { throw ArchiveException.Damaged(ScheduleFile.Name); }
        // What was open then must not be said again now.
        foreach (var turn in store.NotOver())
        {
            await turn.Log.AppendAsync(new()
            {
                At = time.GetUtcNow(),
                Kind = EntryKind.Answer,
                Turn = turn.Id,
                Outcome = TurnOutcomeNote.Of(new(TurnEnd.Cancelled, "", NotAnswered, CanRetry: true, null, 0, 0, 0)),
            });
        }
        Disk.SyncAll(home);
        var bytes = new DirectoryInfo(home).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        return new(store.Count, files.Paths().Count(), book.All.Count, bytes);
    }
}
