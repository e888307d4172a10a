using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Wopr.Fleet.Tests;

public sealed class ChannelApiTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_posted_to_a_hook_is_accepted_when_the_bot_has_it_and_asked_for_again_when_it_is_away()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        using HttpClient http = new() { BaseAddress = world.Url() };

        using var heard = await PostAsync(http, $"/api/hooks/{bot.Id}/hook", """{"text":"Hello"}""", "good");
        Assert.Equal((HttpStatusCode.Accepted, FakeBot.HookTurn), (heard.StatusCode,
            (await heard.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("turnId").GetGuid()));
        using var unsigned = await PostAsync(http, $"/api/hooks/{bot.Id}/hook", "{}", null);
        Assert.Equal(HttpStatusCode.Unauthorized, unsigned.StatusCode);
        using var large = await PostAsync(http, $"/api/hooks/{bot.Id}/hook", new string('x', 64 * 1024 + 1), "good");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        foreach (var path in (string[])[$"{bot.Id}/BIG", $"{Guid.CreateVersion7()}/hook", "nonsense/hook"])
        {
            using var nobody = await PostAsync(http, $"/api/hooks/{path}", "{}", "good");
            Assert.Equal(HttpStatusCode.NotFound, nobody.StatusCode);
        }

        await world.StopAsync(agent);
        HttpResponseMessage away = null!;
        await FleetWorld.UntilAsync(async () =>
        {
            away = await PostAsync(http, $"/api/hooks/{bot.Id}/hook", "{}", "good");
            return away.StatusCode == HttpStatusCode.ServiceUnavailable;
        });
        Assert.NotNull(away.Headers.RetryAfter);
    }

    [Fact]
    public async Task One_sender_cannot_flood_a_hook()
    {
        await using var world = await FleetWorld.StartAsync();
        await world.AgentAsync();
        var bot = await world.RunningAsync();
        using HttpClient http = new() { BaseAddress = world.Url() };
        List<HttpStatusCode> statuses = [];
        // Two windows, should a minute end meanwhile.
        for (var sent = 0; sent < 245 && !statuses.Contains(HttpStatusCode.TooManyRequests); sent++)
        {
            using var answer = await PostAsync(http, $"/api/hooks/{bot.Id}/hook", "{}", "bad");
            statuses.Add(answer.StatusCode);
        }
        Assert.Contains(HttpStatusCode.TooManyRequests, statuses);
        Assert.All(statuses.Take(100), status => Assert.Equal(HttpStatusCode.Unauthorized, status));
    }

    [Fact]
    public async Task Channels_are_asked_of_the_bot_and_strangers_hear_nothing()
    {
        await using var world = await FleetWorld.StartAsync();
        await world.AgentAsync();
        var bot = await world.RunningAsync();
        using var http = world.Http();

        using var put = await http.PutAsJsonAsync($"/fleet/bots/{bot.Id}/channels/tg",
            new { kind = "telegram", name = "Telegram", settings = new { token = "secret" } }, Ct);
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        var list = await http.GetFromJsonAsync<JsonElement>($"/fleet/bots/{bot.Id}/channels", Ct);
        Assert.Equal(("tg", "telegram", "connected"), (Text(list, "id"), Text(list, "kind"), Text(list, "state")));
        using var bad = await http.PutAsJsonAsync($"/fleet/bots/{bot.Id}/channels/B%2FD", new { kind = "telegram", name = "x", settings = new { } }, Ct);
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);

        using var stranger = world.Http(FleetWorld.Other);
        foreach (var path in (string[])["channels", "unsent"])
        {
            using var answer = await stranger.GetAsync($"/fleet/bots/{bot.Id}/{path}", Ct);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
        using var theirs = await stranger.DeleteAsync($"/fleet/bots/{bot.Id}/channels/tg", Ct);
        Assert.Equal(HttpStatusCode.NotFound, theirs.StatusCode);
    }

    private static string Text(JsonElement list, string name) => list.GetProperty("channels")[0].GetProperty(name).GetString()!;

    private static async Task<HttpResponseMessage> PostAsync(HttpClient http, string path, string body, string? signature)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (signature is not null) { request.Headers.Add("X-Wopr-Signature", signature); }
        return await http.SendAsync(request, Ct);
    }
}
