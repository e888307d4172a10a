namespace Wopr.Credits.Metering;

/// <summary>How the writer paces itself; tests hurry it.</summary>
internal sealed record WriterPace
{
    public int BatchMax { get; init; } = 2048;

    /// <summary>Notes of running requests that one batch carries.</summary>
    public int NotesMax { get; init; } = 24;

    /// <summary>Requests that may run at once; more are told to come back.</summary>
    public int RunningMax { get; init; } = 20_000;

    /// <summary>How often it looks up when nothing happens; also how old a note of a running request may get.</summary>
    public TimeSpan Tick { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the database may take for what was last asked of it until nothing more is promised ahead.</summary>
    public TimeSpan PromiseMax { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>How long money is set aside that nobody uses.</summary>
    public TimeSpan IdleMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a start first waits for money that another replica holds, and how often, each time twice as long.</summary>
    public TimeSpan RecallWait { get; init; } = TimeSpan.FromMilliseconds(10);
    public int RecallsMax { get; init; } = 6;

    public TimeSpan RetryMax { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a process that stops waits for its requests to end.</summary>
    public TimeSpan LeaveMax { get; init; } = TimeSpan.FromSeconds(8);
}
