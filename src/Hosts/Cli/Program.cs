using Wopr.Cli;

using var signals = new Signals();
var parsed = Commands.Root(signals).Parse(args);
var screen = Screen.For(parsed.GetValue(Commands.JsonOption));
if (parsed.Errors.Count > 0)
{
    screen.Fault(Exit.Usage, $"{string.Join('\n', parsed.Errors.Select(error => error.Message))}\nRun ./wopr --help for the verbs.");
    return Exit.Usage;
}
try
{
    return await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, signals.Stop);
}
catch (Refusal refusal)
{
    screen.Fault(refusal.Exit, refusal.Message);
    return refusal.Exit;
}
catch (OperationCanceledException)
{
    return Exit.Interrupted;
}
catch (IOException error) when (error.HResult is 28)
{
    screen.Fault(Exit.Prerequisite, "The disk is full. Free some space, then run this again.");
    return Exit.Prerequisite;
}
catch (Exception error)
{
    screen.Fault(Exit.Unexpected, $"This should not happen, and is a fault of WOPR's: {error}");
    return Exit.Unexpected;
}
