namespace Wopr.Bot.Channels.Sending;

/// <summary>The names are on disks: add, never rename.</summary>
internal enum PartState
{
    Waiting,

    /// <summary>It is being sent; after a crash nobody knows whether it was.</summary>
    Sending,

    Sent,

    /// <summary>Its owner decides.</summary>
    Unsent,

    Discarded,
}

/// <summary>A reply that is not sent whole. Guarded by its outbox.</summary>
internal sealed record OutboxReply(
    Guid Turn, string Conversation, string? ReplyTo, DateTimeOffset At, IReadOnlyList<OutboxPart> Parts)
{
    public bool IsOver => Parts.All(part => part.State is PartState.Sent or PartState.Discarded);
}

internal sealed class OutboxPart(Guid turn, int number, string text)
{
    public Guid Turn => turn;

    public int Number => number;

    public string Text => text;

    public PartState State { get; set; }

    public string? Problem { get; set; }

    public bool MayHaveArrived { get; set; }

    /// <summary>By the clock that never goes back; null: not tried yet by this process.</summary>
    public long? FirstTried { get; set; }

    public int Tries { get; set; }

    /// <summary>By the same clock.</summary>
    public long? NotBefore { get; set; }
}
