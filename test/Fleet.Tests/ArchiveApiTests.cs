using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Wopr.Kernel;

namespace Wopr.Fleet.Tests;

/// <summary>All that a bot keeps goes out of and into it as a file.</summary>
public sealed class ArchiveApiTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_running_and_a_stopped_bot_are_exported_alike()
    {
        await using var world = await FleetWorld.StartAsync(replicas: 2);
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        using var http = world.Http(replica: 1);
        Assert.Equal([0, 0, 1, 1, 2, 2], await http.GetByteArrayAsync($"/fleet/bots/{bot.Id}/export", Ct));

        await world.Registry.StopAsync(FleetWorld.Owner, bot.Id, Ct);
        await world.UntilAsync(bot.Id, BotState.Stopped);
        using var stopped = await http.GetAsync($"/fleet/bots/{bot.Id}/export", Ct);

        Assert.Equal([0, 0, 1, 1, 2, 2], await stopped.Content.ReadAsByteArrayAsync(Ct));
        Assert.Equal("application/gzip", stopped.Content.Headers.ContentType?.MediaType);
        Assert.Matches("^robby-[0-9]{8}-[0-9]{6}\\.tar\\.gz$", stopped.Content.Headers.ContentDisposition?.FileName?.Trim('"'));
        await world.StopAsync(agent);
        using var away = await http.GetAsync($"/fleet/bots/{bot.Id}/export", Ct);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "fleet.node_unreachable"), (away.StatusCode, await CodeAsync(away)));
    }

    [Fact]
    public async Task What_is_imported_reaches_its_machine_whole_and_becomes_the_next_generation()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await RestingTests.StoppedAsync(world);
        var archive = RandomNumberGenerator.GetBytes(2_500_000);
        using var http = world.Http();

        using var answer = await ImportAsync(http, bot, archive);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(1, (await answer.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("sessions").GetInt32());
        var asked = Assert.Single(agent.Imported);
        Assert.Equal((bot.Generation, archive.LongLength, Convert.ToHexStringLower(SHA256.HashData(archive))), (asked.Generation, asked.Length, asked.Sha256));
        Assert.Equal(archive, agent.Imports[asked.ImportId].ToArray());
        var after = await world.BotAsync(bot.Id);
        Assert.Equal((bot.Generation + 1, BotState.Stopped), (after.Generation, after.State));
        Assert.Equal(["1"], await world.TextsAsync($"select count(*)::text from audit.event where action = 'fleet.bot_imported'"));

        await world.Registry.StartAsync(FleetWorld.Owner, bot.Id, Ct);
        await world.UntilAsync(bot.Id, BotState.Running);
        Assert.Equal(bot.Generation + 1, agent.Started.Last().Generation);
    }

    [Fact]
    public async Task Only_a_stopped_bot_of_ones_own_is_replaced()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        using var http = world.Http();
        using var running = await ImportAsync(http, bot, [1]);
        Assert.Equal((HttpStatusCode.Conflict, "fleet.not_stopped"), (running.StatusCode, await CodeAsync(running)));
        await world.Registry.StopAsync(FleetWorld.Owner, bot.Id, Ct);
        await world.UntilAsync(bot.Id, BotState.Stopped);

        using var stranger = world.Http(FleetWorld.Other);
        using var foreign = await ImportAsync(stranger, bot, [1]);
        Assert.Equal(HttpStatusCode.NotFound, foreign.StatusCode);
        using var viewer = world.Http(role: Role.Viewer);
        using var only = await ImportAsync(viewer, bot, [1]);
        Assert.Equal(HttpStatusCode.Forbidden, only.StatusCode);
        using var nothing = await ImportAsync(http, bot, []);
        Assert.Equal((HttpStatusCode.BadRequest, "fleet.no_archive"), (nothing.StatusCode, await CodeAsync(nothing)));
        agent.ImportProblem = new("import.torn", "The archive is not whole.");
        using var torn = await ImportAsync(http, bot, [1]);
        Assert.Equal((HttpStatusCode.BadRequest, "import.torn"), (torn.StatusCode, await CodeAsync(torn)));
        Assert.Equal(bot.Generation, (await world.BotAsync(bot.Id)).Generation);
    }

    [Fact]
    public async Task A_bot_that_was_started_meanwhile_keeps_what_it_has()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await RestingTests.StoppedAsync(world);
        TaskCompletionSource unpacked = new();
        agent.Unpacking = unpacked.Task;
        using var http = world.Http();
        var importing = ImportAsync(http, bot, [1, 2, 3]);
        await FleetWorld.UntilAsync(() => Task.FromResult(agent.Imports.Values.Any(import => import.Length == 3)));

        await world.Registry.StartAsync(FleetWorld.Owner, bot.Id, Ct);
        unpacked.SetResult();

        using var answer = await importing;
        Assert.Equal((HttpStatusCode.Conflict, "fleet.import_overtaken"), (answer.StatusCode, await CodeAsync(answer)));
        Assert.Equal(bot.Generation, (await world.UntilAsync(bot.Id, BotState.Running)).Generation);
    }

    private static Task<HttpResponseMessage> ImportAsync(HttpClient http, Bot bot, byte[] archive) =>
        http.PostAsync($"/fleet/bots/{bot.Id}/import", new ByteArrayContent(archive), Ct);

    private static async Task<string?> CodeAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("code").GetString();
}
