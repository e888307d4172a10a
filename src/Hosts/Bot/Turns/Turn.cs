using System.Text;
using Wopr.Bot.Model;
using Wopr.Bot.Sessions;
using Wopr.Protocol;

namespace Wopr.Bot.Turns;

internal enum TurnState { Waiting, Running, Ending, Over }

/// <summary>A turn that is not over, or was over lately.</summary>
/// <param name="isResumed">An earlier process has run it, or may have.</param>
internal sealed class Turn(TurnAsk ask, SessionLog log, DateTimeOffset at, bool isResumed)
{
    private readonly StringBuilder _answer = new();
    private int _attempts;

    public TurnAsk Ask => ask;

    public SessionLog Log => log;

    /// <summary>The channel it came through; null: none.</summary>
    public TurnOrigin? Origin { get; init; }

    /// <summary>Whoever talks in a channel is a stranger, whatever way the words came, unless the channel knows its owner.</summary>
    public bool IsTrusted => SessionName.ChannelOf(ask.Session) is null || Origin is { IsTrusted: true };

    public Guid Id => ask.TurnId;

    /// <summary>When its message was kept.</summary>
    public DateTimeOffset At => at;

    public TurnTape Tape { get; } = new(ask.TurnId);

    /// <summary>Ends when the message is on the disk; breaks when it cannot be.</summary>
    public TaskCompletionSource Kept { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Over { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public CancellationTokenSource Cancel { get; } = new();

    /// <summary>Guarded by the desk.</summary>
    public TurnState State { get; set; }

    /// <summary>Of the running attempt.</summary>
    public string Answer => _answer.ToString();

    public int AnswerLength => _answer.Length;

    /// <summary>What is more than an answer may have is left out.</summary>
    public void Say(string piece)
    {
        if (_answer.Length + piece.Length > AnswerBuilder.TextMax) { return; }
        _answer.Append(piece);
        Tape.Text(piece);
    }

    public void Begin()
    {
        _answer.Clear();
        if (isResumed || _attempts > 0) { Tape.Reset(); }
        _attempts++;
    }
}
