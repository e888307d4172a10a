using System.Text.Json;
using Spectre.Console;

namespace Wopr.Cli;

/// <summary>How a verb talks: sentences and tables to people, one JSON object a line to programs.</summary>
internal sealed class Screen(bool json)
{
    private static readonly string[] s_colors = ["cyan", "magenta", "yellow", "green", "blue"];

    private readonly Lock _one = new();
    private readonly Dictionary<string, string> _colorOf = new() { ["wopr"] = "white" };

    public bool IsJson => json;

    /// <summary>Whether what the programs say is shown; while a step is under way it only goes to their logs.</summary>
    public bool ShowsLines { get; set; }

    /// <summary>Where a supervisor without a terminal stops talking.</summary>
    public bool IsMute { get; set; }

    public static Screen For(bool json)
    {
        if (!Console.IsOutputRedirected) { return new(json); }
        // Without a terminal there is no edge to wrap at, and nobody to see a color.
        AnsiConsole.Profile.Width = 200;
        (AnsiConsole.Profile.Capabilities.Ansi, AnsiConsole.Profile.Capabilities.ColorSystem) = (false, ColorSystem.NoColors);
        return new(json);
    }

    public async Task<T> StepAsync<T>(string text, Func<Task<T>> work)
    {
        var began = TimeProvider.System.GetTimestamp();
        T result;
        if (json)
        {
            Event(new { @event = "begin", text });
            result = await work();
        }
        else
        {
            result = Console.IsOutputRedirected
                ? await work()
                : await AnsiConsole.Status().StartAsync($"{Markup.Escape(text)}…", _ => work());
        }
        Done(text, TimeProvider.System.GetElapsedTime(began).TotalSeconds);
        return result;
    }

    public Task StepAsync(string text, Func<Task> work) => StepAsync(text, async () => { await work(); return 0; });

    public void Done(string text, double seconds)
    {
        if (json) { Event(new { @event = "step", text, seconds = Math.Round(seconds, 2) }); }
        else { AnsiConsole.MarkupLine($"[green]✓[/] {Markup.Escape(text)} [dim]{seconds:0.0} s[/]"); }
    }

    /// <summary>A line of a program's output, or of our own.</summary>
    public void Line(string name, string text)
    {
        if (IsMute || (!ShowsLines && name != "wopr")) { return; }
        if (json)
        {
            Event(new { @event = "log", name, text });
            return;
        }
        lock (_one)
        {
            if (!_colorOf.TryGetValue(name, out var color)) { _colorOf[name] = color = s_colors[_colorOf.Count % s_colors.Length]; }
            AnsiConsole.Markup($"[{color}]{Markup.Escape(name),-9}[/] [dim]│[/] ");
            // A long line is the terminal's to wrap.
            Console.Out.WriteLine(text);
        }
    }

    public void Say(string sentence)
    {
        if (!json && !IsMute) { AnsiConsole.MarkupLine(Markup.Escape(sentence)); }
    }

    /// <summary>The last word of a verb.</summary>
    public void Result(object result, Action human)
    {
        if (json) { Event(result); }
        else { human(); }
    }

    public void Event(object what)
    {
        if (IsMute) { return; }
        lock (_one) { Console.Out.WriteLine(JsonSerializer.Serialize(what, Json.Options)); }
    }

    public void Fault(int exit, string sentence)
    {
        if (json) { Event(new { @event = "fault", exit, error = sentence }); }
        else { Console.Error.WriteLine(sentence); }
    }

    public bool Confirm(string question) =>
        !json && !Console.IsInputRedirected && AnsiConsole.Confirm(Markup.Escape(question), defaultValue: false);
}
