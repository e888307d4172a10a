using System.Text.Json;

namespace Wopr.EndToEnd.Tests;

/// <summary>Somebody with a bot, who talks to it and keeps count.</summary>
internal sealed class Owner(Caller caller, string bot) : IDisposable
{
    private readonly List<string> _said = [];

    public IReadOnlyList<string> Said => _said;

    /// <summary>What its bot's folder and objects are called.</summary>
    public string DataName => $"tenant_{caller.UserId}";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Signed up and paid, with a bot that runs.</summary>
    public static async Task<Owner> WithBotAsync(Uri platform, Node node, string email)
    {
        var caller = await new Caller(platform).SignUpAsync(email);
        using var admin = new Caller(platform) { Bearer = Caller.AdminToken };
        var granted = await admin.PostAsync("/api/admin/credits/grant", new { tenant = caller.UserId, amountCents = 1000, reason = "Test" });
        Assert.True(granted.IsGood, granted.Raw);
        var made = await caller.PostAsync("/trpc/fleet.createInstance", new { name = "test-bot", image = "wopr-network/wopr:latest" });
        Assert.True(made.IsGood, made.Raw);
        var owner = new Owner(caller, made.Text("result", "data", "id"));
        await Stack.UntilAsync(async () => await owner.StateAsync() == "running", () => $"The bot does not run. Its node said:\n{node.Output}");
        return owner;
    }

    public async Task<string> StateAsync() =>
        (await caller.GetAsync($"/trpc/fleet.getInstance?input={Uri.EscapeDataString(JsonSerializer.Serialize(new { id = bot }))}"))
        .Text("result", "data", "status");

    /// <summary>Says it until it was heard; the same number is the same message.</summary>
    public async Task SayAsync()
    {
        var number = _said.Count + 1;
        var text = $"message {number}";
        Answer? answer = null;
        await Stack.UntilAsync(async () =>
        {
            answer = await caller.PostAsync("/api/chat", new { botId = bot, sessionId = "main", message = text, clientId = $"m{number}" });
            return answer.IsGood;
        }, () => $"Nobody hears {text}: {answer?.Raw}");
        _said.Add(text);
    }

    /// <summary>Has the bot come to Discord.</summary>
    public async Task PutDiscordAsync(string token)
    {
        var put = await caller.SendAsync(HttpMethod.Put, $"/fleet/bots/{bot}/channels/discord",
            new { kind = "discord", name = "Discord", settings = new Dictionary<string, string> { ["token"] = token } });
        Assert.True(put.IsGood, put.Raw);
    }

    /// <summary>Until everything that was said stands there, each with its one answer.</summary>
    public async Task<IReadOnlyList<(string Text, string End)>> AnsweredAsync(TimeSpan patience)
    {
        var until = TimeProvider.System.GetUtcNow() + patience;
        while (true)
        {
            var (heard, answers) = await HistoryAsync();
            if (heard.SequenceEqual(_said) && answers.Count == _said.Count) { return answers; }
            Assert.True(TimeProvider.System.GetUtcNow() < until,
                $"Of {_said.Count} messages {heard.Count} were heard and {answers.Count} answered; not heard: {string.Join(", ", _said.Except(heard))}; "
                + $"heard twice: {string.Join(", ", heard.CountBy(text => text).Where(pair => pair.Value > 1).Select(pair => pair.Key))}.");
            await Task.Delay(500, Ct);
        }
    }

    public void Dispose() => caller.Dispose();

    private async Task<(List<string> Heard, List<(string Text, string End)> Answers)> HistoryAsync()
    {
        List<JsonElement> messages = [];
        for (var before = ""; ;)
        {
            var page = await caller.GetAsync($"/api/chat/history?botId={bot}&sessionId=main&limit=200{before}");
            if (!page.IsGood) { return ([], []); }
            var read = JsonElement.Parse(page.Raw);
            messages.InsertRange(0, read.GetProperty("messages").EnumerateArray());
            if (!read.GetProperty("hasMore").GetBoolean()) { break; }
            before = $"&before={messages[0].GetProperty("number").GetInt64()}";
        }
        string Text(JsonElement message, string name) => message.GetProperty(name).GetString() ?? "";
        return ([.. messages.Where(message => Text(message, "role") == "user").Select(message => Text(message, "text"))],
            [.. messages.Where(message => Text(message, "role") == "assistant").Select(message => (Text(message, "text"), Text(message, "end")))]);
    }
}
