using System.Text.Json.Serialization;

namespace Wopr.Bot.Channels.Sending;

/// <summary>
/// One line of an outbox's file: a reply (it has texts), what became of a part of one (it has a state), or how far the
/// answers of a session are in here (it has only a session; 0: that session is gone).
/// </summary>
internal sealed record OutboxLine
{
    public Guid Turn { get; init; }

    public string? Session { get; init; }

    public long Answer { get; init; }

    public string? Conversation { get; init; }

    public string? ReplyTo { get; init; }

    public DateTimeOffset At { get; init; }

    public IReadOnlyList<string>? Texts { get; init; }

    public int Part { get; init; }

    public PartState? State { get; init; }

    public string? Problem { get; init; }

    public bool MayHaveArrived { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(OutboxLine))]
internal sealed partial class OutboxJson : JsonSerializerContext;
