using Wopr.Kernel;

namespace Wopr.Gateway.Catalogue;

public sealed class ProvidersOptions : ISettings
{
    internal const string OpenRouter = "openrouter";
    internal const string OpenAi = "openai";
    internal const string Anthropic = "anthropic";
    internal const string Llama = "llama";

    [Setting("OPENROUTER_API_KEY", "The platform's key at OpenRouter, which answers most models.", Secret = true)]
    public string? OpenRouterKey { get; set; }

    [Setting("OPENROUTER_BASE_URL", "Where OpenRouter is, without /v1.")]
    public Uri OpenRouterUrl { get; set; } = new("https://openrouter.ai/api");

    [Setting("OPENAI_API_KEY", "The platform's key at OpenAI. Without it, OpenAI is asked only with tenants' own keys.", Secret = true)]
    public string? OpenAiKey { get; set; }

    [Setting("OPENAI_BASE_URL", "Where OpenAI is, without /v1.")]
    public Uri OpenAiUrl { get; set; } = new("https://api.openai.com");

    [Setting("ANTHROPIC_API_KEY", "The platform's key at Anthropic. Without it, Anthropic is asked only with tenants' own keys.",
        Secret = true)]
    public string? AnthropicKey { get; set; }

    [Setting("ANTHROPIC_BASE_URL", "Where Anthropic is, without /v1.")]
    public Uri AnthropicUrl { get; set; } = new("https://api.anthropic.com");

    [Setting("LLAMA_API_KEY", "The key of your own model server, when it wants one.", Secret = true)]
    public string? LlamaKey { get; set; }

    [Setting("LLAMA_BASE_URL", "Your own llama.cpp or vLLM server, without /v1. It is asked before outside services.")]
    public Uri? LlamaUrl { get; set; }

    /// <summary>What the settings offer; <c>llama</c> only with an address.</summary>
    internal IReadOnlyList<Provider> Providers()
    {
        List<Provider> all =
        [
            Outside(OpenRouter, Dialect.Openai, OpenRouterUrl, OpenRouterKey, tenantKey: null),
            Outside(OpenAi, Dialect.Openai, OpenAiUrl, OpenAiKey, OpenAi) with { SpeaksResponses = true },
            Outside(Anthropic, Dialect.Anthropic, AnthropicUrl, AnthropicKey, Anthropic),
        ];
        if (LlamaUrl is { } url)
        {
            // A server of ours stops at once, and what it wrote so far is known to the token.
            all.Add(new(Llama, Dialect.Openai, UpstreamAddress.Trim(url), Text(LlamaKey), OnDisconnect.Cancel,
                SpeaksResponses: false, IsOwn: true, TenantKey: null, UpstreamTimeouts.Standard));
        }
        return all;
    }

    public IEnumerable<string> Faults(bool production)
    {
        foreach (var (name, url) in ((string, Uri?)[])
            [
                ("OPENROUTER_BASE_URL", OpenRouterUrl), ("OPENAI_BASE_URL", OpenAiUrl),
                ("ANTHROPIC_BASE_URL", AnthropicUrl), ("LLAMA_BASE_URL", LlamaUrl),
            ])
        {
            if (url is not null && !UpstreamAddress.IsAllowed(url)) { yield return $"{name} {UpstreamAddress.Rule}"; }
        }
    }

    private static Provider Outside(string id, Dialect dialect, Uri url, string? key, string? tenantKey) =>
        new(id, dialect, UpstreamAddress.Trim(url), Text(key), OnDisconnect.Drain, SpeaksResponses: false, IsOwn: false,
            tenantKey, UpstreamTimeouts.Standard)
        { NeedsKey = true };

    private static string? Text(string? key) => string.IsNullOrWhiteSpace(key) ? null : key.Trim();
}
