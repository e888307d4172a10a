namespace Wopr.Protocol;

/// <summary>What the platform asks of a bot.</summary>
public static class BotVerbs
{
    /// <summary>Answered as soon as the message is on the disk.</summary>
    public static Verb<TurnAsk, TurnTaken> Turn { get; } = new("turn");
    public static Verb<CancelAsk, Nothing> Cancel { get; } = new("turn.cancel");

    /// <summary>
    /// What happens in a session from now on, turn by turn, and first whatever happened after the event that is named; when none
    /// is, first the turns that are not over, from their beginning. "turn:0" names the beginning of a turn.
    /// </summary>
    public static Feed<WatchAsk, SessionEvent> Watch { get; } = new("session.watch");
    public static Verb<Nothing, SessionList> Sessions { get; } = new("session.list");
    public static Verb<ReadAsk, SessionPage> Read { get; } = new("session.read");
    public static Verb<SessionAsk, Nothing> DeleteSession { get; } = new("session.delete");
    public static Verb<Nothing, FileList> Files { get; } = new("file.list");
    public static Verb<FileAsk, FileView> ReadFile { get; } = new("file.read");
    public static Verb<FileWrite, Nothing> WriteFile { get; } = new("file.write");
    public static Verb<Nothing, ScheduleList> Schedules { get; } = new("schedule.list");
    public static Verb<Schedule, ScheduleView> PutSchedule { get; } = new("schedule.put");
    public static Verb<ScheduleAsk, Nothing> DeleteSchedule { get; } = new("schedule.delete");
    public static Verb<Nothing, ChannelList> Channels { get; } = new("channel.list");
    public static Verb<ChannelPut, ChannelView> PutChannel { get; } = new("channel.put");
    public static Verb<ChannelAsk, Nothing> DeleteChannel { get; } = new("channel.delete");

    /// <summary>Whether it would work; nothing is kept.</summary>
    public static Verb<ChannelPut, ChannelTest> TestChannel { get; } = new("channel.test");
    public static Verb<UnsentAsk, UnsentList> Unsent { get; } = new("channel.unsent");
    public static Verb<UnsentPart, Nothing> SendAgain { get; } = new("channel.send_again");
    public static Verb<UnsentPart, Nothing> Discard { get; } = new("channel.discard");

    /// <summary>Answered as soon as the message is on the disk.</summary>
    public static Verb<HookAsk, HookHeard> HearHook { get; } = new("hook.hear");
    public static Verb<Nothing, ToolServerList> ToolServers { get; } = new("tools.list");
    public static Verb<ToolServerPut, ToolServerView> PutToolServer { get; } = new("tools.put");
    public static Verb<ToolServerAsk, Nothing> DeleteToolServer { get; } = new("tools.delete");

    /// <summary>Asks a server for its tools, and keeps nothing.</summary>
    public static Verb<ToolServerPut, ToolServerTest> TestToolServer { get; } = new("tools.test");
    public static Verb<Nothing, BotStatus> Status { get; } = new("status");

    /// <summary>All that the bot keeps, as one archive; see <see cref="ArchiveTaken"/> for the way back.</summary>
    public static Feed<Nothing, ArchivePiece> Export { get; } = new("bot.export");

    /// <summary>What is answered also while the bot does not run, by its program started for one answer.</summary>
    public static IReadOnlySet<string> AtRest { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        Sessions.Name, Read.Name, DeleteSession.Name, Files.Name, ReadFile.Name, WriteFile.Name, Schedules.Name, PutSchedule.Name,
        DeleteSchedule.Name, Export.Name, Channels.Name, PutChannel.Name, DeleteChannel.Name, Unsent.Name, Discard.Name,
        ToolServers.Name, PutToolServer.Name, DeleteToolServer.Name,
    };
}

/// <summary>What a bot asks of the platform.</summary>
public static class HomeVerbs
{
    public static Verb<BotHello, Nothing> Hello { get; } = new("bot.hello");
    public static Verb<LeaseAsk, LeaseGiven> Lease { get; } = new("bot.lease");

    /// <summary>Said until it is answered, also after a restart.</summary>
    public static Verb<TurnEnded, Nothing> Ended { get; } = new("turn.ended");
}

/// <summary>What the platform asks of an agent.</summary>
public static class NodeVerbs
{
    public static Verb<BotSpecs, Nothing> Bots { get; } = new("node.bots");
    public static Feed<LogAsk, LogLine> Logs { get; } = new("node.logs");

    /// <summary>Answered by the bot's own program, started for it; refused while the bot runs.</summary>
    public static Verb<RestAsk, RestAnswer> Ask { get; } = new("node.ask");
    public static Feed<RestAsk, RestAnswer> Follow { get; } = new("node.follow");
    public static Verb<ImportPiece, ImportLength> ImportPiece { get; } = new("node.import_piece");
    public static Verb<ImportAsk, ArchiveTaken> Import { get; } = new("node.import");
}

/// <summary>What an agent asks of the platform.</summary>
public static class FleetVerbs
{
    public static Verb<NodeHello, Nothing> Hello { get; } = new("node.hello");
    public static Verb<BotsSeen, Nothing> Seen { get; } = new("node.seen");
    public static Verb<Segment, SegmentKept> Keep { get; } = new("data.keep");
}
