using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Wopr.BotBench;

/// <summary>The same model, asked without anything between.</summary>
internal static class DirectModel
{
    private const int WarmUp = 30;

    public static async Task<int> RunAsync(Uri models, string key, string model, int count)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        List<double> whole = [];
        for (var number = -WarmUp; number < count; number++)
        {
            var body = JsonSerializer.Serialize(new { model, stream = true, messages = new[] { new { role = "user", content = $"Message {number}." } } });
            var asked = Stopwatch.GetTimestamp();
            using StringContent content = new(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
            using HttpRequestMessage request = new(HttpMethod.Post, models) { Content = content };
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            answer.EnsureSuccessStatusCode();
            await answer.Content.CopyToAsync(Stream.Null);
            if (number >= 0) { whole.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds); }
        }
        Figures.Tell("model", whole);
        return 0;
    }
}
