using System.Net.Http.Json;
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
