using System.Globalization;
using System.Security.Cryptography;

namespace Wopr.Sandbox.Slack;

/// <summary>Every app there is. One is made by its first token: <c>xoxb-NAME</c> is its bot's, <c>xapp-NAME</c> its own.</summary>
internal sealed class SlackWorld(TimeProvider time)
{
    public const string BotPrefix = "xoxb-";
    public const string AppPrefix = "xapp-";
    private const int NameMax = 64;

    private readonly Bounded<SlackApp> _apps = new();
    private readonly Lock _gate = new();
    private long _lastStamp;

    public TimeProvider Time => time;

    public string TeamId { get; } = NewId('T');

    public IReadOnlyList<SlackApp> Apps => _apps.List();

    public static string NewId(char kind) => kind + Convert.ToHexString(RandomNumberGenerator.GetBytes(5));

    public SlackApp AppNamed(string name) => _apps.GetOrAdd(name, () => new(this, name));

    public SlackApp? AppOf(string token, string prefix) =>
        token.StartsWith(prefix, StringComparison.Ordinal) && token.Length > prefix.Length && token.Length <= prefix.Length + NameMax
            ? AppNamed(token[prefix.Length..])
            : null;

    /// <summary>When something was said, which is also its name: no two are the same.</summary>
    public string NewStamp()
    {
        lock (_gate)
        {
            var micros = time.GetUtcNow().ToUnixTimeMilliseconds() * 1000;
            _lastStamp = Math.Max(micros, _lastStamp + 1);
            return string.Create(CultureInfo.InvariantCulture, $"{_lastStamp / 1_000_000}.{_lastStamp % 1_000_000:D6}");
        }
    }
}

/// <param name="Person">The user whom the app speaks with there; null: a channel.</param>
internal sealed record SlackRoom(string Id, string Name, string? Person);

/// <summary>What an app said, and when it came.</summary>
internal sealed record SlackSaid(string Ts, string Channel, string Text, string? ThreadTs, DateTimeOffset At, bool PingsEveryone);
