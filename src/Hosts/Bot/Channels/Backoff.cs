namespace Wopr.Bot.Channels;

/// <summary>1 s, 2 s, 4 s, … and never two bots at the same moment.</summary>
internal static class Backoff
{
    private const int DoublingsMax = 20;

    public static TimeSpan Wait(int tries, TimeSpan max)
    {
        var seconds = Math.Min(max.TotalSeconds, Math.Pow(2, Math.Min(Math.Max(tries - 1, 0), DoublingsMax)));
        return TimeSpan.FromSeconds(seconds * (0.5 + Random.Shared.NextDouble() / 2));
    }
}
