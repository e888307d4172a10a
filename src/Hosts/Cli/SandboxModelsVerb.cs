using System.Text.Json;

namespace Wopr.Cli;

internal sealed record ModelFault(string Words, string? Place, int? First, int? After, double? Probability, int? Seed);

/// <summary>Makes the sandbox's models fail, and shows what they served.</summary>
internal static class SandboxModelsVerb
{
    public const string FaultHelp = "Make the sandbox's models fail, until told otherwise. Examples: ./wopr sandbox "
        + "models fault 429:5 "
        + "--first 3; ./wopr sandbox models fault reset:5 --place a (after five events); ./wopr sandbox models fault "
        + "none";

    private const string Nothing = "none";

    public static async Task<int> FaultAsync(Home home, Screen screen, string? url, ModelFault fault,
        CancellationToken ct)
    {
        Dictionary<string, object?> settings = new() { ["place"] = fault.Place };
        if (fault.Words != Nothing)
        {
            (settings["fault"], settings["first"], settings["after"]) = (fault.Words, fault.First, fault.After);
            (settings["probability"], settings["seed"]) = (fault.Probability, fault.Seed);
        }
        await SandboxCall.AskAsync(home, url, HttpMethod.Post, "/models/control", settings, "Nothing was changed", ct);
        screen.Result(new { @event = "models", fault = fault.Words, place = fault.Place }, () => Console.WriteLine(
            fault.Words == Nothing ? "The models answer as they should."
            : "The models fail from now on. Undo: ./wopr sandbox models fault none"));
        return Exit.Ok;
    }

    public static async Task<int> RecordAsync(Home home, Screen screen, string? url, int lines, CancellationToken ct)
    {
        var record = await SandboxCall.AskAsync(home, url, HttpMethod.Get, $"/models/record?last={lines}", null,
            "There is no record", ct);
        screen.Result(new { @event = "models", record }, () =>
        {
            foreach (var served in record.GetProperty("requests").EnumerateArray())
            {
                var usage = served.GetProperty("usage");
                Console.WriteLine($"{served.GetProperty("number"),8} {served.GetProperty("status"),3} "
                    + $"{Text(served, "end"),-11} "
                    + $"{usage.GetProperty("input"),8} in {usage.GetProperty("output"),8} out  {Text(served, "path")} "
                    + $" {Text(served, "model")}");
            }
            foreach (var total in record.GetProperty("totals").EnumerateObject())
            {
                Console.WriteLine($"{total.Name}: {total.Value.GetProperty("requests")} requests, "
                    + $"{total.Value.GetProperty("input")} tokens "
                    + $"in, {total.Value.GetProperty("output")} out");
            }
            Console.WriteLine($"{record.GetProperty("served")} requests in all, {record.GetProperty("open")} of them "
                + "under way.");
        });
        return Exit.Ok;
    }

    private static string? Text(JsonElement thing, string name) => thing.GetProperty(name).GetString();
}
