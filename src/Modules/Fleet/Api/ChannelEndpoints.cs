using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <param name="Settings">A secret that is left out stays as it is.</param>
internal sealed record PutChannel(ChannelKind Kind, string Name, Dictionary<string, string> Settings, bool IsEnabled = true);

/// <summary>Where a bot talks besides here, and the replies that did not get there; asked of the bot itself.</summary>
internal static partial class ChannelEndpoints
{
    private const int SettingsMax = 20;
    private const int SettingCharsMax = 4_000;

    private static readonly Access s_read = Access.TenantOrOperator(Role.Viewer);
    private static readonly Access s_write = Access.TenantOrOperator(Role.Member);

    private static Problem BadId { get; } = new(ProblemKind.Invalid, "fleet.bad_channel_id",
        "A channel's id has 1 to 24 small letters, digits or underscores.");

    private static Problem BadSettings { get; } = new(ProblemKind.Invalid, "fleet.bad_channel_settings",
        $"A channel has at most {SettingsMax} settings of {SettingCharsMax} characters each, and a name of at most 100.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var bot = routes.MapGroup("/fleet/bots/{id}").WithTags("Channels");
        bot.MapGet("/channels", ListAsync).Requires(s_read).WithName("botChannels");
        bot.MapPut("/channels/{channel}", PutAsync).Requires(s_write).WithName("putBotChannel");
        bot.MapDelete("/channels/{channel}", DeleteAsync).Requires(s_write).WithName("deleteBotChannel");
        bot.MapPost("/channels/{channel}/test", TestAsync).Requires(s_write).WithName("testBotChannel");
        bot.MapGet("/unsent", UnsentAsync).Requires(s_read).WithName("botUnsentReplies");
        bot.MapPost("/channels/{channel}/unsent/{turn}/{part}/send", SendAgainAsync).Requires(s_write).WithName("sendBotReplyAgain");
        bot.MapDelete("/channels/{channel}/unsent/{turn}/{part}", DiscardAsync).Requires(s_write).WithName("discardBotReply");
    }

    public static bool IsChannel(string id) => Id().IsMatch(id);

    private static async Task<Results<Ok<ChannelList>, ProblemHttpResult>> ListAsync(
        HttpContext context, string id, BotDesk desk, CancellationToken ct) =>
        (await desk.AskAsync(context.Actor(), id, BotVerbs.Channels, Nothing.Instance, ct)).ToHttp();

    private static async Task<Results<Ok<ChannelView>, Accepted<KeptChange>, ProblemHttpResult>> PutAsync(
        HttpContext context, string id, string channel, PutChannel body, BotDesk desk, CancellationToken ct)
    {
        if (Refuse(channel, body) is { } refusal) { return refusal.ToHttp(); }
        var put = await desk.TellAsync(context.Actor(), id, BotVerbs.PutChannel, Wanted(channel, body), ct);
        if (put.Problem is { } problem) { return problem.ToHttp(); }
        return put.Value!.Answer is { } view ? TypedResults.Ok(view) : BotEndpoints.Kept();
    }

    private static async Task<Results<NoContent, Accepted<KeptChange>, ProblemHttpResult>> DeleteAsync(
        HttpContext context, string id, string channel, BotDesk desk, CancellationToken ct) =>
        !IsChannel(channel)
            ? BadId.ToHttp()
            : BotEndpoints.Said(await desk.TellAsync(context.Actor(), id, BotVerbs.DeleteChannel, new(channel), ct));

    /// <summary>Whether it would work. Nothing is kept.</summary>
    private static async Task<Results<Ok<ChannelTest>, ProblemHttpResult>> TestAsync(
        HttpContext context, string id, string channel, PutChannel body, BotDesk desk, CancellationToken ct) =>
        Refuse(channel, body) is { } refusal
            ? refusal.ToHttp()
            : (await desk.AskAsync(context.Actor(), id, BotVerbs.TestChannel, Wanted(channel, body), ct)).ToHttp();

    private static async Task<Results<Ok<UnsentList>, ProblemHttpResult>> UnsentAsync(
        HttpContext context, string id, BotDesk desk, CancellationToken ct, string? channel = null) =>
        channel is not null && !IsChannel(channel)
            ? BadId.ToHttp()
            : (await desk.AskAsync(context.Actor(), id, BotVerbs.Unsent, new(channel), ct)).ToHttp();

    private static async Task<Results<NoContent, ProblemHttpResult>> SendAgainAsync(
        HttpContext context, string id, string channel, Guid turn, int part, BotDesk desk, CancellationToken ct) =>
        !IsChannel(channel)
            ? BadId.ToHttp()
            : Said(await desk.AskAsync(context.Actor(), id, BotVerbs.SendAgain, new(channel, turn, part), ct));

    private static async Task<Results<NoContent, ProblemHttpResult>> DiscardAsync(
        HttpContext context, string id, string channel, Guid turn, int part, BotDesk desk, CancellationToken ct) =>
        !IsChannel(channel)
            ? BadId.ToHttp()
            : Said(await desk.AskAsync(context.Actor(), id, BotVerbs.Discard, new(channel, turn, part), ct));

    // The bot knows what each kind needs; this only keeps what is sent to it small.
    private static Problem? Refuse(string channel, PutChannel body) =>
        !IsChannel(channel) ? BadId
        : body.Settings.Count > SettingsMax || body.Name.Length > 100
            || body.Settings.Any(setting => setting.Key.Length > 100 || setting.Value is null || setting.Value.Length > SettingCharsMax)
            ? BadSettings
            : null;

    private static ChannelPut Wanted(string channel, PutChannel body) =>
        new(channel, body.Kind, body.Name, body.IsEnabled, body.Settings);

    private static Results<NoContent, ProblemHttpResult> Said(Result<Nothing> result) =>
        result.Problem is { } problem ? problem.ToHttp() : TypedResults.NoContent();

    [GeneratedRegex(@"\A[a-z0-9_]{1,24}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Id();
}
