using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>What is known of a bot at one moment, by the database's clock.</summary>
/// <param name="Wish">What it is to be, all things considered.</param>
/// <param name="IsSuspended">At rest for want of money.</param>
/// <param name="IsPlaced">It has a node.</param>
/// <param name="SeesNode">Its node was heard of lately.</param>
/// <param name="Process">What its node last said; null when it said nothing of this generation.</param>
/// <param name="KnowsWish">Its node said so knowing the last change.</param>
/// <param name="HasLease">It is linked and has a lease.</param>
/// <param name="HadLeaseLately">It had one, or came up, so short ago that it may just be slow.</param>
/// <param name="EndsByItself">Its process ended, and by its restart policy stays so.</param>
/// <param name="EndedWell">With the code 0.</param>
/// <param name="IsGivenUp">It was started anew too often without coming to run.</param>
internal sealed record BotFacts(
    BotWish Wish, bool IsSuspended, bool IsPlaced, bool SeesNode, BotProcess? Process, bool KnowsWish, bool HasLease,
    bool HadLeaseLately, bool EndsByItself = false, bool EndedWell = false, bool IsGivenUp = false);

/// <summary>
/// A bot's states: one table of what may follow what, and one function from what is known to what it is. The function
/// never leaves the table.
/// </summary>
internal static class BotStates
{
    // In the words of the README, which a test compares with this.
    private static readonly Dictionary<BotState, BotState[]> s_table = new()
    {
        [BotState.Provisioning] =
        [
            BotState.Running, BotState.Unhealthy, BotState.Stopped, BotState.Suspended, BotState.Recovering, BotState.Failed,
            BotState.Unknown, BotState.Deleted,
        ],
        [BotState.Running] =
        [
            BotState.Provisioning, BotState.Unhealthy, BotState.Sleeping, BotState.Stopped, BotState.Suspended, BotState.Updating,
            BotState.Recovering, BotState.Failed, BotState.Unknown, BotState.Deleted,
        ],
        [BotState.Unhealthy] =
        [
            BotState.Provisioning, BotState.Running, BotState.Stopped, BotState.Suspended, BotState.Updating, BotState.Recovering,
            BotState.Failed, BotState.Unknown, BotState.Deleted,
        ],
        [BotState.Sleeping] =
        [
            BotState.Provisioning, BotState.Running, BotState.Stopped, BotState.Suspended, BotState.Updating, BotState.Recovering,
            BotState.Failed, BotState.Unknown, BotState.Deleted,
        ],
        [BotState.Stopped] = [BotState.Provisioning, BotState.Suspended, BotState.Deleted],
        [BotState.Suspended] = [BotState.Provisioning, BotState.Stopped, BotState.Deleted],
        [BotState.Updating] =
        [
            BotState.Provisioning, BotState.Running, BotState.Unhealthy, BotState.Stopped, BotState.Suspended, BotState.Recovering,
            BotState.Failed, BotState.Unknown, BotState.Deleted,
        ],
        [BotState.Recovering] =
        [
            BotState.Provisioning, BotState.Running, BotState.Unhealthy, BotState.Stopped, BotState.Suspended, BotState.Updating,
            BotState.Failed, BotState.Unknown, BotState.Deleted,
        ],
        [BotState.Failed] =
        [
            BotState.Provisioning, BotState.Running, BotState.Stopped, BotState.Suspended, BotState.Updating, BotState.Recovering,
            BotState.Unknown, BotState.Deleted,
        ],
        [BotState.Unknown] =
        [
            BotState.Provisioning, BotState.Running, BotState.Unhealthy, BotState.Sleeping, BotState.Stopped, BotState.Suspended,
            BotState.Updating, BotState.Recovering, BotState.Failed, BotState.Deleted,
        ],
        // Brought back within its seven days.
        [BotState.Deleted] = [BotState.Stopped, BotState.Suspended],
    };

    public static bool CanMove(BotState from, BotState to) => s_table[from].Contains(to);

    public static IReadOnlyList<BotState> After(BotState from) => s_table[from];

    /// <summary>Charged for its day.</summary>
    public static bool IsActive(BotState state) => state is
        BotState.Running or BotState.Unhealthy or BotState.Sleeping or BotState.Updating or BotState.Recovering;

    /// <summary>Nothing of it runs.</summary>
    public static bool IsAtRest(BotState state) => state is BotState.Stopped or BotState.Suspended or BotState.Deleted;

    public static BotState Next(BotState now, BotFacts facts)
    {
        // Only its owner, or the end of its time, changes that.
        if (now == BotState.Deleted) { return now; }
        var seen = facts.Wish == BotWish.Run ? Wanted(now, facts) : Unwanted(now, facts);
        // What rests is brought up first, whatever it is said to be already.
        return seen == now || CanMove(now, seen) ? seen
            : CanMove(now, BotState.Provisioning) && facts.Wish == BotWish.Run ? BotState.Provisioning
            : now;
    }

    private static BotState Unwanted(BotState now, BotFacts facts)
    {
        var rest = facts.IsSuspended ? BotState.Suspended : BotState.Stopped;
        if (!facts.IsPlaced || IsAtRest(now)) { return rest; }
        if (!facts.SeesNode) { return BotState.Unknown; }
        return facts is { KnowsWish: true, Process: BotProcess.Absent or BotProcess.Exited or BotProcess.Failed } ? rest : now;
    }

    private static BotState Wanted(BotState now, BotFacts facts)
    {
        var pending = now is BotState.Updating or BotState.Recovering ? now : BotState.Provisioning;
        if (!facts.IsPlaced) { return BotState.Provisioning; }
        if (!facts.SeesNode) { return facts.Process is null && now == BotState.Provisioning ? now : BotState.Unknown; }
        if (!facts.KnowsWish)
        {
            // A change that leaves its process alone leaves it running.
            return now is BotState.Running or BotState.Unhealthy or BotState.Sleeping && facts.Process == BotProcess.Up ? now : pending;
        }
        return facts.Process switch
        {
            BotProcess.Failed => BotState.Failed,
            BotProcess.Exited when facts.EndsByItself => facts.EndedWell ? BotState.Stopped : BotState.Failed,
            BotProcess.Exited => BotState.Recovering,
            // Who has a lease is up, however short the time.
            BotProcess.Up or BotProcess.Starting when facts.HasLease => BotState.Running,
            BotProcess.Up when facts.IsGivenUp => BotState.Failed,
            BotProcess.Up when !facts.HadLeaseLately => BotState.Unhealthy,
            BotProcess.Up => now is BotState.Running or BotState.Unhealthy ? now : pending,
            _ => now is BotState.Running or BotState.Unhealthy ? BotState.Recovering : pending,
        };
    }
}
