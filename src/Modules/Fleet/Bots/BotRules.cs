using System.Text;
using System.Text.RegularExpressions;
using Wopr.Kernel;
using Wopr.Quotas;

namespace Wopr.Fleet;

/// <summary>What may be said of a bot. Nothing that a person wrote becomes part of a name that machines use.</summary>
internal static partial class BotRules
{
    public const int DescriptionCharsMax = 4096;
    public const int AvatarCharsMax = 2048;
    public const int EnvMax = 100;
    public const int EnvBytesMax = 32 * 1024;

    // A bot's whole wish must fit into one frame of its node's link.
    public const int EnvTotalBytesMax = 256 * 1024;
    public const int TopicsMax = 50;
    public const int TailMax = 10_000;
    public const int TailDefault = 100;
    public const int MessageCharsMax = 32_000;

    /// <summary>What is said by who says nothing: the contract has the bot greet them.</summary>
    public const string Greeting = "Hello!";

    /// <summary>In place of a value that is not told. Sent back, it leaves the value as it is.</summary>
    public const string Hidden = "[hidden]";

    private const int ImageCharsMax = 255;
    private const int PolicyCharsMax = 100;
    private const string DefaultRegistry = "ghcr.io";

    private static readonly string[] s_reservedNames = ["PATH", "HOME"];
    private static readonly string[] s_reservedPrefixes = ["WOPR_", "LD_", "DOTNET_", "CORECLR_", "COMPLUS_"];

    public static IReadOnlyList<string> RestartPolicies { get; } = ["no", "always", "on-failure", "unless-stopped"];

    public static IReadOnlyList<string> ReleaseChannels { get; } = ["canary", "staging", "stable", "pinned"];

    /// <summary>The profile with these fields in place of its own.</summary>
    public static Result<BotProfile> Apply(BotProfile profile, BotFields fields, IReadOnlyList<string> imagePrefixes)
    {
        var name = fields.Name?.Trim() ?? profile.Name;
        if (!Name().IsMatch(name)) { return FleetProblems.BadName; }
        if (fields.Description is { Length: > DescriptionCharsMax }) { return FleetProblems.BadDescription; }
        if (fields.VolumeName is { } volume && !Volume().IsMatch(volume)) { return FleetProblems.BadVolume; }
        if (!Image(fields.Image ?? profile.Image, imagePrefixes).Succeeded(out var image, out var problem)) { return problem; }
        if (fields.RestartPolicy is { } restart && !RestartPolicies.Contains(restart)) { return FleetProblems.BadRestartPolicy; }
        if (fields.UpdatePolicy is { } update && !IsUpdatePolicy(update)) { return FleetProblems.BadUpdatePolicy; }
        if (fields.ReleaseChannel is { } channel && !ReleaseChannels.Contains(channel)) { return FleetProblems.BadReleaseChannel; }
        if (fields.Discovery is { Topics: { } topics } && !AreTopics(topics)) { return FleetProblems.BadDiscovery; }
        if (fields.Model is { Length: > 0 } model && !IsModel(model)) { return FleetProblems.BadModel; }
        if (fields.TimeZone is { } zone && !IsTimeZone(zone)) { return FleetProblems.BadTimeZone; }
        if (fields.Avatar is { Length: > AvatarCharsMax }) { return FleetProblems.BadAvatar; }
        return profile with
        {
            Name = name,
            Description = fields.Description ?? profile.Description,
            Image = image,
            RestartPolicy = fields.RestartPolicy ?? profile.RestartPolicy,
            UpdatePolicy = fields.UpdatePolicy ?? profile.UpdatePolicy,
            ReleaseChannel = fields.ReleaseChannel ?? profile.ReleaseChannel,
            Discovery = fields.Discovery ?? profile.Discovery,
            // Empty is the platform's default again.
            Model = fields.Model switch { null => profile.Model, "" => null, var named => named },
            TimeZone = fields.TimeZone ?? profile.TimeZone,
            Avatar = fields.Avatar ?? profile.Avatar,
        };
    }

