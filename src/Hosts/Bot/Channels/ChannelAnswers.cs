using Wopr.Protocol;

namespace Wopr.Bot.Channels;

/// <summary>What the platform may ask of channels.</summary>
internal static class ChannelAnswers
{
    public static void Add(LinkAnswers answers, ChannelDesk channels)
    {
        answers.On(BotVerbs.Channels, (_, _) => Task.FromResult(channels.List()));
        answers.On(BotVerbs.PutChannel, channels.PutAsync);
        answers.On(BotVerbs.DeleteChannel, (ask, ct) => Done(channels.DeleteAsync(ask.Id, ct)));
        answers.On(BotVerbs.TestChannel, channels.TestAsync);
        answers.On(BotVerbs.Unsent, (ask, _) => Task.FromResult(channels.Unsent(ask)));
        answers.On(BotVerbs.SendAgain, (ask, _) => Done(() => channels.SendAgain(ask)));
        answers.On(BotVerbs.Discard, (ask, _) => Done(() => channels.Discard(ask)));
        answers.On(BotVerbs.HearHook, channels.HearAsync);
    }

    private static async Task<Nothing> Done(Task act)
    {
        await act;
        return Nothing.Instance;
    }

    private static Task<Nothing> Done(Action act)
    {
        try { act(); }
        catch (StorageException fault) { throw Refusals.NotKept(fault); }
        return Task.FromResult(Nothing.Instance);
    }
}
