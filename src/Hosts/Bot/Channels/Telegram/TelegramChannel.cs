using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Wopr.Protocol;

namespace Wopr.Bot.Channels.Telegram;

/// <summary>
/// A Telegram bot by long polling. Telegram keeps an update until one with a higher number is asked for; so asking comes
/// after hearing, and nothing is lost.
/// </summary>
internal sealed partial class TelegramChannel(IReadOnlyDictionary<string, string> settings, ChannelContext context) : Channel
{
    private const string Token = "token";
    private const int PollSeconds = 25;
    private const int UpdatesMax = 50;

    private static readonly TimeSpan s_slack = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_briefly = TimeSpan.FromSeconds(15);

    private readonly TelegramApi _api = new(settings[Token], context);

    public static ChannelKindInfo Kind { get; } = new(ChannelKind.Telegram, DropsDoubles: false,
        [
            new(Token, IsSecret: true, IsRequired: true, value => Shape().IsMatch(value)
                ? null
                : "That is not a Telegram token. @BotFather shows it as a number, a colon and 35 letters; copy all of it."),
        ],
        (settings, context) => new TelegramChannel(settings, context));

    public override int TextMax => 4096;

    public override async Task RunAsync(ChannelDoor door, CancellationToken ct)
    {
        var me = await MeAsync(ct);
        TelegramReader reader = new(me);
        var place = TelegramPlace.Read(door.Mark, context.Time.GetUtcNow());
        while (true)
        {
            var heard = await _api.AskAsync("getUpdates", Poll(place.Offset, isFirst: true), s_briefly, isPoll: true, ct);
            door.Connected(me.Account);
            place = await HearAsync(door, reader, heard, place, ct);
            while (true)
            {
                heard = await _api.AskAsync("getUpdates", Poll(place.Offset, isFirst: false),
                    TimeSpan.FromSeconds(PollSeconds) + s_slack, isPoll: true, ct);
                place = await HearAsync(door, reader, heard, place, ct);
                if (place.IsOld(context.Time.GetUtcNow())) { break; }
            }
            place = TelegramPlace.Start;
        }
    }

    public override async Task SendAsync(ChannelPiece piece, CancellationToken ct)
    {
        var (chat, topic) = TelegramReader.Place(piece.Conversation);
        using var _ = await _api.AskAsync("sendMessage", json =>
        {
            json.WriteNumber("chat_id", chat);
            if (topic is { } thread) { json.WriteNumber("message_thread_id", thread); }
            json.WriteString("text", piece.Text);
            if (piece.ReplyTo is { } message)
            {
                json.WriteStartObject("reply_parameters");
                json.WriteNumber("message_id", long.Parse(message, CultureInfo.InvariantCulture));
                json.WriteBoolean("allow_sending_without_reply", true);
                json.WriteEndObject();
            }
        }, s_briefly, isPoll: false, ct);
    }

    public override async Task<string> TestAsync(CancellationToken ct) => (await MeAsync(ct)).Account;

    private async Task<TelegramMe> MeAsync(CancellationToken ct)
    {
        using var me = await _api.AskAsync("getMe", _ => { }, s_briefly, isPoll: true, ct);
        var result = me.RootElement.GetProperty("result");
        return new(result.GetProperty("id").GetInt64(), result.GetProperty("username").GetString() ?? "");
    }

    private async Task<TelegramPlace> HearAsync(
        ChannelDoor door, TelegramReader reader, JsonDocument heard, TelegramPlace place, CancellationToken ct)
    {
        using var _ = heard;
        var updates = heard.RootElement.GetProperty("result");
        if (updates.GetArrayLength() == 0) { return place; }
        var last = 0L;
        foreach (var update in updates.EnumerateArray())
        {
            if (reader.Read(update) is { } message) { await door.HearAsync(message, ct); }
            last = update.GetProperty("update_id").GetInt64();
        }
        place = new(last + 1, context.Time.GetUtcNow());
        await door.KeepAsync(place.ToString(), ct);
        return place;
    }

    private static Action<Utf8JsonWriter> Poll(long? offset, bool isFirst) => json =>
    {
        if (offset is { } from) { json.WriteNumber("offset", from); }
        json.WriteNumber("limit", UpdatesMax);
        // The first is answered at once, so that whoever waits sees that it works.
        json.WriteNumber("timeout", isFirst ? 0 : PollSeconds);
        json.WriteStartArray("allowed_updates");
        json.WriteStringValue("message");
        json.WriteEndArray();
    };

    [GeneratedRegex(@"\A[0-9]{3,20}:[A-Za-z0-9_-]{20,100}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Shape();
}
