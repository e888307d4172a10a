namespace Wopr.Bot.Channels;

/// <summary>Why a channel does not work or a piece was not sent, in a sentence for the bot's owner. Never with a token in it.</summary>
/// <param name="isFinal">Trying again does not help: the owner must do something, or this piece cannot be sent.</param>
/// <param name="endsChannel">The service refuses the account, not this piece: until its owner has mended that, nothing is sent.</param>
/// <param name="retryAfter">What the service asked for.</param>
/// <param name="mayHaveArrived">The request was written: the service may have it.</param>
internal sealed class ChannelException(
    string sentence, bool isFinal = false, bool endsChannel = false, TimeSpan? retryAfter = null, bool mayHaveArrived = false,
    Exception? cause = null)
    : Exception(sentence, cause)
{
    public bool IsFinal => isFinal || endsChannel;

    public bool EndsChannel => endsChannel;

    public TimeSpan? RetryAfter => retryAfter;

    public bool MayHaveArrived => mayHaveArrived;
}
