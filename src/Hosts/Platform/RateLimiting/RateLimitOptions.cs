using System.Globalization;
using Wopr.Kernel;

namespace Wopr.Platform.RateLimiting;

internal sealed class RateLimitOptions : ISettings
{
    [Setting("RATE_LIMITS", "Replaces limits by name, as name=count/seconds, separated by commas: sign-in=5/900,other=60/60.")]
    public string[] Limits { get; set; } = [];

    [Setting("RATE_LIMIT_FACTOR", "Multiplies every limit; for development and load tests.", Min = 1, Max = 1_000_000)]
    public int Factor { get; set; } = 1;

    [Setting("RATE_LIMIT_EXEMPT_IPS", "Addresses that are not limited, separated by commas: your monitoring, for example.")]
    public string[] ExemptAddresses { get; set; } = [];

    public IReadOnlyList<RateRule> Rules() => [.. RateRule.Defaults.Select(rule => Limits
        .Select(Read)
        .Where(change => change.Name == rule.Name)
        .Aggregate(rule, (known, change) => known with { Limit = change.Limit, Window = change.Window }))
        .Select(rule => rule with { Limit = rule.Limit * Factor })];

    public IEnumerable<string> Faults(bool production)
    {
        foreach (var text in Limits)
        {
            var (name, limit, window) = Read(text);
            if (limit < 1 || window < TimeSpan.FromSeconds(1) || RateRule.Defaults.All(rule => rule.Name != name))
            {
                yield return $"RATE_LIMITS must be made of name=count/seconds, with a name among {string.Join(", ", RateRule.Defaults.Select(rule => rule.Name))}.";
                yield break;
            }
        }
        if (production && Factor > 1) { yield return "RATE_LIMIT_FACTOR must not be set in production. Use RATE_LIMITS."; }
    }

    private static (string Name, long Limit, TimeSpan Window) Read(string text) =>
        text.Split('=', '/') is [var name, var count, var seconds]
        && long.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit <= int.MaxValue
        && int.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var window) && window <= 86_400
            ? (name.Trim(), limit, TimeSpan.FromSeconds(window))
            : ("", 0, default);
}
