namespace Wopr.Bot.Channels;

/// <summary>A place where people talk with the bot: one configuration, from when it is put until it is changed.</summary>
internal abstract class Channel : IAsyncDisposable
{
    /// <summary>A longer reply is sent in parts.</summary>
    public abstract int TextMax { get; }

    /// <summary>False: it only hears.</summary>
    public virtual bool CanSend => true;

    /// <summary>
    /// Stays connected until the token says so. A <see cref="ChannelException"/> or a return ends this try; its keeper
    /// tries again on the same object, never two at once.
    /// </summary>
    public abstract Task RunAsync(ChannelDoor door, CancellationToken ct);

    /// <summary>
    /// Returns once the service has it. May be called while <see cref="RunAsync"/> runs or does not, one piece at a time.
    /// What cannot be sent is a <see cref="ChannelException"/>.
    /// </summary>
    public abstract Task SendAsync(ChannelPiece piece, CancellationToken ct);

    /// <summary>The account's name. Whoever asks sets the limit.</summary>
    public abstract Task<string> TestAsync(CancellationToken ct);

    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <param name="Id">The service's own id of the message, the same when it is delivered again.</param>
/// <param name="Conversation">Where its reply goes.</param>
/// <param name="Sender">The service's id of who said it, never a name that people choose.</param>
/// <param name="ReplyTo">Given back with the reply: the message or thread that it belongs to.</param>
/// <param name="SenderName">For the model to read; nothing is decided by it.</param>
internal sealed record ChannelMessage(
    string Id, string Conversation, string Sender, string Text, string? ReplyTo = null, string? SenderName = null);

/// <param name="Nonce">The same whenever this piece is sent; at most 25 letters.</param>
internal sealed record ChannelPiece(string Conversation, string Text, string Nonce, string? ReplyTo);
