namespace Wopr.Gateway.Catalogue;

internal enum Dialect { Openai, Anthropic }

/// <summary>What happens upstream when the caller leaves before the end.</summary>
internal enum OnDisconnect
{
    /// <summary>The provider is read to its end, and what it says was used is charged.</summary>
    Drain,

    /// <summary>The provider is told to stop, and what was seen so far is estimated and charged.</summary>
    Cancel,
}

/// <summary>Somebody who answers models: an outside service, or servers of our own.</summary>
/// <param name="Id">A short name: openrouter.</param>
/// <param name="BaseUrl">Without <c>/v1</c> and without a slash at its end.</param>
/// <param name="ApiKey">Null when it wants none, or when we have none.</param>
/// <param name="SpeaksResponses">Whether it answers <c>/v1/responses</c> itself.</param>
/// <param name="IsOwn">Servers of ours come before outside services.</param>
/// <param name="TenantKey">Whose key a tenant may bring for it: anthropic, openai; null when none.</param>
internal sealed record Provider(
    string Id, Dialect Dialect, Uri BaseUrl, string? ApiKey, OnDisconnect OnDisconnect, bool SpeaksResponses, bool IsOwn,
    string? TenantKey, UpstreamTimeouts Timeouts)
{
    /// <summary>It answers nobody without a key.</summary>
    public bool NeedsKey { get; init; }

    /// <summary>OpenAI itself, whose newer models refuse the name others have for a limit.</summary>
    public bool IsOpenAi => TenantKey == ProvidersOptions.OpenAi;

    /// <summary>It can be asked on the platform's account; otherwise only with a tenant's own key.</summary>
    public bool IsReady => ApiKey is not null || !NeedsKey;

    /// <param name="path">Begins with a slash: /v1/models.</param>
    public Uri At(string path) => new($"{BaseUrl.AbsoluteUri.TrimEnd('/')}{path}");

    /// <summary>The name alone: what prints a record must not print its key.</summary>
    public override string ToString() => Id;
}

internal sealed record UpstreamTimeouts(TimeSpan Connect, TimeSpan FirstByte, TimeSpan Idle, TimeSpan Total)
{
    public static UpstreamTimeouts Standard { get; } =
        new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(60), TimeSpan.FromMinutes(10));
}
