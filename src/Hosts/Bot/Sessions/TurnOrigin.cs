namespace Wopr.Bot.Sessions;

/// <summary>The channel that a turn came through, and where its reply goes.</summary>
/// <param name="IsTrusted">Said by the bot's owner, who wants tools to be used there.</param>
internal sealed record TurnOrigin(string Channel, string Conversation, string? ReplyTo, bool IsTrusted);
