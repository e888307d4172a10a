using Wopr.Bot.Turns;
using Wopr.Protocol;

namespace Wopr.Bot.Channels.Sending;

/// <summary>
/// The replies of one channel, from when they are said until they are sent. Whatever happens meanwhile, each part is sent
/// once or shown as unsent: it stands here before it is sent, it is marked before it goes out and again when it is there,
/// each time on the disk. What a crash left half-sent goes out again only where the service drops doubles.
/// </summary>
internal sealed class Outbox
{
    private const int UnsentMax = 200;
    private const long SlackBytes = 256 * 1024;
    private const string Crashed = "The bot ended while it was sending this. Look whether it has arrived before you send it again.";
    private const string Damaged = "The file of unsent replies was damaged. Look whether this has arrived before you send it again.";

    private static readonly TimeSpan s_doubtMax = TimeSpan.FromDays(1);

    private readonly string _channel;
    private readonly Log _log;
    private readonly Lock _gate = new();
    private readonly OutboxFile _file;
    private readonly Dictionary<string, long> _marks = new(StringComparer.Ordinal);
    private readonly List<OutboxReply> _replies = [];
    private long _compactAt;

    private Outbox(string channel, OutboxFile file, Log log) => (_channel, _file, _log) = (channel, file, log);

    /// <summary>Lines were lost: what is found to be missing in here may have been sent.</summary>
    public bool IsDoubtful { get; set; }

    public Pulse Changed { get; } = new();

    public static Outbox Open(
        string path, string channel, bool dropsDoubles, Func<string, bool> isSession, DateTimeOffset now, List<string> setAside, Log log)
    {
        OutboxFile file = new(path);
        Outbox outbox = new(channel, file, log);
        var lines = file.Load(now, out var aside);
        foreach (var line in lines) { outbox.Read(line); }
        outbox._replies.RemoveAll(reply => reply.IsOver);
        if (aside is not null)
        {
            outbox.IsDoubtful = true;
            setAside.Add(Path.Combine("channels", Path.GetFileName(aside)));
            log.FileSetAside(Path.GetFileName(path), Path.GetFileName(aside), "lines of it cannot be read");
        }
        foreach (var part in outbox._replies.SelectMany(reply => reply.Parts))
        {
            if (part.State == PartState.Sending && dropsDoubles) { part.State = PartState.Waiting; }
            else if (part.State == PartState.Sending || part.State == PartState.Waiting && outbox.IsDoubtful)
            {
                (part.State, part.MayHaveArrived) = (PartState.Unsent, true);
                part.Problem = outbox.IsDoubtful ? Damaged : Crashed;
            }
        }
        foreach (var reply in outbox._replies) { outbox.HoldBack(reply); }
        // A session that was deleted counts anew if it comes back.
        var gone = outbox._marks.Keys.Where(session => !isSession(session)).ToList();
        foreach (var session in gone) { outbox._marks.Remove(session); }
        if (gone.Count > 0 || file.Length > SlackBytes) { file.Replace(outbox.Lines()); }
        outbox._compactAt = file.Length + SlackBytes;
        return outbox;
    }

    public long MarkOf(string session)
    {
        lock (_gate) { return _marks.GetValueOrDefault(session); }
    }

