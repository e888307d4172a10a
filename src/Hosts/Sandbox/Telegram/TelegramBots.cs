namespace Wopr.Sandbox.Telegram;

internal sealed class TelegramBots(TimeProvider time)
{
    private const int BotsMax = 200;

    private readonly Bounded<TelegramBot> _bots = new(BotsMax);

    /// <summary>Null: its token was revoked. The number before the colon is the bot's; the rest changes with the token.</summary>
    public TelegramBot? Of(string token)
    {
        var bot = Numbered(token[..token.IndexOf(':', StringComparison.Ordinal)]);
        return bot.Revoked.Contains(token) ? null : bot.SeenWith(token);
    }

    public TelegramBot Numbered(string number) => _bots.GetOrAdd(number, () => new(number, time));

    public void Forget(string number) => _bots.TryTake(number, out _);
}
