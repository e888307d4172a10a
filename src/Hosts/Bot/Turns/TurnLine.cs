namespace Wopr.Bot.Turns;

/// <summary>The turns of one session that wait, first come first served. Guarded by the desk.</summary>
internal sealed class TurnLine(string session)
{
    public string Session => session;

    public LinkedList<Turn> Waiting { get; } = [];

    public bool IsWorking { get; set; }
}
