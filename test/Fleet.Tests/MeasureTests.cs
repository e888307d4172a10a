using System.Net.Http.Json;
using System.Text.Json;

namespace Wopr.Fleet.Tests;

/// <summary>What a bot did in the last day.</summary>
public sealed class MeasureTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Messages_and_their_latency_come_from_turns_and_tokens_and_cost_from_what_its_keys_used()
    {
        await using var world = await FleetWorld.StartAsync(runs: Runs.Nothing);
        var (bot, other) = (await world.CreateAsync(), await world.CreateAsync("other"));
        for (var at = 1; at <= 20; at++) { await TurnAsync(world, bot, "answered", at * 100, hoursAgo: at <= 10 ? 0 : 3); }
        await TurnAsync(world, bot, "failed", 99_000, hoursAgo: 0);
        await TurnAsync(world, bot, "answered", 88_000, hoursAgo: 30);
        await TurnAsync(world, other, "answered", 77_000, hoursAgo: 0);
        await UseAsync(world, bot, "chat-completions", 1000, 50, nanos: 12_345_678, hoursAgo: 0);
        await UseAsync(world, bot, "embeddings", 7, 0, nanos: 10_000_000, hoursAgo: 3);
        await UseAsync(world, bot, "chat-completions", 5, 5, nanos: 5, hoursAgo: 30);
        await UseAsync(world, other, "chat-completions", 5, 5, nanos: 5, hoursAgo: 0);
        using var http = world.Http();

        var input = Uri.EscapeDataString(JsonSerializer.Serialize(new { id = bot.Id }));
        var plain = await http.GetFromJsonAsync<JsonElement>($"/fleet/bots/{bot.Id}/metrics", Ct);
        var called = (await http.GetFromJsonAsync<JsonElement>($"/trpc/fleet.getInstanceMetrics?input={input}", Ct))
            .GetProperty("result").GetProperty("data");
        foreach (var metrics in (JsonElement[])[plain, called])
        {
            var (total, hours) = (metrics.GetProperty("day").GetProperty("total"), metrics.GetProperty("day").GetProperty("hours"));
            Assert.Equal((21, 1, 2, 1000, 50, 2.2345678m), (Number(total, "messages"), Number(total, "failed"), Number(total, "requests"),
                Number(total, "inputTokens"), Number(total, "outputTokens"), total.GetProperty("costCents").GetDecimal()));
            Assert.Equal((1000, 1900), Latency(total));
            Assert.Equal(24, hours.GetArrayLength());
            var (now, before, quiet) = (hours[23], hours[20], hours[0]);
            Assert.Equal((11, (500, 1000), 1.2345678m), (Number(now, "messages"), Latency(now), now.GetProperty("costCents").GetDecimal()));
            Assert.Equal((10, (1500, 2000), 1m), (Number(before, "messages"), Latency(before), before.GetProperty("costCents").GetDecimal()));
            Assert.Equal((0, JsonValueKind.Null), (Number(quiet, "messages"), quiet.GetProperty("latency").ValueKind));
        }
        Assert.Equal(JsonValueKind.Null, plain.GetProperty("stats").ValueKind);
    }

    private static Task TurnAsync(FleetWorld world, Bot bot, string state, int took, int hoursAgo)
    {
        var id = Guid.CreateVersion7();
        return world.Db.ExecuteAsync($"""
            insert into fleet.turn (id, bot_id, tenant_id, session, client_id, message, state, milliseconds, created_at, ended_at)
            values ({id}, {bot.Id}, {bot.TenantId}, 's1', {id.ToString()}, 'x', {state}, {took}, now(), now() - {TimeSpan.FromHours(hoursAgo)})
            """, Ct);
    }

    private static Task UseAsync(FleetWorld world, Bot bot, string capability, int input, int output, long nanos, int hoursAgo) =>
        world.Db.ExecuteAsync($"""
            insert into credits.usage_hour (tenant_id, hour, capability, provider, model, bot_id, requests, estimated, input_units,
                                            output_units, wholesale_nanos, price_nanos, charged_nanos)
            values ({bot.TenantId}, date_trunc('hour', now() - {TimeSpan.FromHours(hoursAgo)}, 'UTC'), {capability}, 'p', 'm', {bot.Id}, 1, 0,
                    {input}, {output}, 0, {nanos}, {nanos})
            """, Ct);

    private static int Number(JsonElement json, string name) => json.GetProperty(name).GetInt32();

    private static (int, int) Latency(JsonElement json) =>
        (json.GetProperty("latency").GetProperty("p50").GetInt32(), json.GetProperty("latency").GetProperty("p95").GetInt32());
}
