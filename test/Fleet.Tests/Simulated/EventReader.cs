using System.Text.Json;
using Wopr.Testing;

namespace Wopr.Fleet.Tests;

/// <summary>A browser that reads a stream of events.</summary>
internal sealed class EventReader(HttpClient http, HttpResponseMessage response, StreamReader lines) : IAsyncDisposable
{
    public static async Task<EventReader> OpenAsync(HttpClient http, string path, string? after, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (after is not null) { request.Headers.Add("Last-Event-ID", after); }
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new(http, response, new StreamReader(await response.Content.ReadAsStreamAsync(ct)));
    }

    /// <summary>The next event: its id, its type and its text.</summary>
    public async Task<string> NextAsync()
    {
        var (id, data) = ("", "");
        while (true)
        {
            var line = await LineAsync();
            if (line.StartsWith("id: ", StringComparison.Ordinal)) { id = line[4..]; }
            else if (line.StartsWith("data: ", StringComparison.Ordinal)) { data = line[6..]; }
            else if (line.Length == 0 && data.Length > 0) { return $"{id} {Told(JsonElement.Parse(data))}"; }
        }
    }

    public ValueTask DisposeAsync()
    {
        lines.Dispose();
        response.Dispose();
        http.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string Told(JsonElement data) =>
        $"{Text(data, "type") ?? Text(data, "kind")} {Text(data, "delta") ?? Text(data, "message") ?? Text(data, "text")}";

    private static string? Text(JsonElement data, string name) =>
        data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private async Task<string> LineAsync() =>
        await lines.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience.Max)
        ?? throw new EndOfStreamException("The stream has ended.");
}
