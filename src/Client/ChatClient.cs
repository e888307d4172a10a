using Wopr.Kernel;

namespace Wopr.Client;

/// <summary>Talking with a bot.</summary>
public sealed class ChatClient
{
    private readonly PlatformWire _wire;

    internal ChatClient(PlatformWire wire) => _wire = wire;

    public async Task<Result<ChatSession[]>> SessionsAsync(string botId, CancellationToken ct) =>
        (await _wire.GetAsync<SessionList>($"{FleetClient.Path(botId)}/sessions", ct)).Map(list => list.Sessions);

    public Task<Result<Done>> DeleteSessionAsync(string botId, string session, CancellationToken ct) =>
        _wire.DeleteAsync($"{FleetClient.Path(botId)}/sessions/{Uri.EscapeDataString(session)}", ct);

    public Task<Result<ChatHistory>> HistoryAsync(string botId, string session, long? before, CancellationToken ct) =>
        _wire.GetAsync<ChatHistory>(
            $"/api/chat/history?{Where(botId, session)}{(before is { } number ? $"&before={number}" : "")}", ct);

    /// <summary>What was said and is not answered yet, whether the bot can be asked or not.</summary>
    public async Task<Result<WaitingMessage[]>> WaitingAsync(string botId, string session, CancellationToken ct) =>
        (await _wire.GetAsync<WaitingList>($"/api/chat/waiting?{Where(botId, session)}", ct)).Map(list => list.Waiting);

    /// <param name="clientId">The same id is the same message, however often it is sent.</param>
    public Task<Result<Done>> SayAsync(string botId, string sessionId, string message, string clientId, CancellationToken ct) =>
        _wire.PostAsync("/api/chat", new { botId, sessionId, message, clientId }, ct);

    public Task<Result<Done>> CancelAsync(string botId, Guid turnId, CancellationToken ct) =>
        _wire.PostAsync("/api/chat/cancel", new { botId, turnId }, ct);

    /// <param name="message">What is said instead; null for the same again.</param>
    public Task<Result<Done>> RetryAsync(string botId, Guid turnId, string? message, string clientId, CancellationToken ct) =>
        _wire.PostAsync($"{FleetClient.Path(botId)}/turns/{turnId}/retry", new { message, clientId }, ct);

    /// <summary>Server-sent events for as long as the caller reads; the caller disposes it.</summary>
    /// <param name="after">The last event that was heard.</param>
    public Task<Result<HttpResponseMessage>> FollowAsync(string botId, string session, string? after, CancellationToken ct) =>
        _wire.DownloadAsync($"/api/chat/stream?{Where(botId, session)}", after is null ? null : ("Last-Event-ID", after), ct);

    private static string Where(string botId, string session) =>
        $"botId={Uri.EscapeDataString(botId)}&sessionId={Uri.EscapeDataString(session)}";

    private sealed record SessionList(ChatSession[] Sessions);

    private sealed record WaitingList(WaitingMessage[] Waiting);
}

public sealed record ChatSession(string Session, DateTimeOffset LastAt, int Messages = 0, string? Channel = null);

/// <param name="Waiting">What was said and is not answered yet, or was refused.</param>
public sealed record ChatHistory(ChatEntry[] Messages, bool HasMore, WaitingMessage[] Waiting);

/// <param name="Role">user, assistant, tool or system.</param>
/// <param name="End">Of an answer: answered, failed or cancelled.</param>
/// <param name="Problem">Why it failed, in a sentence.</param>
/// <param name="Replaces">The turn that this one says again; it and what followed count no more.</param>
public sealed record ChatEntry(
    long Number, DateTimeOffset At, string Role, string Text, Guid? TurnId = null, string? End = null, string? Problem = null,
    Guid? Replaces = null);

/// <param name="State">waiting, running, or failed: the bot would not take it.</param>
/// <param name="Problem">Why not, in a sentence.</param>
public sealed record WaitingMessage(
    Guid TurnId, string Message, string State, DateTimeOffset CreatedAt, string? Problem = null, bool CanRetry = false);
