using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Wopr.Cli;

/// <summary>Asks a program whether it is ready.</summary>
internal static class Probe
{
    private static readonly HttpClient s_http = new(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(2) })
    {
        Timeout = TimeSpan.FromSeconds(5),
    };

    /// <summary>Null when it is; otherwise why not.</summary>
    public static async Task<string?> AskAsync(string url, CancellationToken ct)
    {
        try
        {
            using var answer = await s_http.GetAsync(new Uri($"{url}/health/ready"), ct);
            // A program without that route answers, and that is all it can say.
            if (answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.NotFound) { return null; }
            return await DetailAsync(answer, ct) ?? $"answers {(int)answer.StatusCode}";
        }
        catch (HttpRequestException)
        {
            return "does not answer";
        }
        catch (TaskCanceledException) when (!ct.IsCancellationRequested)
        {
            return "does not answer in time";
        }
    }

    private static async Task<string?> DetailAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        try
        {
            var body = await answer.Content.ReadFromJsonAsync<JsonElement>(ct);
            return body.ValueKind == JsonValueKind.Object && body.TryGetProperty("detail", out var detail) ? detail.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
