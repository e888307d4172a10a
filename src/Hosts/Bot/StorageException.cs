namespace Wopr.Bot;

/// <summary>Something could not be kept; what was kept before is sound.</summary>
internal sealed class StorageException(string message, Exception? inner = null) : Exception(message, inner)
{
    private const int NoSpace = 28;
    private const int OverQuota = 122;

    public StorageException(Exception fault) : this(Sentence(fault), fault) { }

    private static string Sentence(Exception fault) => fault is IOException io && (io.HResult & 0xFFFF) is NoSpace or OverQuota
        ? "The bot's disk is full, so nothing more can be kept. Delete sessions or give it more storage, then try again."
        : "The bot's disk cannot be written at the moment. Try again; if that does not help, restart the bot.";
}
