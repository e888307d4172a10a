using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Wopr.Protocol;

/// <summary>Readers skip what they do not know, so that ends one release apart understand each other.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LinkProblem))]
[JsonSerializable(typeof(Nothing))]
[JsonSerializable(typeof(TurnAsk))]
[JsonSerializable(typeof(TurnTaken))]
[JsonSerializable(typeof(TurnEnded))]
[JsonSerializable(typeof(CancelAsk))]
[JsonSerializable(typeof(WatchAsk))]
[JsonSerializable(typeof(SessionEvent))]
[JsonSerializable(typeof(SessionAsk))]
[JsonSerializable(typeof(SessionList))]
[JsonSerializable(typeof(ReadAsk))]
[JsonSerializable(typeof(SessionPage))]
[JsonSerializable(typeof(FileAsk))]
[JsonSerializable(typeof(FileView))]
[JsonSerializable(typeof(FileList))]
[JsonSerializable(typeof(FileWrite))]
[JsonSerializable(typeof(Schedule))]
[JsonSerializable(typeof(ScheduleView))]
[JsonSerializable(typeof(ScheduleList))]
[JsonSerializable(typeof(ScheduleAsk))]
[JsonSerializable(typeof(ChannelPut))]
[JsonSerializable(typeof(ChannelView))]
[JsonSerializable(typeof(ChannelList))]
[JsonSerializable(typeof(ChannelAsk))]
[JsonSerializable(typeof(ChannelTest))]
[JsonSerializable(typeof(UnsentAsk))]
[JsonSerializable(typeof(UnsentList))]
[JsonSerializable(typeof(UnsentPart))]
[JsonSerializable(typeof(HookAsk))]
[JsonSerializable(typeof(HookHeard))]
[JsonSerializable(typeof(ToolServerPut))]
[JsonSerializable(typeof(ToolServerView))]
[JsonSerializable(typeof(ToolServerList))]
[JsonSerializable(typeof(ToolServerAsk))]
[JsonSerializable(typeof(ToolServerTest))]
[JsonSerializable(typeof(BotHello))]
[JsonSerializable(typeof(LeaseAsk))]
[JsonSerializable(typeof(LeaseGiven))]
[JsonSerializable(typeof(BotStatus))]
[JsonSerializable(typeof(NodeHello))]
[JsonSerializable(typeof(BotSpecs))]
[JsonSerializable(typeof(BotsSeen))]
[JsonSerializable(typeof(LogAsk))]
[JsonSerializable(typeof(LogLine))]
[JsonSerializable(typeof(Segment))]
[JsonSerializable(typeof(SegmentKept))]
[JsonSerializable(typeof(System.Text.Json.JsonElement))]
[JsonSerializable(typeof(RestAsk))]
[JsonSerializable(typeof(RestAnswer))]
[JsonSerializable(typeof(ImportPiece))]
[JsonSerializable(typeof(ImportLength))]
[JsonSerializable(typeof(ImportAsk))]
[JsonSerializable(typeof(ArchivePiece))]
[JsonSerializable(typeof(ArchiveTaken))]
public sealed partial class WireJson : JsonSerializerContext
{
    /// <summary>Made when it is first needed: most processes speak little of what is spoken.</summary>
    internal static JsonTypeInfo<T> Of<T>() => (JsonTypeInfo<T>)Default.Options.GetTypeInfo(typeof(T));
}
