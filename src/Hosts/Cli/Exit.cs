namespace Wopr.Cli;

/// <summary>Exit codes are part of the contract: scripts and pagers read them.</summary>
internal static class Exit
{
    public const int Ok = 0;
    public const int Unexpected = 1;
    public const int Usage = 2;
    public const int Prerequisite = 3;
    public const int ConfigFaults = 4;
    public const int Migration = 6;
    public const int Unhealthy = 7;
    public const int Locked = 20;
    public const int Interrupted = 130;
}

/// <summary>Why a verb stops: a sentence that says what to do, and the exit code.</summary>
internal sealed class Refusal(int exit, string sentence) : Exception(sentence)
{
    public int Exit { get; } = exit;
}
