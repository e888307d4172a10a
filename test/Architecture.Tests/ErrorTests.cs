using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Wopr.Kernel;

namespace Wopr.Architecture.Tests;

public sealed partial class ErrorTests
{
    private const string Head = """
        # Errors

        Every refusal has a stable `code`, a status and a sentence that says what to do. Made by a test from the code:
        see CONTRIBUTING.md. REST answers carry `code`, `error` (the sentence) and `requestId`; under `/api/auth` also
        `message`, the name better-auth clients read. tRPC answers carry the code as `error.data.problem`.
        A word in braces is filled in.

        | Code | Status | Sentence |
        |---|---|---|

        """;

    private static readonly int[] s_statuses = [400, 401, 403, 404, 405, 413, 415, 429, 500];

    [Fact]
    public void The_error_document_lists_every_code()
    {
        var rows = from error in Declared().Concat(s_statuses.Select(Unnamed)).DistinctBy(error => (error.Code, error.Sentence))
                   group error by error.Code into same
                   orderby same.Key
                   let sentences = string.Join("<br>", same.Select(error => error.Sentence))
                   let statuses = string.Join(", ", same.Select(error => error.Status).Distinct().Order())
                   select $"| `{same.Key}` | {statuses} | {sentences} |\n";

        Generated.Check("docs/errors.md", Head + string.Concat(rows));
    }

    // Codes in capitals are better-auth's, and go with the statuses it gives them.
    [Fact]
    public void A_code_of_ours_has_one_status() => Assert.Empty(
        Declared().Where(error => !char.IsAsciiLetterUpper(error.Code[0])).GroupBy(error => error.Code).Where(same => same.Select(error => error.Status).Distinct().Count() > 1)
            .Select(same => same.Key));

    // Read from the source and not from the compiled properties, because some refusals are made where they are told.
    private static List<Error> Declared() =>
    [
        .. from file in Repository.Under("src/", ".cs")
           from Match made in Made().Matches(Repository.Text(file))
           let kind = Enum.Parse<ProblemKind>(made.Groups["kind"].Value)
           select new Error(made.Groups["code"].Value, kind.Status(), Sentence(made.Groups["rest"].Value)),
    ];

    private static Error Unnamed(int status)
    {
        var context = new ProblemDetailsContext
        {
            HttpContext = new DefaultHttpContext(),
            ProblemDetails = new ProblemDetails { Status = status },
        };
        ProblemHttp.Complete(context);
        return new((string)context.ProblemDetails.Extensions["code"]!, status, context.ProblemDetails.Detail!);
    }

    private static string Sentence(string rest)
    {
        var texts = Literal().Matches(Joined().Replace(rest, "")).Select(text => text.Groups["text"].Value).ToList();
        var sentence = string.Join(" / ", texts.Where(text => texts.Count == 1 || text.Contains(' ', StringComparison.Ordinal)));
        if (sentence.Length == 0) { return "Says what is wrong with which field."; }
        return Hole().Replace(sentence, hole => $"{{{hole.Groups["name"].Value}}}")
            .Replace("\\\"", "\"", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal);
    }

    private sealed record Error(string Code, int Status, string Sentence);

    [GeneratedRegex("""\(ProblemKind\.(?<kind>\w+),\s*"(?<code>[^"]+)",(?<rest>(?:(?!ProblemKind\.).)*?)\)\s*[;,:{)}]""", RegexOptions.Singleline)]
    private static partial Regex Made();

    [GeneratedRegex("\"\\s*\\+\\s*\\$?\"")]
    private static partial Regex Joined();

    [GeneratedRegex("\"(?<text>(?:[^\"\\\\]|\\\\.)*)\"")]
    private static partial Regex Literal();

    // Of {Sql.Name(required)} or {pending.Count} the last word is what a reader needs.
    [GeneratedRegex(@"\{[^{}]*?(?<name>\w+)\)*(?::[^{}]*)?\}")]
    private static partial Regex Hole();
}
