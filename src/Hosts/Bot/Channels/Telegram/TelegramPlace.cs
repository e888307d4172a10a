using System.Globalization;

namespace Wopr.Bot.Channels.Telegram;

/// <summary>
/// The update to go on with. After a week without any, Telegram counts on from a random number: a place that is that old
/// is forgotten. What comes again then is the same turn.
/// </summary>
internal sealed record TelegramPlace(long? Offset, DateTimeOffset At)
{
    private static readonly TimeSpan s_ageMax = TimeSpan.FromDays(5);

    public static TelegramPlace Start { get; } = new(null, DateTimeOffset.MinValue);

    public static TelegramPlace Read(string? mark, DateTimeOffset now) =>
        mark?.Split(' ') is [var offset, var at]
        && long.TryParse(offset, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
        && new TelegramPlace(number, DateTimeOffset.FromUnixTimeSeconds(seconds)) is var place && !place.IsOld(now)
            ? place
            : Start;

    public bool IsOld(DateTimeOffset now) => Offset is not null && now - At > s_ageMax;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Offset} {At.ToUnixTimeSeconds()}");
}
