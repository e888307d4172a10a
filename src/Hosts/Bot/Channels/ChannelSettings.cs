using System.Text.RegularExpressions;
using Wopr.Protocol;

namespace Wopr.Bot.Channels;

/// <summary>What may stand in a channel's settings, of whatever kind it is.</summary>
internal static partial class ChannelSettings
{
    private const string Owner = "owner";
    private const string OwnerMayUseTools = "owner_may_use_tools";
    private const string Hidden = "…";
    private const int NameMax = 100;
    private const int ValueMax = 4_000;
    private const int LastLetters = 4;

    private static readonly IReadOnlyList<ChannelSetting> s_common =
    [
        new(Owner, IsSecret: false, IsRequired: false, _ => null),
        new(OwnerMayUseTools, IsSecret: false, IsRequired: false,
            value => value is "yes" or "no" ? null : "Say yes or no to whether the owner may use tools in this channel."),
    ];

    /// <summary>What is to be kept: secrets that were left out, or come back hidden, stay as they are.</summary>
    /// <param name="needsSecrets">Not of what an archive brings: its keys come later.</param>
    public static IReadOnlyDictionary<string, string> Check(
        ChannelPut put, ChannelKindInfo info, KeptChannel? before, bool needsSecrets = true)
    {
        if (put.Id is null || !Id().IsMatch(put.Id))
        {
            throw ChannelRefusals.Invalid("A channel's id is 1 to 24 small letters, digits or underscores.");
        }
        if (string.IsNullOrWhiteSpace(put.Name) || put.Name.Length > NameMax)
        {
            throw ChannelRefusals.Invalid("Give the channel a name of at most 100 characters.");
        }
        var known = info.Settings.Concat(s_common).ToDictionary(setting => setting.Name, StringComparer.Ordinal);
        Dictionary<string, string> kept = new(StringComparer.Ordinal);
        foreach (var (name, given) in put.Settings ?? new Dictionary<string, string>())
        {
            if (!known.TryGetValue(name, out var setting))
            {
                throw ChannelRefusals.Invalid($"A {info.Kind} channel has no setting \"{Short(name)}\".");
            }
            var value = given?.Trim() ?? "";
            if (value.Length == 0 || setting.IsSecret && value.StartsWith(Hidden, StringComparison.Ordinal)) { continue; }
            if (value.Length > ValueMax) { throw ChannelRefusals.Invalid($"The setting {name} is too long."); }
            if (setting.Fault(value) is { } fault) { throw ChannelRefusals.Invalid(fault); }
            kept[name] = value;
        }
        foreach (var setting in info.Settings)
        {
            if (kept.ContainsKey(setting.Name)) { continue; }
            if (setting.IsSecret && before?.Settings.GetValueOrDefault(setting.Name) is { } secret) { kept[setting.Name] = secret; }
            else if (setting.IsRequired && (needsSecrets || !setting.IsSecret))
            {
                throw ChannelRefusals.Invalid($"A {info.Kind} channel needs the setting {setting.Name}.");
            }
        }
        return kept;
    }

    public static IReadOnlyDictionary<string, string> Shown(KeptChannel kept)
    {
        var secrets = ChannelKinds.Find(kept.Kind)?.Settings.Where(setting => setting.IsSecret).Select(setting => setting.Name);
        return kept.Settings.ToDictionary(setting => setting.Key,
            // A kind that this release does not know: all of it may be secret.
            setting => secrets is not null && !secrets.Contains(setting.Key) ? setting.Value : Hide(setting.Value));
    }

    /// <summary>
    /// Switched off, with what is not secret. Nor with whom it trusts: who may use tools is the owner's to say wherever the
    /// bot is brought to.
    /// </summary>
    public static KeptChannel WithoutSecrets(KeptChannel kept)
    {
        var open = (ChannelKinds.Find(kept.Kind)?.Settings ?? []).Where(setting => !setting.IsSecret)
            .Select(setting => setting.Name).Append(Owner);
        return kept with
        {
            IsEnabled = false,
            Settings = kept.Settings.Where(setting => open.Contains(setting.Key)).ToDictionary(),
        };
    }

    public static bool LacksSecrets(KeptChannel kept) =>
        ChannelKinds.Find(kept.Kind)?.Settings.Any(setting => setting is { IsSecret: true, IsRequired: true }
            && !kept.Settings.ContainsKey(setting.Name)) == true;

    /// <summary>By the id alone: names can be chosen.</summary>
    public static bool IsTrusted(KeptChannel kept, string sender) =>
        kept.Settings.GetValueOrDefault(OwnerMayUseTools) == "yes"
        && kept.Settings.GetValueOrDefault(Owner) is { } owners
        && owners.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).Contains(sender, StringComparer.Ordinal);

    private static string Hide(string secret) =>
        secret.Length > 4 * LastLetters ? Hidden + secret[^LastLetters..] : Hidden;

    private static string Short(string name) => name.Length > 40 ? name[..40] : name;

    [GeneratedRegex(@"\A[a-z0-9_]{1,24}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Id();
}
