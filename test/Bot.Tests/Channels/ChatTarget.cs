using System.Net.Http.Json;
using System.Text.Json;
using Wopr.Bot.Channels;
using Wopr.Testing;

namespace Wopr.Bot.Tests.Channels;

/// <summary>The sandbox's chat services, and channels that go there.</summary>
internal sealed class ChatTarget(TestSandbox sandbox) : IAsyncDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
    { Timeout = Timeout.InfiniteTimeSpan };

    public static async Task<ChatTarget> StartAsync() => new(await TestSandbox.StartAsync(Ct));

    public ChannelContext Context => ContextAt(sandbox.Url);

    public ChannelContext ContextAt(string url) => new(_http, new(new($"{url}/discord/api/v10/"), new($"{url}/slack/api/"), new(url)),
        TimeProvider.System, new(TextWriter.Null, TimeProvider.System, LogLevel.Error));

    public async Task<JsonElement> TellAsync(string path, object body)
    {
        using var answer = await sandbox.Http.PostAsJsonAsync(path, body, Ct);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        Assert.True(answer.IsSuccessStatusCode, text);
        return text.Length == 0 ? default : JsonElement.Parse(text);
    }

    public async Task SendFrameAsync(string path, string frame)
    {
        using StringContent content = new(frame);
        using var answer = await sandbox.Http.PostAsync(path, content, Ct);
        Assert.True(answer.IsSuccessStatusCode);
    }

    public Task<JsonElement> LookAsync(string path) => sandbox.Http.GetFromJsonAsync<JsonElement>(path, Ct);

    /// <summary>What the bot said there.</summary>
    public async Task<JsonElement[]> SaidAsync(string path) => [.. (await LookAsync(path)).GetProperty("said").EnumerateArray()];

    public async Task UntilAsync(string path, Func<JsonElement, bool> holds, string what)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!holds(await LookAsync(path)))
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience.Max) { Assert.Fail($"It did not come: {what}"); }
            await Task.Delay(20, Ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await sandbox.DisposeAsync();
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;
}
