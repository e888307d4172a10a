namespace Wopr.Billing;

/// <param name="AllowsPrivate">In development webhooks go to http and to this machine; elsewhere never.</param>
/// <param name="Senders">How many endpoints are called at a time by one process.</param>
internal sealed record TenantWebhookOptions(bool AllowsPrivate, int Senders = 16)
{
    public const int EndpointsMax = 10;
    public const int UrlCharsMax = 2000;

    /// <summary>After so long without one success an endpoint is turned off.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromDays(3);

    /// <summary>How long the secret before the last rotation signs too.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromHours(24);

    public static readonly TimeSpan KeepLog = TimeSpan.FromDays(30);

    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(10);

    /// <summary>When a delivery is tried again after its nth failure: ten seconds, then four times as long, up to a day.</summary>
    public static TimeSpan DeliveryRetry(int attempts) => Grow(attempts, 4, TimeSpan.FromDays(1));

    /// <summary>How long an endpoint is left alone after its nth failure in a row, whatever waits for it.</summary>
    public static TimeSpan EndpointRest(int failures) => Grow(failures, 2, TimeSpan.FromHours(1));

    private static TimeSpan Grow(int count, double by, TimeSpan max) =>
        TimeSpan.FromSeconds(Math.Min(s_first.TotalSeconds * Math.Pow(by, Math.Min(count, 20) - 1), max.TotalSeconds));
}
