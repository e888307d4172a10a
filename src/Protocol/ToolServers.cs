namespace Wopr.Protocol;

/// <summary>A server of tools, spoken to over HTTP in the Model Context Protocol.</summary>
/// <param name="Headers">Sent with every request. A value that is null stays as it is; a header that is not named is taken away.</param>
public sealed record ToolServerPut(string Id, string Name, string Url, bool IsEnabled, IReadOnlyDictionary<string, string?> Headers);

public sealed record ToolView(string Name, string Description);

/// <param name="Headers">Their names: what they say is a secret.</param>
/// <param name="Tools">As the server last told.</param>
/// <param name="Problem">Why its tools cannot be used now, and what to do.</param>
public sealed record ToolServerView(
    string Id, string Name, string Url, bool IsEnabled, IReadOnlyList<string> Headers, IReadOnlyList<ToolView> Tools,
    DateTimeOffset? AskedAt, string? Problem);

public sealed record ToolServerList(IReadOnlyList<ToolServerView> Servers);

public sealed record ToolServerAsk(string Id);

/// <param name="Problem">Null: it works.</param>
public sealed record ToolServerTest(IReadOnlyList<ToolView> Tools, string? Problem);