    /// <summary>On the disk when this returns. The same answer again changes nothing.</summary>
    /// <param name="session">Null: it answers no turn.</param>
    public void Post(OutboxReply reply, string? session, long answer, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (session is not null && answer <= _marks.GetValueOrDefault(session)) { return; }
            var isDoubtful = IsDoubtful;
            if (isDoubtful && now - reply.At > s_doubtMax) { reply = reply with { Parts = [] }; }
            Add(LineOf(reply) with { Session = session, Answer = answer });
            if (session is not null) { _marks[session] = answer; }
            foreach (var part in isDoubtful ? reply.Parts : [])
            {
                (part.State, part.Problem, part.MayHaveArrived) = (PartState.Unsent, Damaged, true);
                Add(LineOf(part));
            }
            if (!reply.IsOver) { _replies.Add(reply); }
            DropOldest();
        }
        Changed.Fire();
    }

    /// <summary>The first part of each conversation that is to be sent and was not put off until later than now.</summary>
    /// <param name="wait">Until another can be, when there is none.</param>
    public (OutboxReply Reply, OutboxPart Part)? Next(TimeProvider time, out TimeSpan wait)
    {
        wait = Timeout.InfiniteTimeSpan;
        HashSet<string> passed = new(StringComparer.Ordinal);
        lock (_gate)
        {
            foreach (var reply in _replies)
            {
                if (reply.Parts.FirstOrDefault(part => part.State == PartState.Waiting) is not { } part
                    || !passed.Add(reply.Conversation))
                {
                    continue;
                }
                var left = part.NotBefore is { } at ? time.GetElapsedTime(time.GetTimestamp(), at) : TimeSpan.Zero;
                if (left <= TimeSpan.Zero) { return (reply, part); }
                if (wait == Timeout.InfiniteTimeSpan || left < wait) { wait = left; }
            }
            return null;
        }
    }

    /// <summary>On the disk when this returns. False: its owner has discarded it meanwhile.</summary>
    public bool Note(OutboxPart part, PartState state, string? problem = null, bool mayHaveArrived = false)
    {
        lock (_gate)
        {
            if (part.State == PartState.Discarded || _replies.Find(reply => reply.Parts.Contains(part)) is not { } mine) { return false; }
            Write(part, state, problem, mayHaveArrived);
            if (state == PartState.Unsent)
            {
                _log.ReplyUnsent(_channel, part.Turn, part.Number);
                HoldBack(mine);
                DropOldest();
            }
            Tidy();
        }
        Changed.Fire();
        return true;
    }

    /// <summary>It is tried again, but not before then.</summary>
    public void PutOff(OutboxPart part, long notBefore, string problem)
    {
        lock (_gate) { part.NotBefore = notBefore; }
        Note(part, PartState.Waiting, problem);
    }

    public bool SendAgain(Guid turn, int number)
    {
        lock (_gate)
        {
            if (Find(turn, number) is not { } first) { return false; }
            // What was held back because of it goes with it.
            var parts = _replies.First(reply => reply.Parts.Contains(first)).Parts
                .Where(part => part == first || part.Number > number && part is { State: PartState.Unsent, MayHaveArrived: false });
            foreach (var part in parts)
            {
                if (part.State == PartState.Unsent) { Write(part, PartState.Waiting, null, false); }
                (part.FirstTried, part.NotBefore, part.Tries) = (null, null, 0);
            }
        }
        Changed.Fire();
        return true;
    }

    public bool Discard(Guid turn, int number)
    {
        lock (_gate)
        {
            if (Find(turn, number) is not { } part) { return false; }
            Write(part, PartState.Discarded, null, false);
            Tidy();
        }
        Changed.Fire();
        return true;
    }

    public void Forget(string session)
    {
        lock (_gate)
        {
            if (_marks.Remove(session)) { Add(new() { Session = session }); }
        }
    }

    /// <param name="whyWaiting">Why nothing is sent at all at the moment; null: what waits is on its way.</param>
    public IReadOnlyList<UnsentReply> Unsent(string? whyWaiting)
    {
        lock (_gate)
        {
            return [.. from reply in _replies
                       from part in reply.Parts
                       where part.State == PartState.Unsent || whyWaiting is not null && part.State == PartState.Waiting
                       select new UnsentReply(_channel, part.Turn, part.Number, reply.Conversation, part.Text,
                           part.Problem ?? whyWaiting ?? "", reply.At, part.MayHaveArrived)];
        }
    }

    // Half a reply that goes on in the middle helps nobody.
    private void HoldBack(OutboxReply reply)
    {
        if (reply.Parts.FirstOrDefault(part => part.State == PartState.Unsent) is not { } unsent) { return; }
        foreach (var part in reply.Parts.Where(part => part.Number > unsent.Number && part.State == PartState.Waiting))
        {
            Write(part, PartState.Unsent, "An earlier part of this reply was not sent.", false);
        }
    }

    private void DropOldest()
    {
        var unsent = _replies.SelectMany(reply => reply.Parts).Where(part => part.State == PartState.Unsent).ToList();
        foreach (var part in unsent.Take(unsent.Count - UnsentMax)) { Write(part, PartState.Discarded, null, false); }
        _replies.RemoveAll(reply => reply.IsOver);
    }

    private void Tidy()
    {
        _replies.RemoveAll(reply => reply.IsOver);
        if (_file.Length < _compactAt) { return; }
        _file.Replace(Lines());
        _compactAt = _file.Length + SlackBytes;
    }

    private OutboxPart? Find(Guid turn, int number) => _replies.SelectMany(reply => reply.Parts)
        .FirstOrDefault(part => part.Turn == turn && part.Number == number && part.State is PartState.Unsent or PartState.Waiting);

    private void Write(OutboxPart part, PartState state, string? problem, bool mayHaveArrived)
    {
        Add(new() { Turn = part.Turn, Part = part.Number, State = state, Problem = problem, MayHaveArrived = mayHaveArrived });
        (part.State, part.Problem, part.MayHaveArrived) = (state, problem, mayHaveArrived);
    }

    private void Add(OutboxLine line) => _file.Add(line);

    private void Read(OutboxLine line)
    {
        if (line is { Session: { } over, Answer: 0 }) { _marks.Remove(over); }
        else if (line.Session is { } session) { _marks[session] = line.Answer; }
        if (line is { Texts: { } texts, Conversation: { } conversation })
        {
            _replies.RemoveAll(reply => reply.Turn == line.Turn);
            _replies.Add(new(line.Turn, conversation, line.ReplyTo, line.At,
                [.. texts.Select((text, number) => new OutboxPart(line.Turn, number, text))]));
        }
        else if (line.State is { } state
            && _replies.SelectMany(reply => reply.Parts).FirstOrDefault(part => part.Turn == line.Turn && part.Number == line.Part) is { } part)
        {
            (part.State, part.Problem, part.MayHaveArrived) = (state, line.Problem, line.MayHaveArrived);
        }
    }

    private IEnumerable<OutboxLine> Lines()
    {
        foreach (var (session, answer) in _marks) { yield return new() { Session = session, Answer = answer }; }
        foreach (var reply in _replies)
        {
            yield return LineOf(reply);
            foreach (var part in reply.Parts.Where(part => part.State != PartState.Waiting)) { yield return LineOf(part); }
        }
    }

    private static OutboxLine LineOf(OutboxReply reply) => new()
    {
        Turn = reply.Turn,
        Conversation = reply.Conversation,
        ReplyTo = reply.ReplyTo,
        At = reply.At,
        Texts = [.. reply.Parts.Select(part => part.Text)],
    };

    private static OutboxLine LineOf(OutboxPart part) => new()
    {
        Turn = part.Turn,
        Part = part.Number,
        State = part.State,
        Problem = part.Problem,
        MayHaveArrived = part.MayHaveArrived,
    };
}
