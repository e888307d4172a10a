using System.Diagnostics;
using System.Text.Json;
using Spectre.Console;

namespace Wopr.Cli;

internal sealed record SmokeItem(int Number, string Name, bool Passed, string Detail, double Seconds);

internal static class SmokeVerb
{
    public static async Task<int> RunAsync(Home home, Screen screen, string? url, CancellationToken ct)
    {
        var env = EnvFile.TryRead(home);
        var address = url ?? env?["BETTER_AUTH_URL"];
        if (!Uri.TryCreate(address, UriKind.Absolute, out var api))
        {
            throw new Refusal(Exit.Usage, "There is no stack here. Run ./wopr up first, or name an API: --url http://localhost:3100.");
        }
        using var path = new HappyPath(api, env, home);
        List<SmokeItem> items = [];
        foreach (var (name, run) in path.Items)
        {
            var item = await TryAsync(items.Count + 1, name, run, ct);
            items.Add(item);
            if (screen.IsJson) { continue; }
            AnsiConsole.MarkupLine($"{(item.Passed ? "[green]✓[/]" : "[red]✗[/]")} {item.Number}. {Markup.Escape(name)} "
                + $"[dim]{item.Seconds:0.0} s[/]  {Markup.Escape(item.Detail)}");
        }
        var passed = items.Count(item => item.Passed);
        screen.Result(new { @event = "smoke", passed = passed == items.Count, items },
            () => screen.Say($"{passed} of {items.Count} passed."));
        return passed == items.Count ? Exit.Ok : Exit.Unhealthy;
    }

    private static async Task<SmokeItem> TryAsync(int number, string name, Func<CancellationToken, Task<string>> run, CancellationToken ct)
    {
        var began = Stopwatch.GetTimestamp();
        var (passed, detail) = (false, "");
        try
        {
            (passed, detail) = (true, await run(ct));
        }
        catch (Exception error) when (error is Refusal or HttpRequestException or JsonException or KeyNotFoundException
            or InvalidOperationException or Npgsql.NpgsqlException || (error is TaskCanceledException && !ct.IsCancellationRequested))
        {
            detail = error is HttpRequestException ? "The API does not answer. Is it up? ./wopr status tells." : error.Message;
        }
        return new(number, name, passed, detail, Math.Round(Stopwatch.GetElapsedTime(began).TotalSeconds, 2));
    }
}
