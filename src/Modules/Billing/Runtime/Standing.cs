namespace Wopr.Billing;

public enum StandingState
{
    /// <summary>There is money.</summary>
    Funded,

    /// <summary>There is little, and the tenant was told.</summary>
    Warned,

    /// <summary>There is none; bots go on for some days.</summary>
    Grace,

    /// <summary>Bots are stopped, their data is kept.</summary>
    Suspended,

    /// <summary>The data is being deleted.</summary>
    Expired,
}

internal enum Funds { Enough, Low, Empty }

/// <summary>What has just happened.</summary>
internal enum Occasion { Charge, Payment, Time }

/// <summary>What a step asks for, once.</summary>
internal enum StandingEffect { TellLow, TellGrace, TellSuspended, TellReminder, TellDeleted, Suspend, Resume, Expire }

/// <summary>
/// How a tenant stands. One episode goes down step by step, each step told once; a payment ends it from anywhere.
/// </summary>
/// <param name="Reminded">The days before the deletion at which the last reminder went out.</param>
internal sealed record Standing(
    StandingState State, DateTimeOffset Since, DateTimeOffset? GraceUntil = null, DateTimeOffset? DestroyAfter = null, int? Reminded = null)
{
    private static readonly int[] s_reminders = [7, 3, 1];
    private static readonly TimeSpan s_lookAgain = TimeSpan.FromHours(1);

    /// <summary>The table. Everything it does not name stays.</summary>
    /// <param name="hasBots">Without bots there is nothing to suspend.</param>
    /// <param name="isOver">The time of the state is up.</param>
    public static StandingState Next(StandingState from, Occasion occasion, Funds funds, bool hasBots, bool isOver) =>
        (from, occasion, funds, hasBots, isOver) switch
        {
            (_, Occasion.Payment, Funds.Enough or Funds.Low, _, _) => StandingState.Funded,
            // News of a payment may be lost; the money is there all the same.
            (StandingState.Grace or StandingState.Suspended or StandingState.Expired, _, Funds.Enough or Funds.Low, _, _) => StandingState.Funded,
            (StandingState.Funded or StandingState.Warned, Occasion.Charge, Funds.Empty, true, _) => StandingState.Grace,
            (StandingState.Funded, _, Funds.Low or Funds.Empty, _, _) => StandingState.Warned,
            (StandingState.Grace, _, Funds.Empty, true, true) => StandingState.Suspended,
            (StandingState.Suspended, _, Funds.Empty, true, true) => StandingState.Expired,
            _ => from,
        };

    public (Standing Standing, IReadOnlyList<StandingEffect> Effects) Step(
        Occasion occasion, Funds funds, bool hasBots, DateTimeOffset now, RuntimeOptions options)
    {
        var next = Next(State, occasion, funds, hasBots, IsOver(now));
        if (next == State) { return State == StandingState.Suspended && hasBots ? Remind(now) : (this, []); }
        return next switch
        {
            StandingState.Funded => (new(next, now),
                State is StandingState.Suspended or StandingState.Expired ? [StandingEffect.Resume] : []),
            StandingState.Warned => (new(next, now), [StandingEffect.TellLow]),
            StandingState.Grace => (new(next, now, GraceUntil: now.AddDays(options.GraceDays)), [StandingEffect.TellGrace]),
            StandingState.Suspended => (new(next, now, DestroyAfter: now.AddDays(options.DeletionDays)),
                [StandingEffect.Suspend, StandingEffect.TellSuspended]),
            StandingState.Expired => (new(next, now), [StandingEffect.Expire, StandingEffect.TellDeleted]),
            _ => throw new InvalidOperationException($"Nothing leads to {next}."),
        };
    }

    /// <summary>When time alone may change something; balances are looked at anyway once in a while.</summary>
    public DateTimeOffset NextLook(DateTimeOffset now)
    {
        var due = State switch
        {
            StandingState.Grace => GraceUntil,
            StandingState.Suspended => s_reminders.Where(days => days < (Reminded ?? int.MaxValue))
                .Select(days => DestroyAfter!.Value.AddDays(-days)).Append(DestroyAfter!.Value).Min(),
            _ => null,
        };
        return due is { } at && at > now && at < now + s_lookAgain ? at : now + s_lookAgain;
    }

    // Nothing is deleted until the last reminder is a day old, however long nobody could remind.
    private bool IsOver(DateTimeOffset now) => State switch
    {
        StandingState.Grace => now >= GraceUntil,
        StandingState.Suspended => now >= DestroyAfter && Reminded == s_reminders[^1],
        _ => false,
    };

    private (Standing, IReadOnlyList<StandingEffect>) Remind(DateTimeOffset now)
    {
        var left = DestroyAfter!.Value - now;
        var due = s_reminders.Where(days => left <= TimeSpan.FromDays(days)).Cast<int?>().LastOrDefault();
        if (due is not { } step || step >= (Reminded ?? int.MaxValue)) { return (this, []); }
        var after = step == s_reminders[^1] && left < TimeSpan.FromDays(step) ? now.AddDays(step) : DestroyAfter;
        return (this with { Reminded = step, DestroyAfter = after }, [StandingEffect.TellReminder]);
    }
}
