using System.Text.Json;
using Wopr.Bot.Archive;
using Wopr.Bot.Channels;
using Wopr.Bot.Memory;
using Wopr.Bot.Schedules;
using Wopr.Bot.Sessions;
using Wopr.Bot.ToolServers;
using Wopr.Bot.Turns;
using Wopr.Protocol;

namespace Wopr.Bot.Home;

/// <summary>How the program ends when it did not run.</summary>
internal static class BotExit
{
    public const int InUse = 75;
    public const int Misconfigured = 78;
}

/// <summary>
/// The bot while it does not run: started for one answer about what it keeps, it has no link, no lease and no model, and
/// ends. What it reads and writes goes the same ways as when it runs.
/// </summary>
internal static class RestingBot
{
    private const int AskBytesMax = 1024 * 1024;

    // Who asks at once is kept apart by the agent; longer than this only the bot itself keeps its folder.
    private static readonly TimeSpan s_lockPatience = TimeSpan.FromSeconds(1);

    public static async Task<int> AnswerAsync(Stream asked, Stream answers, TextWriter errors, TimeProvider time)
    {
        if (BotSettings.Read(Environment.GetEnvironmentVariable, out var faults, atRest: true) is not { } settings)
        {
            foreach (var fault in faults) { await errors.WriteLineAsync(fault); }
            return BotExit.Misconfigured;
        }
        if (BotHome.Fault(settings) is { } refusal)
        {
            await errors.WriteLineAsync(refusal);
            return BotExit.Misconfigured;
        }
        using var home = await BotHome.LockAsync(settings.Home, time, CancellationToken.None, s_lockPatience);
        if (home is null) { return BotExit.InUse; }
        try
        {
            var ask = await ReadAsync(asked);
            await AnswerAsync(settings, ask, bytes => SayAsync(answers, new(JsonElement.Parse(bytes))), errors, time);
        }
        catch (LinkRefusedException refused) { await SayAsync(answers, new(null, refused.Problem)); }
        return 0;
    }

    /// <summary>Unpacks the archive that comes in into the folder, which is empty and nobody's yet.</summary>
    public static async Task<int> ImportAsync(Stream archive, Stream answers, TextWriter errors, TimeProvider time)
    {
        if (BotSettings.Read(Environment.GetEnvironmentVariable, out var faults, atRest: true) is not { } settings)
        {
            foreach (var fault in faults) { await errors.WriteLineAsync(fault); }
            return BotExit.Misconfigured;
        }
        try
        {
            var taken = await ArchiveImport.RunAsync(
                settings.Home, archive, new(), time, new(errors, time, LogLevel.Warn), CancellationToken.None);
            await SayAsync(answers, new(JsonSerializer.SerializeToElement(taken, WireJson.Default.ArchiveTaken)));
        }
        catch (ArchiveException fault) { await SayAsync(answers, new(null, new(fault.Code, fault.Message))); }
        catch (LinkRefusedException refused) { await SayAsync(answers, new(null, refused.Problem)); }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or StorageException)
        {
            var told = fault as StorageException ?? new StorageException(fault);
            await SayAsync(answers, new(null, new("bot.storage", told.Message, IsPassing: true)));
        }
        return 0;
    }

    private static async Task AnswerAsync(BotSettings settings, RestAsk ask, Func<byte[], Task> say, TextWriter errors, TimeProvider time)
    {
        if (!BotVerbs.AtRest.Contains(ask.Verb)) { throw Refusals.AtRest(); }
        Log log = new(errors, time, LogLevel.Warn);
        var store = SessionStore.Open(settings.Home, time, log);
        MemoryFiles files = new(settings.Home);
        ScheduleBook book = new(settings.Home, store, time, log);
        using Lease lease = new(time, log);
        await using TurnDesk desk = new(store, lease, (_, _) => throw Refusals.NoLease(), time, log);
        Teller teller = new(settings.Home, store, (_, _) => Task.CompletedTask, time, log);
        using HttpClient http = new();
        await using ChannelDesk channels = new(settings.Home, store, desk, lease, new(http, settings.Channels, time, log));
        await using ToolServerBook servers = new(settings.Home, store.SetAside, time, log);
        BotAnswers answers = new(store, desk, new(store, desk), teller, files, book, channels, servers,
            new(settings.BotId, store, files, book, () => KeylessFiles.Of(channels.Kept, servers.Kept), time),
            () => throw Refusals.AtRest(), log);
        await answers.Make().AnswerAsync(
            ask.Verb, JsonSerializer.SerializeToUtf8Bytes(ask.Ask, WireJson.Default.JsonElement), say, CancellationToken.None);
    }

    private static async Task<RestAsk> ReadAsync(Stream asked)
    {
        using MemoryStream bytes = new();
        var buffer = new byte[16 * 1024];
        while (await asked.ReadAsync(buffer) is > 0 and var got)
        {
            bytes.Write(buffer, 0, got);
            if (bytes.Length > AskBytesMax) { throw Refusals.BadAsk(); }
        }
        try { return JsonSerializer.Deserialize(bytes.ToArray(), WireJson.Default.RestAsk) is { Verb: not null } ask ? ask : throw Refusals.BadAsk(); }
        catch (JsonException) { throw Refusals.BadAsk(); }
    }

    /// <summary>One line each.</summary>
    private static async Task SayAsync(Stream answers, RestAnswer answer)
    {
        await JsonSerializer.SerializeAsync(answers, answer, WireJson.Default.RestAnswer);
        answers.WriteByte((byte)'\n');
        await answers.FlushAsync();
    }
}
