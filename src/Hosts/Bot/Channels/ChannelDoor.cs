namespace Wopr.Bot.Channels;

/// <summary>What a running channel tells the bot.</summary>
internal sealed class ChannelDoor(
    Action<string> connected, Func<ChannelMessage, CancellationToken, Task> hear,
    string? mark, Func<string?, CancellationToken, Task> keep)
{
    /// <summary>Where to go on: what was kept last, also by an earlier process.</summary>
    public string? Mark { get; private set; } = mark;

    /// <summary>The account's name. Said again after every break.</summary>
    public void Connected(string account) => connected(account);

    /// <summary>
    /// Returns when the message is on the disk, or was before: acknowledge only then. While the bot cannot take it this
    /// waits. An empty message is passed over, one that is too long is cut.
    /// </summary>
    public Task HearAsync(ChannelMessage message, CancellationToken ct) => hear(message, ct);

    /// <summary>Returns when it is on the disk. Keep a mark only after what it passes was heard.</summary>
    public async Task KeepAsync(string? mark, CancellationToken ct)
    {
        if (mark == Mark) { return; }
        await keep(mark, ct);
        Mark = mark;
    }
}
