using System.Text.Json;
using Wopr.Bot.Model;
using Wopr.Bot.Turns;
using Wopr.Protocol;

namespace Wopr.Bot.Memory;

/// <summary>Every tool that a trusted conversation may use. Whatever goes wrong in one is told to the model.</summary>
/// <param name="more">Those of others, asked for with each turn. One that is called like one of the bot's own is not taken.</param>
internal sealed class ToolBox(IReadOnlyList<Tool> own, Func<CancellationToken, Task<IReadOnlyList<Tool>>> more)
{
    private const int ResultMax = 16_000;

    public async Task<Dictionary<string, Tool>> OpenAsync(CancellationToken ct)
    {
        Dictionary<string, Tool> tools = own.ToDictionary(tool => tool.Offer.Name, StringComparer.Ordinal);
        foreach (var tool in await more(ct)) { tools.TryAdd(tool.Offer.Name, tool); }
        return tools;
    }

    public static async Task<string> UseAsync(Dictionary<string, Tool> tools, ToolCall call, Turn turn, CancellationToken ct)
    {
        if (!tools.TryGetValue(call.Tool, out var tool)) { return $"There is no tool {call.Tool}."; }
        try
        {
            using var arguments = JsonDocument.Parse(call.Arguments);
            if (arguments.RootElement.ValueKind != JsonValueKind.Object) { return "The arguments must be a JSON object."; }
            var result = await tool.Use(arguments.RootElement, turn, ct);
            return result.Length > ResultMax ? $"{result[..ResultMax]}\n(cut here)" : result;
        }
        catch (JsonException) { return "The arguments are not JSON."; }
        catch (LinkRefusedException refused) { return refused.Problem.Message; }
        catch (StorageException fault) { return fault.Message; }
    }
}
