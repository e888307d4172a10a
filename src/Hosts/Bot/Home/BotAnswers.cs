using Wopr.Bot.Archive;
using Wopr.Bot.Channels;
using Wopr.Bot.Memory;
using Wopr.Bot.Schedules;
using Wopr.Bot.Sessions;
using Wopr.Bot.ToolServers;
using Wopr.Bot.Turns;
using Wopr.Protocol;

namespace Wopr.Bot.Home;

/// <summary>Everything that the platform may ask of this bot.</summary>
internal sealed class BotAnswers(
    SessionStore store, TurnDesk desk, SessionWatch watch, Teller teller, MemoryFiles files, ScheduleBook book,
    ChannelDesk channels, ToolServerBook servers, ArchiveWriter archive, Func<BotStatus> status, Log log)
{
    public LinkAnswers Make()
    {
        LinkAnswers answers = new() { Failed = log.AnswerBroke };
        answers.On(BotVerbs.Turn, desk.TakeAsync);
        answers.On(BotVerbs.Cancel, async (ask, ct) =>
        {
            await desk.CancelAsync(ask.TurnId, ct);
            return Nothing.Instance;
        });
        answers.On(BotVerbs.Watch, watch.FollowAsync);
        answers.On(BotVerbs.Sessions, (_, _) => Task.FromResult(store.List()));
        answers.On(BotVerbs.Read, (ask, _) => Kept(() => SessionReader.Read(store, ask)));
        answers.On(BotVerbs.DeleteSession, DeleteSessionAsync);
        answers.On(BotVerbs.Files, (_, _) => Task.FromResult(files.List()));
        answers.On(BotVerbs.ReadFile, (ask, _) => Task.FromResult(files.Read(ask.Path)));
        answers.On(BotVerbs.WriteFile, (ask, _) => Done(() => files.Write(ask)));
        answers.On(BotVerbs.Schedules, (_, _) => Task.FromResult(book.List()));
        answers.On(BotVerbs.PutSchedule, (ask, _) => Task.FromResult(book.Put(ask)));
        answers.On(BotVerbs.DeleteSchedule, (ask, _) => Done(() => book.Delete(ask.Id)));
        answers.On(BotVerbs.Export, (_, ct) => archive.ExportAsync(ct));
        ChannelAnswers.Add(answers, channels);
        answers.On(BotVerbs.ToolServers, (_, _) => Task.FromResult(servers.List()));
        answers.On(BotVerbs.PutToolServer, (ask, _) => Task.FromResult(servers.Put(ask)));
        answers.On(BotVerbs.DeleteToolServer, (ask, _) => Done(() => servers.Delete(ask.Id)));
        answers.On(BotVerbs.TestToolServer, servers.TestAsync);
        answers.On(BotVerbs.Status, (_, _) => Task.FromResult(status()));
        return answers;
    }

    private async Task<Nothing> DeleteSessionAsync(SessionAsk ask, CancellationToken ct)
    {
        if (!SessionName.IsValid(ask.Session)) { throw Refusals.SessionName(); }
        await desk.ClearAsync(ask.Session, ct);
        return await Done(() =>
        {
            store.Delete(ask.Session);
            desk.Forget(ask.Session);
            teller.Forget(ask.Session);
            channels.Forget(ask.Session);
        });
    }

    private static Task<Nothing> Done(Action act) => Kept(() =>
    {
        act();
        return Nothing.Instance;
    });

    private static Task<T> Kept<T>(Func<T> act)
    {
        try { return Task.FromResult(act()); }
        catch (StorageException fault) { throw Refusals.NotKept(fault); }
    }
}
