namespace Wopr.Platform;

/// <summary>Exit codes of every verb, the same as the operator's tool has.</summary>
internal static class Exit
{
    public const int Ok = 0;
    public const int Unexpected = 1;
    public const int Usage = 2;
    public const int ConfigFaults = 4;
    public const int Migration = 6;
    public const int Tampered = 19;
}

internal static class Usage
{
    public static int Show()
    {
        Console.Error.WriteLine("""
            Usage:
              Wopr.Platform [--accept-session-loss]            serve on PORT (3100)
              Wopr.Platform migrate [--plan] [--to auth/0002] [--accept-session-loss]
                                    [--dump FILE] [--allow-destructive auth/0007_name]
              Wopr.Platform admin create --email you@example.com [--if-none]
              Wopr.Platform audit verify [--json]
              Wopr.Platform credits reconcile [--json]
              Wopr.Platform secrets rotate [--dry-run] [--json]
              Wopr.Platform config check
              Wopr.Platform health                            0 when a server on this machine answers, else 1
            Settings come from the environment; docs/configuration.md lists them.
            """);
        return Exit.Usage;
    }

    /// <summary>The word after a flag, or null when the flag is absent.</summary>
    public static string? Value(string[] args, string flag) =>
        Values(args, flag).FirstOrDefault();

    /// <summary>The words after each time the flag stands there.</summary>
    public static IEnumerable<string> Values(string[] args, string flag) =>
        args.Zip(args.Skip(1)).Where(pair => pair.First == flag).Select(pair => pair.Second);
}
