namespace Wopr.Client;

/// <summary>On whose behalf the Platform is called: a browser by its cookies, or a tool by its token.</summary>
public sealed record Caller
{
    /// <summary>The browser's cookies exactly as it sent them; their values are signed.</summary>
    public string? Cookie { get; init; }

    public string? Token { get; init; }

    /// <summary>An origin the Platform accepts writes from.</summary>
    public string? Origin { get; init; }

    public string? Address { get; init; }
    public string? UserAgent { get; init; }

    /// <summary>Gets each Set-Cookie line of an answer, to be handed on untouched.</summary>
    public Action<string>? OnSetCookie { get; init; }
}
