using Wopr.Protocol;

namespace Wopr.Bot.Sessions;

/// <summary>What is known of a session without reading its file.</summary>
internal sealed class Session(SessionLog log)
{
    public SessionLog Log => log;

    public string Name => log.Name;

    /// <summary>In the order in which their messages were kept. Guarded by the store.</summary>
    public List<TurnRecord> Turns { get; } = [];

    /// <summary>Numbers of the entries that sum up, oldest first, each with the last turn that it stands for.</summary>
    public List<(long Number, Guid Turn)> Summaries { get; } = [];

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset LastAt { get; set; }

    public int Messages { get; set; }

    public SessionView View => new(Name, CreatedAt, LastAt, Messages, SessionName.ChannelOf(Name));
}
