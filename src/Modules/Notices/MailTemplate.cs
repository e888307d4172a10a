using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Wopr.Notices;

internal sealed record RenderedMail(string Subject, string Text, string Html);

/// <summary>
/// One mail: the first line is the subject, the rest are paragraphs. <c>{{name}}</c> is a value, and a paragraph of
/// the form <c>[words]({{link}})</c> is a button. The text and the HTML are both made from it; values are data in
/// either, however they look.
/// </summary>
internal sealed partial class MailTemplate
{
    private const int ValueCharsMax = 200;
    private const int LinkCharsMax = 2000;

    private const string ButtonStart = "<p style=\"margin:24px 0\"><a style=\"padding:12px 20px;border-radius:6px;"
        + "background:#1c1c1a;color:#fff;text-decoration:none\" href=\"";

    private static readonly string s_layout = Resource("layout.html");
    private static readonly Dictionary<string, MailTemplate> s_all = typeof(MailTemplate).Assembly
        .GetManifestResourceNames()
        .Where(name => name.EndsWith(".txt", StringComparison.Ordinal))
        .Select(name => name.Split('.')[^2])
        .ToDictionary(name => name, name => new MailTemplate(name, Resource($"{name}.txt")), StringComparer.Ordinal);

    private readonly string _name;
    private readonly string _subject;
    private readonly string[] _paragraphs;
    private readonly HashSet<string> _links;

    private MailTemplate(string name, string source)
    {
        var parts = source.ReplaceLineEndings("\n").Trim().Split("\n\n");
        (_name, _subject, _paragraphs) = (name, parts[0], parts[1..]);
        Values = [.. Hole().Matches(source).Select(hole => hole.Groups[1].Value).Distinct()];
        _links = [.. Button().Matches(source).Select(button => button.Groups[2].Value)];
    }

    /// <summary>The names of the values it needs.</summary>
    public IReadOnlyList<string> Values { get; }

    public static IEnumerable<string> Names => s_all.Keys;

    public static MailTemplate Of(string name) => s_all.TryGetValue(name, out var template)
        ? template
        : throw new ArgumentException($"There is no mail template {name}.", nameof(name));

    /// <summary>What it needs of the values, in a form fit for a mail; throws when one is missing or is no address.</summary>
    public Dictionary<string, string> Take(IReadOnlyDictionary<string, string> values)
    {
        Dictionary<string, string> taken = new(StringComparer.Ordinal);
        foreach (var name in Values)
        {
            if (!values.TryGetValue(name, out var value) || string.IsNullOrWhiteSpace(value))
            {
                throw new ArgumentException($"The mail {_name} needs a value for {name}.", nameof(values));
            }
            taken[name] = _links.Contains(name) ? Link(name, value) : Line(value);
        }
        return taken;
    }

    public RenderedMail Render(IReadOnlyDictionary<string, string> values)
    {
        StringBuilder text = new();
        StringBuilder html = new();
        foreach (var paragraph in _paragraphs)
        {
            if (Button().Match(paragraph) is { Success: true } button)
            {
                var link = values[button.Groups[2].Value];
                text.Append(button.Groups[1].Value).Append(":\n").Append(link).Append("\n\n");
                html.Append(ButtonStart).Append(WebUtility.HtmlEncode(link)).Append("\">")
                    .Append(WebUtility.HtmlEncode(button.Groups[1].Value)).Append("</a></p>\n");
                continue;
            }
            text.Append(Fill(paragraph, values)).Append("\n\n");
            html.Append("<p>").Append(Fill(WebUtility.HtmlEncode(paragraph), values, WebUtility.HtmlEncode)).Append("</p>\n");
        }
        var subject = Fill(_subject, values);
        var page = Fill(s_layout, new Dictionary<string, string>
        {
            ["subject"] = WebUtility.HtmlEncode(subject),
            ["body"] = html.ToString(),
        });
        return new(subject, text.ToString().TrimEnd() + "\n", page);
    }

    private static string Fill(
        string text, IReadOnlyDictionary<string, string> values, Func<string, string>? encode = null) =>
        Hole().Replace(text, hole =>
        {
            var value = values[hole.Groups[1].Value];
            return encode is null ? value : encode(value);
        });

    private string Link(string name, string value) =>
        value.Length <= LinkCharsMax && Uri.TryCreate(value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url.AbsoluteUri
            : throw new ArgumentException($"The mail {_name} needs a full address for {name}.");

    // People choose their names; a line break in one must not write the mail.
    private static string Line(string value)
    {
        var line = Blanks().Replace(value, " ").Trim();
        return line.Length <= ValueCharsMax ? line : line[..ValueCharsMax];
    }

    private static string Resource(string file)
    {
        var assembly = typeof(MailTemplate).Assembly;
        using var reader = new StreamReader(assembly.GetManifestResourceStream($"Wopr.Notices.Templates.{file}")!);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"\{\{(\w+)\}\}")]
    private static partial Regex Hole();

    [GeneratedRegex(@"^\[(.+)\]\(\{\{(\w+)\}\}\)$", RegexOptions.Multiline)]
    private static partial Regex Button();

    [GeneratedRegex(@"[\s\p{C}]+")]
    private static partial Regex Blanks();
}
