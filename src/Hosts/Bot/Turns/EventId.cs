using System.Globalization;

namespace Wopr.Bot.Turns;

/// <summary>"turn:number", where a follower goes on.</summary>
internal static class EventId
{
    public static string Of(Guid turn, long number) => string.Create(CultureInfo.InvariantCulture, $"{turn}:{number}");

    public static (Guid Turn, long Number)? Read(string? id) =>
        id?.Split(':') is [var turn, var number] && Guid.TryParse(turn, out var turnId)
        && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? (turnId, value)
            : null;
}
