using System.Globalization;
using System.Text.Json;

namespace Wopr.Bot.Channels.Discord;

/// <summary>What was said in a room that the gateway will not tell any more.</summary>
internal sealed class DiscordHistory(DiscordChannel channel, TimeProvider time)
{
    private const int PageMax = 100;
    private const int PagesMax = 5;
    // Where Discord's numbers begin: 2015.
    private const long Epoch = 1_420_070_400_000;
    private const int TimeBits = 22;
    private static readonly TimeSpan s_ageMax = TimeSpan.FromDays(1);

    /// <summary>Those for the bot, oldest first. What is older than a day nobody waits for any more.</summary>
    public async Task<IReadOnlyList<ChannelMessage>> ReadAsync(DiscordPlace room, string self, CancellationToken ct)
    {
        var dayAgo = (ulong)((time.GetUtcNow() - s_ageMax).ToUnixTimeMilliseconds() - Epoch) << TimeBits;
        var after = Math.Max(dayAgo, DiscordMark.Order(room.Last));
        List<(ulong Order, ChannelMessage Message)> found = [];
        for (var page = 0; page < PagesMax; page++)
        {
            var messages = await PageAsync(room.Id, after, ct);
            found.AddRange(messages.Select(message => DiscordMessages.Read(message, self, room.IsDirect)).OfType<ChannelMessage>()
                .Select(message => (DiscordMark.Order(message.Id), message)));
            if (messages.Count < PageMax) { break; }
            after = messages.Max(message => DiscordMark.Order(message.Text("id") ?? ""));
        }
        return [.. found.OrderBy(one => one.Order).Select(one => one.Message)];
    }

    private async Task<List<JsonElement>> PageAsync(string room, ulong after, CancellationToken ct)
    {
        try
        {
            var answer = await channel.AskAsync(
                string.Create(CultureInfo.InvariantCulture, $"channels/{room}/messages?after={after}&limit={PageMax}"), ct);
            return answer.Body.ValueKind == JsonValueKind.Array ? [.. answer.Body.EnumerateArray()] : [];
        }
        // The room is gone, or the bot may not look into it.
        catch (ChannelException refused) when (refused.IsFinal) { return []; }
    }
}
