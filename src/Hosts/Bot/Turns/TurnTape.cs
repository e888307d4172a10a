using System.Text;
using Wopr.Protocol;

namespace Wopr.Bot.Turns;

/// <summary>
/// What happened in a turn, for those who follow it now or come back later. Followers read at their own pace, and get
/// pieces of text that wait for them as one, so a slow one costs nothing.
/// </summary>
internal sealed class TurnTape(Guid turn)
{
    private const int PieceMax = 16_000;

    private readonly Lock _gate = new();
    private readonly StringBuilder _texts = new();
    private readonly List<Mark> _marks = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _last;

    public Guid Turn => turn;

    public long Last { get { lock (_gate) { return _last; } } }

    public void Message(string text) => Add(SessionEventKind.Message, text);

    public void Text(string piece)
    {
        if (piece.Length > 0) { Add(SessionEventKind.Text, piece); }
    }

    public void ToolCall(string tool, string arguments) => Add(SessionEventKind.ToolCall, arguments, tool);

    public void Reset() => Add(SessionEventKind.Reset, "");

    /// <summary>Goes on above every number that an earlier process may have used for this turn.</summary>
    public void StartAbove(long number)
    {
        lock (_gate) { _last = Math.Max(_last, number); }
    }

    public void End(string? problem)
    {
        if (problem is not null) { Add(SessionEventKind.Error, problem); }
        Add(SessionEventKind.Done, "");
    }

    /// <summary>The number that <see cref="End"/> will give to the last event.</summary>
    public long LastOnceEnded(string? problem) => Last + (problem is null ? 1 : 2);

    /// <summary>What came after a number, and a task that ends when there is more. A number that was never used is void.</summary>
    public IReadOnlyList<SessionEvent> After(long number, out Task more)
    {
        lock (_gate)
        {
            more = _more.Task;
            var from = number == 0 ? 0 : Place(number);
            List<SessionEvent> events = [];
            if (from < 0)
            {
                events.Add(Event(new(_marks[0].Number - 1, SessionEventKind.Reset, 0, 0, null), 0));
                from = 0;
            }
            while (from < _marks.Count)
            {
                var (mark, length) = (_marks[from], _marks[from].Length);
                while (mark.Kind == SessionEventKind.Text && from + 1 < _marks.Count
                    && _marks[from + 1].Kind == SessionEventKind.Text && length + _marks[from + 1].Length <= PieceMax)
                {
                    length += _marks[++from].Length;
                }
                events.Add(Event(mark with { Number = _marks[from].Number }, length));
                from++;
            }
            return events;
        }
    }

    private int Place(long number)
    {
        for (var index = _marks.Count - 1; index >= 0; index--)
        {
            if (_marks[index].Number == number) { return index + 1; }
        }
        return _marks.Count == 0 ? 0 : -1;
    }

    private void Add(SessionEventKind kind, string text, string? tool = null)
    {
        TaskCompletionSource more;
        lock (_gate)
        {
            _marks.Add(new(++_last, kind, _texts.Length, text.Length, tool));
            _texts.Append(text);
            (more, _more) = (_more, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        more.SetResult();
    }

    private SessionEvent Event(Mark mark, int length)
    {
        var text = length > 0 ? _texts.ToString(mark.Start, length) : null;
        var id = EventId.Of(turn, mark.Number);
        return mark.Kind == SessionEventKind.ToolCall
            ? new(id, turn, mark.Kind, null, mark.Tool, text)
            : new(id, turn, mark.Kind, text, null, null);
    }

    private readonly record struct Mark(long Number, SessionEventKind Kind, int Start, int Length, string? Tool);
}
