using System.Diagnostics.CodeAnalysis;

namespace Wopr.Sandbox.Discord;

/// <summary>Everybody there is. A bot is made by its first token: <c>name.anything.anything</c>, as Discord's have three parts.</summary>
internal sealed class DiscordWorld(TimeProvider time)
{
    // Where Discord's numbers begin: 2015.
    private const long Epoch = 1_420_070_400_000;
    private const int NameMax = 32;

    private readonly Bounded<DiscordBot> _bots = new();
    private readonly Bounded<DiscordUser> _people = new(10_000);
    private long _counter;

    public TimeProvider Time => time;

    public IReadOnlyList<DiscordBot> Bots => _bots.List();

    public IReadOnlyList<DiscordUser> People => _people.List();

    /// <summary>A number nobody else has, which tells when it was made.</summary>
    public string NewId() =>
        (((time.GetUtcNow().ToUnixTimeMilliseconds() - Epoch) << 22) | (Interlocked.Increment(ref _counter) & 0x3FFFFF)).ToString(
            System.Globalization.CultureInfo.InvariantCulture);

    public DiscordBot BotNamed(string name) => _bots.GetOrAdd(name, () => new(this, new(NewId(), name, IsBot: true)));

    public DiscordUser Person(string name) => _people.GetOrAdd(name, () => new(NewId(), name, IsBot: false));

    /// <param name="token">Without "Bot " before it.</param>
    public bool TryGetBot(string? token, [NotNullWhen(true)] out DiscordBot? bot)
    {
        bot = null;
        if (token?.Split('.') is not [{ Length: > 0 and <= NameMax } name, { Length: > 0 }, { Length: > 0 }]) { return false; }
        var known = BotNamed(name);
        if (known.Faults.IsRevoked) { return false; }
        bot = known;
        return true;
    }
}

internal sealed record DiscordUser(string Id, string Name, bool IsBot);

/// <param name="Person">Whom the bot speaks with there; null: a channel of the server.</param>
internal sealed record DiscordRoom(string Id, string Name, DiscordUser? Person);
