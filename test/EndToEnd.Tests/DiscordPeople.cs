using System.Net.Http.Json;
using System.Text.Json;
using Wopr.Testing;

namespace Wopr.EndToEnd.Tests;

/// <summary>People who write to a bot on the sandbox's Discord, and what it answered them.</summary>
internal sealed class DiscordPeople(TestSandbox sandbox, string bot)
{
    private readonly Dictionary<string, string> _rooms = new(StringComparer.Ordinal);
    private readonly List<(string Room, string Text)> _said = [];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public int Count => _said.Count;

    public string Token => $"{bot}.sandbox.token";

    public static string Api(TestSandbox sandbox) => $"{sandbox.Url}/discord/api/v10/";

    /// <summary>More than a channel of Discord takes, so that nothing waits because of that.</summary>
    public Task UnlimitAsync() => TellAsync("faults", new { messages_per5_seconds = 1_000 });

    public async Task SayAsync(string person)
    {
        var text = $"message {_said.Count + 1}";
        var told = await TellAsync("say", new { user = person, text });
        _rooms[person] = told.GetProperty("channel_id").GetString()!;
        _said.Add((_rooms[person], text));
    }

    public async Task<bool> IsConnectedAsync() => (await LookAsync()).GetProperty("connections").GetInt32() > 0;

    /// <summary>What the bot said, where and when.</summary>
    public async Task<IReadOnlyList<(string Room, string Text, DateTimeOffset At)>> AnswersAsync() =>
        [.. (await LookAsync()).GetProperty("said").EnumerateArray().Select(one => (
            one.GetProperty("channel").GetString()!, one.GetProperty("text").GetString()!, one.GetProperty("at").GetDateTimeOffset()))];

    /// <summary>Until everybody has their answer, each once.</summary>
    public async Task AnsweredAsync(TimeSpan patience, Func<string> more)
    {
        var until = TimeProvider.System.GetUtcNow() + patience;
        while (true)
        {
            // Its model is told who speaks, and says it all again.
            var answers = (await AnswersAsync()).Select(answer => (answer.Room, Text: answer.Text.Split(": ") is ["You said", _, var said] ? said : answer.Text))
                .Order().ToList();
            var expected = _said.Order().ToList();
            if (answers.SequenceEqual(expected)) { return; }
            Assert.True(TimeProvider.System.GetUtcNow() < until,
                $"Of {expected.Count} messages {answers.Count} were answered; without an answer: {Shown(expected.Except(answers))}; "
                + $"not asked for: {Shown(answers.Except(expected))}; "
                + $"twice: {Shown(answers.CountBy(answer => answer).Where(pair => pair.Value > 1).Select(pair => pair.Key))}.\n{more()}");
            await Task.Delay(200, Ct);
        }
    }

    private static string Shown(IEnumerable<(string Room, string Text)> messages) => string.Join(", ", messages.Select(message => message.Text));

    private Task<JsonElement> LookAsync() => sandbox.Http.GetFromJsonAsync<JsonElement>($"/discord/bots/{bot}", Ct);

    private async Task<JsonElement> TellAsync(string verb, object body)
    {
        using var answer = await sandbox.Http.PostAsJsonAsync($"/discord/bots/{bot}/{verb}", body, Ct);
        Assert.True(answer.IsSuccessStatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Ct);
    }
}
