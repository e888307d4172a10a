using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Wopr.Kernel;

/// <summary>Says which environment variable fills an option and what it is for; the documentation is made from it.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SettingAttribute(string name, string help) : Attribute
{
    public string Name { get; } = name;
    public string Help { get; } = help;

    /// <summary>Never shown, and in production never a placeholder and never short.</summary>
    public bool Secret { get; init; }

    /// <summary>Must be set when <c>WOPR_ENV=production</c>.</summary>
    public bool RequiredInProduction { get; init; }

    /// <summary>Must always be set.</summary>
    public bool Required { get; init; }

    public int Min { get; init; } = int.MinValue;
    public int Max { get; init; } = int.MaxValue;
}

/// <summary>Options that check themselves beyond what the attributes say.</summary>
public interface ISettings
{
    /// <summary>Each fault names its variable and says what to do; it never quotes the value.</summary>
    IEnumerable<string> Faults(bool production);
}

/// <summary>Fills options from environment variables, and collects every fault instead of stopping at the first.</summary>
public sealed partial class SettingsReader(IReadOnlyDictionary<string, string> variables)
{
    private readonly List<string> _faults = [];

    public static SettingsReader FromEnvironment() => new(Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal));

    public bool Production => variables.GetValueOrDefault("WOPR_ENV") == "production";

    /// <summary>Why the program cannot start; empty when it can.</summary>
    public IReadOnlyList<string> Faults => _faults;

    public T Read<T>() where T : ISettings, new()
    {
        var options = new T();
        foreach (var (property, setting) in Of(typeof(T)))
        {
            if (setting.Name.EndsWith('*'))
            {
                property.SetValue(options, Starting(setting.Name[..^1]));
                continue;
            }
            var text = ValueOf(setting.Name);
            if (string.IsNullOrWhiteSpace(text))
            {
                if (setting.Required || (Production && setting.RequiredInProduction))
                {
                    _faults.Add($"{setting.Name} is missing. {setting.Help}");
                }
                continue;
            }
            if (Production && setting.Secret && SecretFault(text) is { } weak) { _faults.Add($"{setting.Name} {weak}"); }
            Set(options, property, setting, text.Trim());
        }
        _faults.AddRange(options.Faults(Production));
        return options;
    }

    /// <summary>The settings a type declares, in the order they are written.</summary>
    public static IEnumerable<(PropertyInfo Property, SettingAttribute Setting)> Of(Type type) =>
        from property in type.GetProperties()
        let setting = property.GetCustomAttribute<SettingAttribute>()
        where setting is not null
        select (property, setting);

    /// <summary>Text left over from an example, which no real secret looks like.</summary>
    public static bool IsPlaceholder(string text) => Placeholder().IsMatch(text);

    // NAME_FILE points at a file with the value, the way container secrets arrive.
    private string? ValueOf(string name)
    {
        if (variables.TryGetValue(name, out var value)) { return value; }
        if (variables.GetValueOrDefault($"{name}_FILE") is not { Length: > 0 } file) { return null; }
        if (File.Exists(file)) { return File.ReadAllText(file).TrimEnd('\r', '\n'); }
        _faults.Add($"{name}_FILE names a file that does not exist.");
        return null;
    }

    // A name that ends in a star gathers every variable that begins so, by what follows.
    private Dictionary<string, string> Starting(string prefix) => variables
        .Where(variable => variable.Key.Length > prefix.Length && variable.Key.StartsWith(prefix, StringComparison.Ordinal))
        .ToDictionary(variable => variable.Key[prefix.Length..], variable => variable.Value.Trim(), StringComparer.Ordinal);

    private void Set(object options, PropertyInfo property, SettingAttribute setting, string text)
    {
        object? value = property.PropertyType switch
        {
            var type when type == typeof(string) => text,
            var type when type == typeof(bool) => text switch
            {
                "1" or "true" => true,
                "0" or "false" => false,
                _ => Fault($"{setting.Name} must be true or false."),
            },
            var type when type == typeof(int) => int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number)
                && number >= setting.Min && number <= setting.Max
                    ? number
                    : Fault($"{setting.Name} must be a whole number from {setting.Min} to {setting.Max}."),
            var type when type == typeof(Uri) =>
                Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
                    ? url
                    : Fault($"{setting.Name} must be a full address such as https://example.com."),
            var type when type == typeof(string[]) =>
                text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            var type => throw new InvalidOperationException($"{setting.Name}: {type.Name} is not a type of setting."),
        };
        if (value is not null) { property.SetValue(options, value); }
    }

    private object? Fault(string sentence)
    {
        _faults.Add(sentence);
        return null;
    }

    private static string? SecretFault(string value) =>
        Placeholder().IsMatch(value) ? "is a placeholder. Generate a real one: openssl rand -hex 32."
        : value.Length < 16 ? "is too short to be a secret. Generate one: openssl rand -hex 32."
        : null;

    [GeneratedRegex("replace_?me|change_?me|placeholder|example|^x+$|your[-_]", RegexOptions.IgnoreCase)]
    private static partial Regex Placeholder();
}
