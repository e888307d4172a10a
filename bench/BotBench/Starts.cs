using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace Wopr.BotBench;

/// <summary>From asking for a start until the bot runs, which it does when it holds its lease.</summary>
internal static class Starts
{
    public static async Task<int> RunAsync(Uri platform, string cookie, string bot, int count)
    {
        using var http = new HttpClient { BaseAddress = platform };
        http.DefaultRequestHeaders.Add("Cookie", cookie);
        http.DefaultRequestHeaders.Add("Origin", platform.GetLeftPart(UriPartial.Authority));
        List<double> took = [];
        for (var number = 0; number < count; number++)
        {
            await ControlAsync(http, bot, "stop");
            while (await StateAsync(http, bot) != "stopped") { await Task.Delay(50); }
            var asked = Stopwatch.GetTimestamp();
            await ControlAsync(http, bot, "start");
            while (await StateAsync(http, bot) != "running") { await Task.Delay(3); }
            took.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
        }
        Figures.Tell("start", took);
        return 0;
    }

    private static async Task ControlAsync(HttpClient http, string bot, string action)
    {
        using var answer = await http.PostAsJsonAsync("/trpc/fleet.controlInstance", new { id = bot, action });
        answer.EnsureSuccessStatusCode();
    }

    private static async Task<string?> StateAsync(HttpClient http, string bot)
    {
        var input = Uri.EscapeDataString(JsonSerializer.Serialize(new { id = bot }));
        var answer = await http.GetFromJsonAsync<JsonElement>($"/trpc/fleet.getInstance?input={input}");
        return answer.GetProperty("result").GetProperty("data").GetProperty("status").GetString();
    }
}
