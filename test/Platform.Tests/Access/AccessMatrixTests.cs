using System.Net;
using System.Text;
using Wopr.Kernel;
using Wopr.Testing;

namespace Wopr.Platform.Tests;

public sealed class AccessMatrixTests(AccessMatrix matrix) : IClassFixture<AccessMatrix>
{
    private const string Head = """
        # Who may call what

        Every route and every procedure, called by everybody who can come. Made by a test from the running platform: see
        CONTRIBUTING.md. The caller reaches for the things of one organisation, in which viewer, member, admin and owner
        have their roles and for which the read and the write token were made; the stranger of another tenant, the
        platform_admin and `ADMIN_TOKEN` stand outside it. Bots and nodes have no keys yet, so theirs are unknown tokens.

        `401`, `403` and `404` are refusals; `ok` is an answer; `in` is a caller who got past access and was refused for
        something else, such as an empty body. What a route demands of everybody is the second column.


        """;

    [Fact]
    public void The_access_document_says_what_everybody_is_told()
    {
        var text = new StringBuilder(Head);
        text.Append("| Call | Demands | ").AppendJoin(" | ", matrix.World.Principals.Select(principal => principal.Name)).Append(" |\n");
        text.Append("|---|---|").AppendJoin('|', matrix.World.Principals.Select(_ => ":-:")).Append("|\n");
        foreach (var row in matrix.Outcomes.GroupBy(outcome => outcome.Call))
        {
            text.Append($"| `{row.Key.Name}` | {row.Key.Access.Name} | ")
                .AppendJoin(" | ", row.Select(outcome => outcome.Decision)).Append(" |\n");
        }

        Generated.Check("docs/access.md", text.ToString());
    }

    [Fact]
    public void Nothing_breaks() =>
        Assert.Empty(Those(outcome => outcome.Status >= HttpStatusCode.InternalServerError));

    [Fact]
    public void Who_is_not_known_gets_in_nowhere_but_where_everybody_may() => Assert.Empty(Those(outcome =>
        outcome.Principal.Name is "anonymous" or "bot" or "node" && outcome.Call.Access != Access.Public
        && outcome.Status != HttpStatusCode.Unauthorized));

    [Fact]
    public void A_read_token_writes_nothing() => Assert.Empty(Those(outcome =>
        outcome.Principal.Name == "read token" && outcome.Call.Writes
        && outcome.Call.Access != Access.Public && !outcome.IsRefused));

    [Fact]
    public void A_stranger_is_let_near_nothing_of_the_tenant_and_changes_nothing_of_it()
    {
        bool Reaches(Outcome outcome) =>
            outcome.Principal == matrix.World.Stranger && outcome.Call.Names(matrix.World.Victim.Things);

        Assert.NotEmpty(Those(Reaches));
        Assert.Empty(Those(outcome => Reaches(outcome) && !outcome.IsRefused));
        Assert.Empty(Those(outcome => outcome.Principal == matrix.World.Stranger && outcome.ChangedVictim));
    }

    [Fact]
    public void Who_is_refused_has_changed_nothing() =>
        Assert.Empty(Those(outcome => outcome.IsRefused && outcome.ChangedAnything));

    // Else the two facts above would hold of a comparison that sees nothing.
    [Fact]
    public void What_the_owner_does_is_seen_to_change_things() =>
        Assert.True(matrix.Outcomes.Count(outcome => outcome.Principal == matrix.World.Owner && outcome.ChangedVictim) > 10);

    private List<Outcome> Those(Func<Outcome, bool> which) => [.. matrix.Outcomes.Where(which)];
}
