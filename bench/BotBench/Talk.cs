using System.Diagnostics;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace Wopr.BotBench;

/// <summary>A person at the dashboard: says something, and waits until the bot's answer is there.</summary>
internal static class Talk
{
    public static async Task<int> RunAsync(Uri dashboard, string cookie, string bot, string session, int warmUp, int count)
    {
        using var http = new HttpClient { BaseAddress = dashboard, Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.Add("Cookie", cookie);
        http.DefaultRequestHeaders.Add("Origin", dashboard.GetLeftPart(UriPartial.Authority));
        using var stream = await http.GetStreamAsync(new Uri($"/bots/{bot}/stream?session={session}", UriKind.Relative)) as Stream;
        await using var events = SseParser.Create(stream).EnumerateAsync().GetAsyncEnumerator();
        List<double> first = [], whole = [];
        for (var number = -warmUp; number < count; number++)
        {
            var asked = Stopwatch.GetTimestamp();
            var heard = 0.0;
            var saying = SayAsync(http, bot, session, number);
            while (await events.MoveNextAsync())
            {
                var kind = JsonElement.Parse(events.Current.Data).GetProperty("type").GetString();
                if (kind == "text" && heard == 0) { heard = Stopwatch.GetElapsedTime(asked).TotalMilliseconds; }
                if (kind == "error") { throw new InvalidOperationException(events.Current.Data); }
                if (kind == "done") { break; }
            }
            var took = Stopwatch.GetElapsedTime(asked).TotalMilliseconds;
            await saying;
            if (number >= 0)
            {
                first.Add(heard);
                whole.Add(took);
            }
        }
        Figures.Tell("first", first);
        Figures.Tell("whole", whole);
        return 0;
    }

    private static async Task SayAsync(HttpClient http, string bot, string session, int number)
    {
        using FormUrlEncodedContent form = new(
            [new("session", session), new("text", $"Message {number}."), new("key", Guid.CreateVersion7().ToString("N"))]);
        using HttpRequestMessage request = new(HttpMethod.Post, $"/bots/{bot}/say") { Content = form };
        request.Headers.Add("HX-Request", "true");
        using var answer = await http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }
}
