using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Wopr.Credits;
using Wopr.Gateway.Catalogue;
using Wopr.Gateway.Keys;
using Wopr.Kernel;
using Wopr.Testing;

namespace Wopr.Clients.Tests;

/// <summary>Whom <c>openai.mjs</c> and <c>anthropic.mjs</c> speak with, and what its models are called there.</summary>
/// <param name="SlowModel">Answers for seconds, in many pieces.</param>
/// <param name="EmbeddingModel">Empty where nothing is embedded.</param>
/// <param name="FaultyOpenAiModel">Fails in a way the SDK tries again after; empty where nothing fails.</param>
internal sealed record ModelTarget(
    string OpenAiUrl, string AnthropicUrl, string Key, string Model, string SlowModel, string EmbeddingModel,
    string FaultyOpenAiModel, string FaultyAnthropicModel)
{
    private const string Slow = "sandbox/echo?delay=100&chunks=200&pace=20";

    public IEnumerable<KeyValuePair<string, string>> Variables =>
    [
        new("OPENAI_BASE_URL", OpenAiUrl),
        new("OPENAI_API_KEY", Key),
        new("OPENAI_MODEL", Model),
        new("OPENAI_SLOW_MODEL", SlowModel),
        new("OPENAI_EMBEDDING_MODEL", EmbeddingModel),
        new("OPENAI_FAULTY_MODEL", FaultyOpenAiModel),
        new("ANTHROPIC_BASE_URL", AnthropicUrl),
        new("ANTHROPIC_API_KEY", Key),
        new("ANTHROPIC_MODEL", Model),
        new("ANTHROPIC_SLOW_MODEL", SlowModel),
        new("ANTHROPIC_FAULTY_MODEL", FaultyAnthropicModel),
    ];

    /// <summary>The gateway, with all its models at one kind of provider.</summary>
    /// <param name="dialect">openai or anthropic; what the SDK does not speak is translated.</param>
    public static async Task<ModelTarget> OfGatewayAsync(IServiceProvider platform, TestSandbox sandbox, string address, string dialect, CancellationToken ct)
    {
        var db = platform.GetRequiredService<Db>();
        var (provider, place) = ($"stories-{dialect}", $"gateway-{dialect}");
        using var told = await sandbox.Http.PostAsJsonAsync("/models/control", new { place, key = "none" }, ct);
        told.EnsureSuccessStatusCode();
        await db.ExecuteAsync($"""
            insert into gateway.provider (id, dialect, base_url, speaks_responses)
            values ({provider}, {dialect}, {$"{sandbox.Url}/models/{place}/{dialect}"}, {dialect == "openai"})
            """, ct);
        (string Name, string Upstream, string Capability)[] models =
        [
            ("echo", "sandbox/echo", "chat-completions"), ("slow", Slow, "chat-completions"), ("embed", "sandbox/embed", "embeddings"),
        ];
        foreach (var (name, upstream, capability) in models)
        {
            var id = $"{dialect}/{name}";
            await db.ExecuteAsync($"""
                insert into gateway.model (id, owned_by, capability, context_tokens, output_tokens_max) values ({id}, 'stories', {capability}, 100000, 4096)
                """, ct);
            await db.ExecuteAsync($"insert into gateway.offer (model, provider, upstream_model) values ({id}, {provider}, {upstream})", ct);
            await db.ExecuteAsync($"""
                insert into gateway.price (model, provider, input_per_million, cached_input_per_million, cache_write_per_million, output_per_million,
                                           margin_basis_points)
                values ({id}, {provider}, 1000000000, 1000000000, 1000000000, 3000000000, 3000)
                """, ct);
        }
        var key = await KeyAsync(platform, db, address, dialect, ct);
        while (platform.GetRequiredService<ModelCatalogue>().Find($"{dialect}/embed") is not { Offers.Count: 1 }) { await Task.Delay(20, ct); }
        return new($"{address}/v1", address, key, $"{dialect}/echo", $"{dialect}/slow", dialect == "openai" ? "openai/embed" : "", "", "");
    }

    private static async Task<string> KeyAsync(IServiceProvider platform, Db db, string address, string name, CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = new(address) };
        http.DefaultRequestHeaders.Add("Origin", "http://localhost:3000");
        var answer = await http.PostAsJsonAsync("/api/auth/sign-up/email", new { name, email = $"{name}@stories.test", password = "Testpass1" }, ct);
        answer.EnsureSuccessStatusCode();
        var tenant = (await answer.Content.ReadFromJsonAsync<JsonElement>(ct)).GetProperty("user").GetProperty("id").GetString()!;
        await platform.GetRequiredService<Ledger>().CreditAsync(db, new(tenant, $"stories:{tenant}", EntryKind.Purchase, Money.FromCents(1000), "Stories"), ct);
        var actor = new Actor(ActorKind.User, tenant) { TenantId = tenant, UserId = tenant, Role = Role.Owner, Scope = Scope.Write };
        var made = await platform.GetRequiredService<GatewayKeys>().CreateAsync(actor, new("stories"), ct);
        return made.Succeeded(out var key, out var problem) ? key.Secret : throw new InvalidOperationException(problem.Detail);
    }

    /// <summary>The sandbox itself, at a place of its own that lets nobody in but the story.</summary>
    public static async Task<ModelTarget> OfSandboxAsync(TestSandbox sandbox, CancellationToken ct)
    {
        var key = Token.New();
        using var told = await sandbox.Http.PostAsJsonAsync("/models/control", new { place = "stories", key }, ct);
        told.EnsureSuccessStatusCode();
        return new($"{sandbox.Url}/models/stories/openai/v1", $"{sandbox.Url}/models/stories/anthropic", key,
            "sandbox/echo", Slow,
            "sandbox/embed", "sandbox/echo?fault=429&first=2", "sandbox/echo?fault=529&first=2");
    }
}
