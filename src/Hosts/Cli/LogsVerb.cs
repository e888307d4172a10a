namespace Wopr.Cli;

internal static class LogsVerb
{
    public static async Task<int> RunAsync(Home home, Screen screen, string name, int lines, bool follow, CancellationToken ct)
    {
        var path = home.LogFile(name);
        if (name.Contains('/', StringComparison.Ordinal) || !File.Exists(path))
        {
            var known = Directory.Exists(home.Logs)
                ? Directory.GetFiles(home.Logs, "*.log").Select(file => Path.GetFileNameWithoutExtension(file)).Order().ToList() : [];
            throw new Refusal(Exit.Usage, known.Count == 0
                ? "There are no logs yet. Run ./wopr up first."
                : $"There is no log of {name}. There is {string.Join(", ", known)}.");
        }
        await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        var tail = new Queue<string>();
        while (await reader.ReadLineAsync(ct) is { } line)
        {
            tail.Enqueue(line);
            if (tail.Count > lines) { tail.Dequeue(); }
        }
        foreach (var line in tail) { Tell(screen, name, line); }
        try
        {
            while (follow)
            {
                if (await reader.ReadLineAsync(ct) is { } line) { Tell(screen, name, line); }
                else { await Task.Delay(100, ct); }
            }
        }
        catch (OperationCanceledException)
        {
            return Exit.Ok;
        }
        return Exit.Ok;
    }

    private static void Tell(Screen screen, string name, string line)
    {
        if (screen.IsJson) { screen.Event(new { @event = "log", name, text = line }); }
        else { Console.Out.WriteLine(line); }
    }
}
