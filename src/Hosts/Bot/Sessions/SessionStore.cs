using Wopr.Protocol;

namespace Wopr.Bot.Sessions;

/// <summary>All conversations of this bot, in sessions/NAME.jsonl.</summary>
internal sealed class SessionStore
{
    private const int SessionsMax = 5_000;
    private const int AsideTold = 100;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Session> _sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<Guid, TurnRecord> _turns = [];
    private readonly HashSet<string> _unreadable = new(StringComparer.Ordinal);
    private readonly string _folder;

    private SessionStore(string folder) => _folder = folder;

    /// <summary>Files that hold what could not be read, until somebody takes them away.</summary>
    public List<string> SetAside { get; } = [];

    public long Answers { get; private set; }

    public long InputTokens { get; private set; }

    public long OutputTokens { get; private set; }

    public int Count { get { lock (_gate) { return _sessions.Count; } } }

    /// <summary>Repairs every file; none of them can stop the start.</summary>
    public static SessionStore Open(string home, TimeProvider time, Log log)
    {
        SessionStore store = new(Path.Combine(home, "sessions"));
        Directory.CreateDirectory(store._folder);
        store.SetAside.AddRange(Directory.EnumerateFileSystemEntries(store._folder, "*.torn").Order(StringComparer.Ordinal)
            .Take(AsideTold).Select(path => Path.GetRelativePath(home, path)));
        foreach (var path in Directory.EnumerateFileSystemEntries(store._folder, "*.jsonl").Order(StringComparer.Ordinal))
        {
            if (store.Load(path, time.GetUtcNow(), log) is not { } aside) { continue; }
            if (store.SetAside.Count < AsideTold) { store.SetAside.Add(Path.GetRelativePath(home, aside)); }
        }
        return store;
    }

    /// <summary>Creates it when it is new: a file comes with its first entry.</summary>
    public Session Get(string name)
    {
        if (!SessionName.IsValid(name)) { throw Refusals.SessionName(); }
        lock (_gate)
        {
            if (_sessions.TryGetValue(name, out var known)) { return known; }
            if (_unreadable.Contains(name)) { throw Refusals.Unreadable(name); }
            if (_sessions.Count >= SessionsMax) { throw Refusals.TooManySessions(SessionsMax); }
            return _sessions[name] = Make(Path.Combine(_folder, $"{name}.jsonl"), []);
        }
    }

    public Session? Find(string name)
    {
        lock (_gate) { return _sessions.TryGetValue(name, out var known) && known.Log.Count > 0 ? known : null; }
    }

    public TurnRecord? FindTurn(Guid id)
    {
        lock (_gate) { return _turns.GetValueOrDefault(id); }
    }

    public IReadOnlyList<TurnRecord> TurnsOf(Session session)
    {
        lock (_gate) { return [.. session.Turns]; }
    }

    public IReadOnlyList<(long Number, Guid Turn)> SummariesOf(Session session)
    {
        lock (_gate) { return [.. session.Summaries]; }
    }

    /// <summary>The turn at a place; below 0, the first that is not over. Null: there is none yet.</summary>
    public TurnRecord? TurnAt(string name, int place)
    {
        lock (_gate)
        {
            if (!_sessions.TryGetValue(name, out var session)) { return null; }
            if (place < 0) { return session.Turns.Find(turn => !turn.IsOver); }
            return place < session.Turns.Count ? session.Turns[place] : null;
        }
    }

    public IReadOnlyList<TurnRecord> NotOver()
    {
        lock (_gate) { return [.. _sessions.Values.SelectMany(session => session.Turns).Where(turn => !turn.IsOver)]; }
    }

    /// <summary>Answers after the given numbers, of each session.</summary>
    public IReadOnlyList<TurnRecord> AnsweredAfter(IReadOnlyDictionary<string, long> told)
    {
        lock (_gate)
        {
            return [.. _sessions.Values.SelectMany(session => session.Turns
                .Where(turn => turn.Answer > told.GetValueOrDefault(session.Name)).OrderBy(turn => turn.Answer))];
        }
    }

    public SessionList List()
    {
        lock (_gate)
        {
            return new([.. _sessions.Values.Where(session => session.Log.Count > 0)
                .OrderByDescending(session => session.LastAt).Select(session => session.View)]);
        }
    }

    /// <summary>Nothing to do when there is none.</summary>
    public void Delete(string name)
    {
        lock (_gate)
        {
            if (!_sessions.TryGetValue(name, out var session)) { return; }
            session.Log.Delete();
            _sessions.Remove(name);
            foreach (var turn in session.Turns) { _turns.Remove(turn.Id); }
        }
    }

    private string? Load(string path, DateTimeOffset now, Log log)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        if (!SessionName.IsValid(name)) { return null; }
        List<long> ends = [];
        var session = Make(path, ends);
        try
        {
            ends.AddRange(SessionRepair.Open(path, now, entry => Note(session, entry), out var aside));
            _sessions[name] = session;
            if (aside is not null) { log.TailSetAside(name, Path.GetFileName(aside), ends.Count); }
            return aside;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            foreach (var turn in session.Turns) { _turns.Remove(turn.Id); }
            var aside = Disk.SetAside(path, now);
            if (aside is null) { _unreadable.Add(name); }
            log.FileSetAside(name, aside ?? path, fault.Message);
            return aside ?? path;
        }
    }

    private Session Make(string path, List<long> ends)
    {
        Session? session = null;
        session = new(new(path, ends, (_, entry) => Note(session!, entry)));
        return session;
    }

    private void Note(Session session, Entry entry)
    {
        lock (_gate)
        {
            if (entry.Number == 1) { session.CreatedAt = entry.At; }
            session.LastAt = entry.At;
            switch (entry.Kind)
            {
                case EntryKind.Message:
                    session.Messages++;
                    TurnRecord turn = new(session.Log, entry.Turn, entry.Number, entry.Replaces, session.Turns.Count);
                    if (_turns.TryAdd(entry.Turn, turn)) { session.Turns.Add(turn); }
                    break;
                case EntryKind.Answer:
                    session.Messages++;
                    if (!_turns.TryGetValue(entry.Turn, out var asked) || asked.Log != session.Log || asked.IsOver) { break; }
                    (asked.Answer, asked.LastEvent) = (entry.Number, entry.LastEvent);
                    Answers++;
                    InputTokens += entry.Outcome?.InputTokens ?? 0;
                    OutputTokens += entry.Outcome?.OutputTokens ?? 0;
                    break;
                case EntryKind.Summary:
                    session.Summaries.Add((entry.Number, entry.Turn));
                    break;
            }
        }
    }
}
