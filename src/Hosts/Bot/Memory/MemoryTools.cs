using System.Text.Json;
using Wopr.Protocol;

namespace Wopr.Bot.Memory;

/// <summary>How the bot reads and changes what it knows. Who it is, SOUL.md, only its owner changes.</summary>
internal sealed class MemoryTools(MemoryFiles files)
{
    public IEnumerable<Tool> All =>
    [
        new(new("memory_read", "Reads one of your memory files whole.", File("SOUL.md", "USER.md", "MEMORY.md")), Told(Read)),
        new(new("memory_write",
            "Replaces one of your memory files. Write down again what should stay in it.", FileAndText), Told(Write)),
        new(new("memory_append", "Adds a line to one of your memory files, to remember it in later conversations.", FileAndText),
            Told(Append)),
        new(new("skill_read", "Reads one of your skills before you use it.",
            """{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}"""), Told(ReadSkill)),
    ];

    private const string FileAndText = """
        {"type":"object","properties":{"file":{"type":"string","enum":["USER.md","MEMORY.md"]},"text":{"type":"string"}},
        "required":["file","text"]}
        """;

    private static string File(params string[] names) =>
        $$$"""{"type":"object","properties":{"file":{"type":"string","enum":["{{{string.Join("\",\"", names)}}}"]}},"required":["file"]}""";

    private static UseTool Told(Func<JsonElement, string> use) => (arguments, _, _) => Task.FromResult(use(arguments));

    private string Read(JsonElement arguments) => files.Read($"memory/{arguments.Words("file")}").Text;

    private string Write(JsonElement arguments)
    {
        files.Write(new(Own(arguments), arguments.Words("text"), null));
        return "Written.";
    }

    private string Append(JsonElement arguments)
    {
        files.Append(Own(arguments), arguments.Words("text"));
        return "Added.";
    }

    private string ReadSkill(JsonElement arguments) => files.Read(MemoryFiles.SkillPath(arguments.Words("name"))).Text;

    private static string Own(JsonElement arguments) => $"memory/{arguments.Words("file")}" is var path
        && path is MemoryFiles.User or MemoryFiles.Remembered ? path : throw Refusals.NotYours();
}

internal static class Arguments
{
    public static string Words(this JsonElement arguments, string name) => arguments.WordsOrNull(name)
        ?? throw new LinkRefusedException(new("tool.argument", $"The argument {name} is missing."));

    public static string? WordsOrNull(this JsonElement arguments, string name) =>
        arguments.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