    /// <summary>With its registry, when it may be run at all.</summary>
    public static Result<string> Image(string image, IReadOnlyList<string> prefixes)
    {
        var full = image.Trim();
        if (full.Length is 0 or > ImageCharsMax) { return FleetProblems.BadImage; }
        var first = full.Split('/')[0];
        if (first == full || (first != "localhost" && !first.Contains('.') && !first.Contains(':'))) { full = $"{DefaultRegistry}/{full}"; }
        if (!ImageReference().IsMatch(full)) { return FleetProblems.BadImage; }
        return prefixes.Any(prefix => full.StartsWith(prefix, StringComparison.Ordinal))
            ? full
            : FleetProblems.ImageNotAllowed(full, prefixes);
    }

    /// <summary>Without what is empty; a value that was not told stays what it was.</summary>
    public static Result<Dictionary<string, string>> Env(
        IReadOnlyDictionary<string, string> wanted, IReadOnlyDictionary<string, string> before)
    {
        if (wanted.Count > EnvMax) { return FleetProblems.TooMuchEnv; }
        Dictionary<string, string> env = new(StringComparer.Ordinal);
        var total = 0;
        foreach (var (name, given) in wanted)
        {
            if (!EnvName().IsMatch(name)) { return FleetProblems.BadEnvName; }
            if (IsReserved(name)) { return FleetProblems.ReservedEnv(name); }
            var value = given == Hidden && before.TryGetValue(name, out var known) ? known : given;
            // What a process is given ends at the first NUL.
            if (value is null || value.Contains('\0', StringComparison.Ordinal)) { return FleetProblems.TooMuchEnv; }
            var bytes = Encoding.UTF8.GetByteCount(value);
            total += bytes + name.Length;
            if (bytes > EnvBytesMax || total > EnvTotalBytesMax) { return FleetProblems.TooMuchEnv; }
            if (value.Length > 0) { env[name] = value; }
        }
        return env;
    }

    public static Problem? Tiers(string resource, string storage) =>
        ResourceTier.Find(resource) is null || StorageTier.Find(storage) is null ? FleetProblems.BadTier : null;

    public static bool IsModel(string model) => Model().IsMatch(model);

    public static bool IsSession(string session) => Session().IsMatch(session);

    public static bool IsClientId(string id) => id.Length is > 0 and <= 128 && id.All(sign => sign is > ' ' and <= '~');

    public static bool IsTenant(string tenant) => Tenant().IsMatch(tenant);

    private static bool IsReserved(string name) =>
        s_reservedNames.Contains(name, StringComparer.OrdinalIgnoreCase)
        || s_reservedPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    private static bool IsUpdatePolicy(string policy) => policy.Length <= PolicyCharsMax
        && (policy is "on-push" or "nightly" or "manual"
            || (policy.StartsWith("cron:", StringComparison.Ordinal) && policy.AsSpan(5).Trim().Length > 0));

    private static bool AreTopics(IReadOnlyList<string> topics) => topics.Count <= TopicsMax
        && topics.All(topic => topic is { Length: > 0 and <= 128 } && !topic.Contains(',') && !topic.Any(char.IsControl));

    private static bool IsTimeZone(string zone) =>
        TimeZoneName().IsMatch(zone) && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _);

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}\z")]
    private static partial Regex Volume();

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?"
        + @"(/[a-z0-9]+((\.|_{1,2}|-+)[a-z0-9]+)*)+"
        + @"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?\z", RegexOptions.NonBacktracking)]
    private static partial Regex ImageReference();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]{0,127}\z")]
    private static partial Regex EnvName();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}\z")]
    private static partial Regex Model();

    [GeneratedRegex(@"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}\z")]
    private static partial Regex Session();

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}\z")]
    private static partial Regex TimeZoneName();

    [GeneratedRegex(@"^[A-Za-z0-9]{1,40}\z")]
    private static partial Regex Tenant();
}
