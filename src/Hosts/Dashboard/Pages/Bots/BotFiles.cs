using System.Text.RegularExpressions;

namespace Wopr.Dashboard.Pages.Bots;

/// <summary>The files of a bot that people write in.</summary>
internal static partial class BotFiles
{
    public static IReadOnlyList<(string Path, string Title, string About)> All { get; } =
    [
        ("memory/SOUL.md", "Personality", "Who the bot is and how it speaks. Only you change this."),
        ("memory/USER.md", "About you", "What it knows about the people it works for. It adds to this itself."),
        ("memory/MEMORY.md", "Memory", "What it remembers. It adds to this itself."),
    ];

    public static string Anchor(string path) =>
        (path.StartsWith("skills/", StringComparison.Ordinal) ? "skill-" : "") + path.Split('/', '.')[1].ToLowerInvariant();

    public static bool IsKnown(string path) => All.Any(file => file.Path == path) || IsSkill(path);

    public static bool IsSkill(string path) => Skill().IsMatch(path);

    public static string SkillPath(string name) => $"skills/{name}.md";

    public static string SkillName(string path) => path["skills/".Length..^".md".Length];

    [GeneratedRegex(@"^skills/[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.md\z")]
    private static partial Regex Skill();
}
