namespace Wopr.Kernel;

public static class Clock
{
    /// <summary>Now, in the microseconds PostgreSQL keeps, so that what was returned equals what is read back.</summary>
    public static DateTimeOffset Now(this TimeProvider time)
    {
        var now = time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
