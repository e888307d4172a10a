using System.Net.Http.Json;
using System.Text.Json;
using Wopr.Testing;

namespace Wopr.Sandbox.Tests.Models;

/// <summary>Speaks with the pretended providers.</summary>
internal sealed class TestModels(TestSandbox sandbox)
{
    public const string Chat = "/models/openai/v1/chat/completions";
    public const string Responses = "/models/openai/v1/responses";
    public const string Completions = "/models/openai/v1/completions";
    public const string Embeddings = "/models/openai/v1/embeddings";
    public const string Messages = "/models/anthropic/v1/messages";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>A question that this path understands.</summary>
    public static string Ask(string path, string model, bool stream, string text = "one two three")
    {
        var said = JsonSerializer.Serialize(text);
        var fields = path[(path.LastIndexOf("/v1/", StringComparison.Ordinal) + 4)..] switch
        {
            "messages" => $$""" "max_tokens":1000,"messages":[{"role":"user","content":{{said}}}] """,
            "responses" => $$""" "input":{{said}} """,
            "completions" => $$""" "max_tokens":1000,"prompt":{{said}}{{(stream ? """,   "stream_options":{"include_usage":true} """ : "")}} """,
            "embeddings" => $$""" "input":{{said}} """,
            _ => $$""" "messages":[{"role":"user","content":{{said}}}]{{(stream ? """,   "stream_options":{"include_usage":true} """ : "")}} """,
        };
        return $$"""{"model":"{{model}}",{{(stream ? "\"stream\":true," : "")}}{{fields}}}""";
    }

    public Task<RawAnswer> RawAsync(string path, string body, TimeSpan? patience = null) =>
        RawAnswer.AskAsync(sandbox.Url, path, body, patience, Ct);

    public Task<RawAnswer> StreamAsync(string path, string model, TimeSpan? patience = null) =>
        RawAsync(path, Ask(path, model, stream: true), patience);

    public async Task<(int Status, JsonElement Json)> PostAsync(string path, string body, string? requestId = null,
        string key = "some-key-0123")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post,
            path)
        { Content = new StringContent(body, null, "application/json") };
        request.Headers.Authorization = new("Bearer", key);
        request.Headers.Add("anthropic-version", "2023-06-01");
        if (requestId is not null) { request.Headers.Add("x-request-id", requestId); }
        using var answer = await sandbox.Http.SendAsync(request, Ct);
        return ((int)answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>(Ct));
    }

    public Task<(int Status, JsonElement Json)> AskAsync(string path, string model) =>
        PostAsync(path, Ask(path, model, stream: false));

    public async Task ControlAsync(object settings)
    {
        using var told = await sandbox.Http.PostAsJsonAsync("/models/control", settings, Ct);
        Assert.True(told.IsSuccessStatusCode, await told.Content.ReadAsStringAsync(Ct));
    }

    public Task<JsonElement> RecordAsync(string query = "") =>
        sandbox.Http.GetFromJsonAsync<JsonElement>($"/models/record{query}", Ct);

    /// <summary>The newest request, when it has come to its end.</summary>
    public async Task<JsonElement> LastAsync()
    {
        while (true)
        {
            var record = await RecordAsync();
            if (record.GetProperty("open").GetInt32() <= 0)
            {
                return record.GetProperty("requests").EnumerateArray().Last();
            }
            await Task.Delay(10, Ct);
        }
    }
}
