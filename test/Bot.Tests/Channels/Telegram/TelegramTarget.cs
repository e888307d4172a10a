using System.Net.Http.Json;
using System.Text.Json;
using Wopr.Testing;

namespace Wopr.Bot.Tests.Channels.Telegram;

/// <summary>The sandbox's Telegram: one bot there, those who talk to it, and trouble.</summary>
internal sealed class TelegramTarget(TestSandbox sandbox) : IAsyncDisposable
{
    public const string Number = "4242";
    public static readonly string Token = $"{Number}:{new string('t', 35)}";

    private readonly string _control = $"/telegram/control/{Number}";

    public string Url => sandbox.Url;

    public HttpClient Http => sandbox.Http;

    public static async Task<TelegramTarget> StartAsync() => new(await TestSandbox.StartAsync(Ct));

    public Task<JsonElement> SayAsync(string text, long user = 7, long? chat = null, object? message = null) =>
        PostAsync("say", new { text, user, chat = chat ?? user, message });

    public Task FaultAsync(string method, int status, bool before = true, int times = 1, int retryAfter = 1, int hold = 0) =>
        PostAsync("faults", new { method, status, before, times, retry_after = retryAfter, hold });

    public async Task MendAsync() => (await sandbox.Http.DeleteAsync($"{_control}/faults", Ct)).EnsureSuccessStatusCode();

    public Task PostAsync(string verb) => PostAsync(verb, new { });

    public async Task<JsonElement[]> SentAsync() => (await sandbox.Http.GetFromJsonAsync<JsonElement[]>($"{_control}/sent", Ct))!;

    public async Task<string[]> TextsAsync() => [.. (await SentAsync()).Select(message => message.GetProperty("text").GetString()!)];

    public async Task SentAsync(params string[] texts)
    {
        var began = TimeProvider.System.GetTimestamp();
        string[] sent;
        while (!(sent = await TextsAsync()).SequenceEqual(texts))
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience.Max)
            {
                Assert.Fail($"It did not come: it said {string.Join(" | ", texts)}; instead: {string.Join(" | ", sent)}");
            }
            await Task.Delay(20, Ct);
        }
    }

    public async Task SentAsync(int count)
    {
        var began = TimeProvider.System.GetTimestamp();
        while ((await SentAsync()).Length < count)
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience.Max) { Assert.Fail($"It did not say {count} things."); }
            await Task.Delay(20, Ct);
        }
    }

    public ValueTask DisposeAsync() => sandbox.DisposeAsync();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private async Task<JsonElement> PostAsync(string verb, object body)
    {
        using var answer = await sandbox.Http.PostAsJsonAsync($"{_control}/{verb}", body, Ct);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        Assert.True(answer.IsSuccessStatusCode, text);
        return text.Length == 0 ? default : JsonElement.Parse(text);
    }
}
