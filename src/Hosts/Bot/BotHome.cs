using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wopr.Bot;

/// <summary>
/// The folder with all that the bot has. It is used only with the marker that the agent put there for this bot and this
/// generation, and by one process at a time.
/// </summary>
internal sealed class BotHome : IDisposable
{
    public const string Marker = ".wopr-data.json";

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly FileStream _lock;

    private BotHome(FileStream held) => _lock = held;

    /// <summary>Why the folder is not to be used, in a sentence; null when it is.</summary>
    public static string? Fault(BotSettings settings)
    {
        var path = Path.Combine(settings.Home, Marker);
        try
        {
            var marker = JsonSerializer.Deserialize(File.ReadAllBytes(path), MarkerJson.Default.DataMarker);
            return marker?.Bot == settings.BotId && marker.Generation == settings.Generation
                ? null
                : $"{path} names another bot or another generation. The agent must give this bot its own folder.";
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or JsonException)
        {
            return $"{path} is missing or cannot be read. The agent writes it when it gives a bot its data; without it "
                + "this folder may be empty by mistake, so the bot does not start.";
        }
    }

    /// <summary>Null when another process keeps it. The system gives it back however that one ends.</summary>
    /// <param name="patience">Null: as long as one that stops may take.</param>
    public static async Task<BotHome?> LockAsync(string home, TimeProvider time, CancellationToken ct, TimeSpan? patience = null)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            try { return new(new FileStream(Path.Combine(home, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)); }
            catch (IOException) when (time.GetElapsedTime(began) < (patience ?? s_patience)) { await Task.Delay(s_look, time, ct); }
            catch (IOException) { return null; }
        }
    }

    public void Dispose() => _lock.Dispose();
}

internal sealed record DataMarker(Guid Bot, int Generation);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DataMarker))]
internal sealed partial class MarkerJson : JsonSerializerContext;
