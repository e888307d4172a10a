using System.Text.Json;

namespace Wopr.Cli;

internal enum Phase { Starting, Ready, Restarting, Stopping, Failed }

/// <summary>Why the last restart was refused.</summary>
internal sealed record Fault(int Exit, string Sentence);

internal sealed record ChildState(string Name, string? Url, bool Running, ProcessKey? Process, int Restarts, string? LastEnd);

/// <summary>What the supervisor tells the other verbs, in one small file that is replaced as a whole.</summary>
internal sealed record State(ProcessKey Supervisor, Phase Phase, int Round, Fault? Fault, IReadOnlyList<ChildState> Children)
{
    public static State? Read(Home home)
    {
        try { return JsonSerializer.Deserialize<State>(File.ReadAllBytes(home.StateFile), Json.Options); }
        catch (IOException) { return null; }
        catch (JsonException) { return null; }
    }

    /// <summary>Null when nothing is up.</summary>
    public static State? Live(Home home) => Read(home) is { } state && state.Supervisor.IsAlive ? state : null;

    public void Write(Home home)
    {
        var half = $"{home.StateFile}.new";
        File.WriteAllBytes(half, JsonSerializer.SerializeToUtf8Bytes(this, Json.Options));
        File.Move(half, home.StateFile, overwrite: true);
    }
}
