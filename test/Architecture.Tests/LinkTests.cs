using System.Text.RegularExpressions;

namespace Wopr.Architecture.Tests;

public sealed partial class LinkTests
{
    [Fact]
    public void Every_link_between_documents_leads_somewhere()
    {
        var faults = from file in Repository.Under("", ".md")
                     from Match link in Link().Matches(Fence().Replace(Repository.Text(file), ""))
                     let target = link.Groups["target"].Value
                     where !Foreign().IsMatch(target) && !Leads(file, target)
                     select $"{file} links to {target}";

        Assert.Empty(faults);
    }

    private static bool Leads(string from, string target)
    {
        var parts = target.Split('#', 2);
        var there = Repository.Full(from);
        if (parts[0].Length > 0) { there = Path.GetFullPath(parts[0], Path.GetDirectoryName(there)!); }
        if (!File.Exists(there) && !Directory.Exists(there)) { return false; }
        return parts.Length == 1
            || Heading().Matches(File.ReadAllText(there)).Any(line => Anchor(line.Groups[1].Value) == parts[1]);
    }

    private static string Anchor(string heading) =>
        NotInAnchors().Replace(heading.Trim().ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    // A brace is filled in when a mail is sent.
    [GeneratedRegex(@"^([a-z]+:|\{)", RegexOptions.IgnoreCase)]
    private static partial Regex Foreign();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex NotInAnchors();
}
