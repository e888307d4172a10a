using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Wopr.Platform;

/// <summary>One line an event; news is told bare, so the last line at start is exactly what the runbook expects.</summary>
internal sealed class PlainLines() : ConsoleFormatter(Name)
{
    public new const string Name = "plain-lines";

    public override void Write<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        if (entry.LogLevel > LogLevel.Information) { textWriter.Write($"{entry.LogLevel}: "); }
        textWriter.Write(entry.Formatter(entry.State, entry.Exception));
        if (entry.Exception is { } error) { textWriter.Write($" | {error}".ReplaceLineEndings(" ")); }
        textWriter.Write('\n');
    }
}
