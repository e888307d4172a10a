using System.Globalization;
using System.Text;
using Wopr.Kernel;

namespace Wopr.Architecture.Tests;

public sealed class ConfigurationTests
{
    private const string Head = """
        # Configuration

        Every program reads its settings from environment variables. Made by a test from the code: see CONTRIBUTING.md.

        - `WOPR_ENV=production` switches the strict rules on: what is required in production must be set, and no secret
          may be a placeholder or short. Anything else is development.
        - Instead of a value you may give a file: `ADMIN_TOKEN_FILE=/run/secrets/admin_token`.
        - `Wopr.Platform config check` says every fault at once and starts nothing. Faults name settings, never values.


        """;

    [Fact]
    public void The_configuration_document_is_what_the_programs_read()
    {
        var text = new StringBuilder(Head);
        foreach (var type in SettingsTypes.All.OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"## {Title(type)}\n\n");
            text.Append("| Name | Meaning | Default | Required |\n|---|---|---|---|\n");
            var defaults = Activator.CreateInstance(type, nonPublic: true)!;
            foreach (var (property, setting) in SettingsReader.Of(type))
            {
                text.Append(CultureInfo.InvariantCulture,
                    $"| `{setting.Name}` | {Cell(setting)} | {Default(property.GetValue(defaults))} | {Required(setting)} |\n");
            }
            text.Append('\n');
        }
        Generated.Check("docs/configuration.md", text.ToString().TrimEnd() + "\n");
    }

    [Fact]
    public void Every_setting_says_in_a_sentence_what_it_is_for() =>
        Assert.Empty(SettingsTypes.Declared.Where(setting => !setting.Help.EndsWith('.')).Select(setting => setting.Name));

    // Two programs may read one variable, but then it means the same in both.
    [Fact]
    public void A_name_is_a_secret_everywhere_or_nowhere() => Assert.Empty(
        SettingsTypes.Declared.GroupBy(setting => setting.Name)
            .Where(same => same.Select(setting => setting.Secret).Distinct().Count() > 1).Select(same => same.Key));

    private static string Title(Type type)
    {
        var (home, name) = (type.Assembly.GetName().Name!.Split('.')[^1], type.Name.Replace("Options", "", StringComparison.Ordinal));
        return name == home ? home : $"{home}: {Sql.Snake(name).Replace('_', ' ')}";
    }

    private static string Cell(SettingAttribute setting) =>
        $"{setting.Help.Replace("|", "\\|", StringComparison.Ordinal)}{(setting.Secret ? " **Secret.**" : "")}";

    private static string Default(object? value) => value switch
    {
        null or "" => "",
        System.Collections.ICollection { Count: 0 } => "",
        string[] list => $"`{string.Join(',', list)}`",
        bool flag => flag ? "`true`" : "`false`",
        _ => string.Create(CultureInfo.InvariantCulture, $"`{value}`"),
    };

    private static string Required(SettingAttribute setting) =>
        setting.Required ? "always" : setting.RequiredInProduction ? "in production" : "";
}
