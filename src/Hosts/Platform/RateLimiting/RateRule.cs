namespace Wopr.Platform.RateLimiting;

/// <summary>How many requests of a kind a caller may make in a window.</summary>
/// <param name="Method">Null for any.</param>
internal sealed record RateRule(string Name, string? Method, string Path, long Limit, TimeSpan Window, string Refusal)
{
    /// <summary>Counts this small are kept exactly, at the price of a question to the database each.</summary>
    private const long ExactUpTo = 30;

    private const string AnyRefusal = "Too many requests, please try again later";

    public bool IsExact => Limit <= ExactUpTo;

    /// <summary>The first that matches counts.</summary>
    public static IReadOnlyList<RateRule> Defaults { get; } =
    [
        new("sign-in", "POST", "/api/auth/sign-in", 5, TimeSpan.FromMinutes(15),
            "Too many login attempts. Please try again in 15 minutes."),
        new("sign-up", "POST", "/api/auth/sign-up", 10, TimeSpan.FromHours(1), "Too many sign-up attempts. Please try again later."),
        new("password-reset", "POST", "/api/auth/request-password-reset", 3, TimeSpan.FromHours(1),
            "Too many password reset requests. Please try again later."),
        new("verification-mail", "POST", "/api/auth/send-verification-email", 3, TimeSpan.FromHours(1), AnyRefusal),
        new("second-factor", "POST", "/api/auth/two-factor", 10, TimeSpan.FromMinutes(5), AnyRefusal),
        new("validate-key", "POST", "/api/validate-key", 5, TimeSpan.FromMinutes(1), AnyRefusal),
        new("channels", "POST", "/api/channels", 10, TimeSpan.FromMinutes(1), AnyRefusal),
        // Each webhook of a bot has limits of its own.
        new("bot-hooks", "POST", "/api/hooks", 600, TimeSpan.FromMinutes(1), AnyRefusal),
        // Stripe tells in bursts; who cannot sign is slowed down by the webhook itself.
        new("billing-webhook", "POST", "/api/billing/webhook", 1200, TimeSpan.FromMinutes(1), AnyRefusal),
        new("setup-intent", "POST", "/api/billing/setup-intent", 5, TimeSpan.FromMinutes(1), "Too many setup intent requests"),
        new("checkout", "POST", "/api/billing/credits/checkout", 10, TimeSpan.FromMinutes(1), AnyRefusal),
        new("portal", "POST", "/api/billing/portal", 10, TimeSpan.FromMinutes(1), AnyRefusal),
        new("bot-writes", "POST", "/fleet/bots", 30, TimeSpan.FromMinutes(1), AnyRefusal),
        new("fleet-reads", "GET", "/fleet", 120, TimeSpan.FromMinutes(1), AnyRefusal),
        new("other", null, "", 60, TimeSpan.FromMinutes(1), AnyRefusal),
    ];

    public bool Matches(string method, PathString path) =>
        (Method is null || Method == method) && path.Value!.StartsWith(Path, StringComparison.OrdinalIgnoreCase);
}
