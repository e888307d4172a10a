using System.Globalization;

namespace Wopr.Bot;

internal enum LogLevel { Debug, Info, Warn, Error }

/// <summary>
/// Lines on the standard output that the platform reads: time, level, words. Never what people said, never a key.
/// </summary>
internal sealed class Log(TextWriter to, TimeProvider time, LogLevel from)
{
    private readonly Lock _gate = new();

    public void Started(string version, int generation, int sessions, int waiting) =>
        Write(LogLevel.Info, $"wopr-bot {version} is up: generation {generation}, {sessions} sessions, {waiting} turns to run");

    public void Stopping() => Write(LogLevel.Info, "Told to stop: nothing more is taken, running turns have a few seconds");

    public void Stopped() => Write(LogLevel.Info, "Stopped");

    public void Outdated(int generation) =>
        Write(LogLevel.Info, $"Generation {generation} of this bot has been replaced by a newer one: stopping");

    public void LeaseHeld() => Write(LogLevel.Info, "The platform lets this bot work");

    public void LeaseLost() => Write(LogLevel.Warn, "Not heard from the platform in time: quiet until it is back");

    public void Link(string sentence) => Write(LogLevel.Info, sentence);

    public void AnswerBroke(string verb, Exception fault) => Write(LogLevel.Error, $"Answering {verb} broke: {Kind(fault)}");

    public void LeaseNotAsked(string why) => Write(LogLevel.Debug, $"No lease at the moment: {why}");

    public void TailSetAside(string session, string file, int kept) => Write(LogLevel.Warn,
        $"The file of session {session} was not whole: {kept} entries are kept, the rest is in sessions/{file}");

    public void FileSetAside(string file, string where, string why) =>
        Write(LogLevel.Error, $"{file} cannot be read and was put aside as {where}: {why}");

    public void TurnTaken(Guid turn, string session) => Write(LogLevel.Debug, $"Turn {turn} taken in session {session}");

    public void TurnOver(Guid turn, string end, long milliseconds) =>
        Write(LogLevel.Info, $"Turn {turn} is over: {end} after {milliseconds} ms");

    public void TurnPutBack(Guid turn) => Write(LogLevel.Info, $"Turn {turn} was stopped and will run again");

    public void TurnBroke(Guid turn, Exception fault) => Write(LogLevel.Error, $"Turn {turn} broke: {Kind(fault)}");

    public void ModelTrouble(Guid turn, string what) => Write(LogLevel.Warn, $"Turn {turn}: {what}");

    public void AnswerNotKept(Guid turn, string why) =>
        Write(LogLevel.Error, $"The answer of turn {turn} waits for room on the disk: {why}");

    public void NotSummed(string session, string why) =>
        Write(LogLevel.Warn, $"Session {session} was not summed up, its oldest part is left out: {why}");

    public void NotTold(Guid turn, string why) =>
        Write(LogLevel.Warn, $"The platform does not take the end of turn {turn}, it is not said again: {why}");

    public void ScheduleFired(string id, DateTimeOffset due) =>
        Write(LogLevel.Info, string.Create(CultureInfo.InvariantCulture, $"Schedule {id} fired, due {due.UtcDateTime:s}Z"));

    public void ScheduleNotFired(string id, string why) => Write(LogLevel.Warn, $"Schedule {id} does not fire: {why}");

    public void ChannelConnected(string id) => Write(LogLevel.Info, $"Channel {id} is connected");

    public void ChannelTrouble(string id, string what) => Write(LogLevel.Warn, $"Channel {id}: {what}");

    public void ChannelBroke(string id, Exception fault) => Write(LogLevel.Error, $"Channel {id} broke: {Kind(fault)}");

    public void MessageNotTaken(string id, string why) => Write(LogLevel.Warn, $"Channel {id}: a message waits, {why}");

    public void ReplyUnsent(string id, Guid turn, int part) =>
        Write(LogLevel.Warn, $"Channel {id}: part {part} of the reply to turn {turn} was not sent and is kept");

    public void ToolServerFails(string id, string why) => Write(LogLevel.Warn, $"The server of tools {id} fails: {why}");

    public void LoopBroke(string loop, Exception fault) => Write(LogLevel.Error, $"{loop} broke and goes on: {Kind(fault)}");

    // The words of an exception may hold what somebody said; its kind and place do not.
    private static string Kind(Exception fault) =>
        $"{fault.GetType().Name} {fault.StackTrace?.Split('\n').FirstOrDefault()?.Trim()}";

    private void Write(LogLevel level, string words)
    {
        if (level < from) { return; }
        var at = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        var line = $"{at} [{level.ToString().ToUpperInvariant()}] {words.ReplaceLineEndings(" ")}";
        lock (_gate)
        {
            try
            {
                to.WriteLine(line);
                to.Flush();
            }
            // Nobody listens any more; that is no reason to stop working.
            catch (IOException) { }
        }
    }
}
