using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Wopr.Kernel;

namespace Wopr.Architecture.Tests;

public sealed partial class RoleTests
{
    private static readonly Access[] s_rows =
        [Access.Public, Access.Known, Access.User, .. Enum.GetValues<Role>().Select(Access.Tenant), Access.PlatformAdmin];

    private static readonly (string Name, Actor Actor)[] s_columns =
    [
        ("anybody", Actor.Anonymous),
        .. Enum.GetValues<Role>().Select(role => (Sql.Name(role), Person(role))),
        ("operator", Person(Role.Owner) with { Scope = Scope.Admin, IsPlatformAdmin = true }),
        ("`ADMIN_TOKEN`", new(ActorKind.Token, "admin") { Scope = Scope.Admin, IsPlatformAdmin = true }),
    ];

    [Fact]
    public void The_role_matrix_is_what_the_code_allows()
    {
        var text = Repository.Text("ARCHITECTURE.md");

        Assert.Single(Table().Matches(text));
        Generated.Check("ARCHITECTURE.md", Table().Replace(text, Matrix()));
    }

    private static Actor Person(Role role) =>
        new(ActorKind.User, "u") { UserId = "u", TenantId = "t", Role = role, Scope = Scope.Write };

    private static string Matrix()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"| A route that demands | {string.Join(" | ", s_columns.Select(column => column.Name))} |\n");
        text.Append(CultureInfo.InvariantCulture, $"|---|{string.Concat(s_columns.Select(_ => ":-:|"))}\n");
        foreach (var access in s_rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {access.Name} |");
            foreach (var (_, actor) in s_columns)
            {
                var (reads, writes) = (access.Refuse(actor, writes: false) is null, access.Refuse(actor, writes: true) is null);
                text.Append(CultureInfo.InvariantCulture, $" {(reads && writes ? "yes" : reads ? "read" : writes ? "write" : "no")} |");
            }
            text.Append('\n');
        }
        return text.ToString();
    }

    [GeneratedRegex(@"^\| A route that demands .*\n(\|.*\n)*", RegexOptions.Multiline)]
    private static partial Regex Table();
}
