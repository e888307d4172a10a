using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Wopr.Kernel;

namespace Wopr.TenantKeys;

/// <summary>Whose keys a tenant may bring.</summary>
public enum KeyProvider { Anthropic, Openai, Google, Discord, Elevenlabs, Deepgram }

internal static partial class KeyProviders
{
    public static IReadOnlyList<string> Names { get; } = [.. Enum.GetValues<KeyProvider>().Select(value =>
        Sql.Name(value))];

    public static bool TryParse(string? text, [NotNullWhen(true)] out KeyProvider? provider)
    {
        provider = Enum.GetValues<KeyProvider>().Cast<KeyProvider?>().FirstOrDefault(value => Sql.Name(value!) == text);
        return provider is not null;
    }

    /// <summary>Why this cannot be a key of that provider, or null. Nobody is asked.</summary>
    public static string? ShapeFault(KeyProvider provider, string key) => provider switch
    {
        KeyProvider.Anthropic => Anthropic().IsMatch(key) ? null : "An Anthropic key starts with sk-ant-.",
        KeyProvider.Openai => Openai().IsMatch(key) ? null : "An OpenAI key starts with sk-.",
        KeyProvider.Google => Google().IsMatch(key) ? null : "A Google API key has 39 characters and starts with AIza.",
        KeyProvider.Discord => Discord().IsMatch(key) ? null : "A Discord bot token has three parts with dots between them.",
        KeyProvider.Elevenlabs => Elevenlabs().IsMatch(key) ? null : "An ElevenLabs key is sk_ or nothing and 32 or more hexadecimal digits.",
        KeyProvider.Deepgram => Deepgram().IsMatch(key) ? null : "A Deepgram key has 40 hexadecimal digits.",
        _ => throw new ArgumentOutOfRangeException(nameof(provider), provider, "A provider without a shape."),
    };

    [GeneratedRegex(@"^sk-ant-[A-Za-z0-9_-]{16,}\z")]
    private static partial Regex Anthropic();

    // Anthropic's keys start alike and are the usual mix-up.
    [GeneratedRegex(@"^sk-(?!ant-)[A-Za-z0-9_-]{16,}\z")]
    private static partial Regex Openai();

    [GeneratedRegex(@"^AIza[A-Za-z0-9_-]{35}\z")]
    private static partial Regex Google();

    [GeneratedRegex(@"^[A-Za-z0-9_-]{18,}\.[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{20,}\z")]
    private static partial Regex Discord();

    [GeneratedRegex(@"^(sk_)?[0-9a-f]{32,}\z")]
    private static partial Regex Elevenlabs();

    [GeneratedRegex(@"^[0-9a-f]{40}\z")]
    private static partial Regex Deepgram();
}
