using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Wopr.Gateway.Catalogue;
using Wopr.Gateway.Routing;
using Wopr.Testing;

namespace Wopr.Gateway.Tests.Relay;

/// <summary>A provider fails; the person sees one answer or one clear error, and pays once.</summary>
public sealed class FailoverTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("down", false)]
    [InlineData("down", true)]
    [InlineData("500", false)]
    [InlineData("503", true)]
    [InlineData("429", true)]
    [InlineData("reset", false)]
    [InlineData("reset", true)]
    [InlineData("stall", true)]
    [InlineData("bad-json", false)]
    [InlineData("html", false)]
    [InlineData("empty", false)]
    [InlineData("cut:0", true)]
    [InlineData("error:0", true)]
    public async Task Before_the_first_byte_the_next_provider_answers_and_nobody_notices(string fault, bool stream)
    {
        await using var world = await World.StartAsync();
        await world.ProviderAsync("first", "openai", url: fault == "down" ? "http://127.0.0.1:9" : null, firstByteMs: 400);
        await world.ProviderAsync("second", "anthropic");
        await world.ModelAsync("test/two", "first", "second");
        if (fault != "down") { await FaultAsync(world, fault); }

        var answer = await world.AskAsync("/v1/chat/completions", World.Chat("Hello", stream, "test/two"));

        var text = await answer.Content.ReadAsStringAsync(Ct);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        Assert.Equal(1, Count(text, stream ? "\"finish_reason\":\"stop\"" : "Hello"));
        var row = Assert.Single(await world.SettledAsync());
        Assert.Equal(("second", false), (row.Provider, row.IsEstimated));
        Assert.Equal(10_000_000_000 - row.Charged, (await world.BalanceAsync()).Nanos);
    }

    [Fact]
    public async Task When_nobody_answers_there_is_one_clear_error_and_nothing_is_charged()
    {
        await using var world = await World.StartAsync();
        await FaultAsync(world, "500", "one");

        var answer = await world.AskAsync("/v1/chat/completions", World.Chat());

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        var error = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(Ct)).RootElement.GetProperty("error");
        Assert.Equal("upstream_error", error.GetProperty("code").GetString());
        Assert.DoesNotContain("sandbox", error.GetProperty("message").GetString(), StringComparison.OrdinalIgnoreCase);
        Assert.Empty(await world.SettledAsync());
        Assert.Equal(10_000_000_000, (await world.BalanceAsync()).Nanos);
    }

    [Fact]
    public async Task After_the_first_byte_no_other_provider_is_asked()
    {
        await using var world = await World.StartAsync();
        await world.ProviderAsync("first", "openai");
        await world.ProviderAsync("second", "openai");
        await world.ModelAsync("test/two", "first", "second");
        await world.BehaveAsync("first", new { chunks = 8, words = 8, fault = "reset:4" });

        var text = await (await world.AskAsync("/v1/chat/completions", World.Chat("Hello", stream: true, model: "test/two"))).Content.ReadAsStringAsync(Ct);

        Assert.Equal(1, Count(text, "upstream_error"));
        Assert.DoesNotContain("[DONE]", text, StringComparison.Ordinal);
        Assert.Single(await world.ServedAsync());
        Assert.True(Assert.Single(await world.SettledAsync()).IsEstimated);
    }

    [Fact]
    public async Task What_the_provider_finds_wrong_with_the_request_is_told_without_its_secrets()
    {
        await using var world = await World.StartAsync();
        var answer = await world.AskAsync("/v1/chat/completions", new { model = "test/echo", messages = "no list", max_tokens = 5 });

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var error = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(Ct)).RootElement.GetProperty("error");
        Assert.Equal("provider_error", error.GetProperty("code").GetString());
        Assert.Contains("messages", error.GetProperty("message").GetString());
        Assert.Single(await world.ServedAsync());
        Assert.Empty(await world.SettledAsync());
    }

    [Theory]
    [InlineData("Incorrect API key provided: sk-proj-Ab12****wxYZ. Find it at https://platform.openai.com/account/api-keys.", "sk-proj", "https")]
    [InlineData("You exceeded the quota of org-Zx81kLmN0pQrS in project proj_9aBcDeFgH", "org-Z", "proj_9")]
    [InlineData("Bad request req_011CQaFkzJvXyPqRsTuVwXyZ", "req_011", "CQaFkz")]
    public void A_providers_words_are_cleaned(string said, params string[] never) =>
        Assert.All(never, secret => Assert.DoesNotContain(secret, Gateway.Relay.UpstreamRefusals.Clean(said), StringComparison.Ordinal));

    [Fact]
    public async Task Replicas_agree_on_a_broken_provider_within_a_second_and_on_one_that_is_back()
    {
        await using var world = await World.StartAsync(replicas: 2);
        await FaultAsync(world, "500", "one");
        for (var turn = 0; turn < 5; turn++) { await world.AskAsync("/v1/chat/completions", World.Chat()); }

        var asked = (await world.ServedAsync()).Length;
        var took = Stopwatch.StartNew();
        var offer = world.Services.GetRequiredService<ModelCatalogue>().Find("test/echo")!.Offers[0];
        while (world.ServicesOf(1).GetRequiredService<Router>().Order(world.ServicesOf(1).GetRequiredService<ModelCatalogue>().Find("test/echo")!, Dialect.Openai, 0, false).Count > 0
            && took.Elapsed < TimeSpan.FromSeconds(30))
        {
            await Task.Delay(10, Ct);
        }
        // A second is meant, and a busy machine gets more.
        Assert.True(took.Elapsed < TimeSpan.FromSeconds(20), $"The other replica knew after {took.Elapsed}.");
        Assert.Equal("one", offer.Provider.Id);

        var refused = await world.AskAsync("/v1/chat/completions", World.Chat(), replica: 1);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal(asked, (await world.ServedAsync()).Length);

        await world.BehaveAsync("one", new { key = "none" });
        var back = Stopwatch.StartNew();
        while ((await world.AskAsync("/v1/chat/completions", World.Chat(), replica: 1)).StatusCode != HttpStatusCode.OK)
        {
            Assert.True(back.Elapsed < Patience.Max);
            await Task.Delay(200, Ct);
        }
        await Task.Delay(1000, Ct);
        Assert.Equal(HttpStatusCode.OK, (await world.AskAsync("/v1/chat/completions", World.Chat(), replica: 0)).StatusCode);
    }

    private static Task FaultAsync(World world, string fault, string provider = "first") => world.BehaveAsync(provider, new { fault, key = "none" });

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
