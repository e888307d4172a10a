using Wopr.Kernel;

namespace Wopr.Credits.Metering;

/// <summary>What this writer holds of one tenant's money, as its row in the database says after the last commit.</summary>
internal sealed class Purse(string tenantId, string name, DateOnly day)
{
    public string TenantId => tenantId;

    /// <summary>A capability when limits ride on it, else empty.</summary>
    public string Name => name;

    /// <summary>The day of purses on which no limits ride: they outlast midnight.</summary>
    public static DateOnly NoDay { get; } = DateOnly.FromDateTime(DateTime.UnixEpoch);

    /// <summary>To whose limits it counts.</summary>
    public DateOnly Day => day;

    public bool IsOf(DateOnly today) => day == NoDay || day == today;

    public Money Remaining { get; set; }

    /// <summary>Promised to requests that run.</summary>
    public Money Held { get; set; }

    public int Running { get; set; }

    /// <summary>How often money was put here.</summary>
    public int Blocks { get; set; }

    public long UsedAt { get; set; }

    public Money Free => Remaining - Held;
}

/// <summary>A request that runs under this writer.</summary>
internal sealed class Flight(MeteredRequest request, Purse purse)
{
    private MeteredUse? _noted;

    public MeteredRequest Request => request;
    public Purse Purse => purse;

    /// <summary>The one ending it gets; whoever ends it again waits for the same outcome.</summary>
    public EndOp? Ending { get; set; }

    /// <summary>Its start is on the disk. One that ends before needs none.</summary>
    public bool IsWritten { get; set; }

    /// <summary>What its row says it has cost so far.</summary>
    public MeteredUse? Written { get; set; }

    /// <summary>What it has cost so far; true when the writer has taken what was noted before.</summary>
    public bool Note(MeteredUse soFar) => Interlocked.Exchange(ref _noted, soFar) is null;

    public MeteredUse? TakeNote() => Interlocked.Exchange(ref _noted, null);
}
