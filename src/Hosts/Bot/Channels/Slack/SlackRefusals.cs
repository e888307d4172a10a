using System.Net;

namespace Wopr.Bot.Channels.Slack;

/// <summary>What Slack says no with, and what its owner has to do.</summary>
internal static class SlackRefusals
{
    private const string Settings = "At api.slack.com/apps open your app, ";

    public static ChannelException Lost() => new("The connection to Slack was lost.");

    public static ChannelException SocketModeOff() => new(
        $"Socket Mode is switched off. {Settings}go to Socket Mode, switch it on, and then save this channel again.", endsChannel: true);

    public static ChannelException MissingScopes(string scopes) => new(
        $"The bot lacks permissions in Slack. {Settings}go to OAuth & Permissions, add {scopes} under Bot Token Scopes, "
        + "press Reinstall to Workspace, and then save this channel again.", endsChannel: true);

    /// <summary>Why a request was refused.</summary>
    /// <param name="isApp">It was made with the app-level token.</param>
    public static ChannelException Of(ChatAnswer answer, bool isApp)
    {
        if (answer.Status == HttpStatusCode.TooManyRequests || answer.Body.Text("error") == "ratelimited")
        {
            return new("Slack asks the bot to slow down.", retryAfter: answer.Wait);
        }
        if (answer.Status >= HttpStatusCode.InternalServerError)
        {
            return new($"Slack has trouble of its own ({(int)answer.Status}).", mayHaveArrived: true);
        }
        return answer.Body.Text("error") switch
        {
            "invalid_auth" or "not_authed" or "token_revoked" or "token_expired" or "account_inactive" or "not_allowed_token_type" =>
                isApp ? BadAppToken() : BadBotToken(),
            "missing_scope" when isApp => new(
                $"The app-level token lacks connections:write. {Settings}go to Basic Information, make a new token under App-Level Tokens "
                + "with the scope connections:write, and put it in here.", endsChannel: true),
            "missing_scope" => MissingScopes(answer.Body.Text("needed") ?? "chat:write"),
            "not_in_channel" or "channel_not_found" => new(
                "The bot is not in that Slack channel. Write /invite and the bot's name there.", isFinal: true),
            "is_archived" => new("That Slack channel is archived.", isFinal: true),
            "restricted_action" or "restricted_action_read_only_channel" => new(
                "The bot may not write in that Slack channel. Somebody who manages the workspace can allow it.", isFinal: true),
            "forbidden_team" or "team_access_not_granted" => new(
                "The app may not be used in that Slack workspace. Somebody who manages the workspace can allow it.", endsChannel: true),
            "socket_mode_not_enabled" => SocketModeOff(),
            "internal_error" or "fatal_error" or "request_timeout" => new("Slack has trouble of its own.", mayHaveArrived: true),
            "service_unavailable" or "team_added_to_org" or "too_many_websockets" => new("Slack has trouble of its own."),
            var error => new($"Slack did not take it ({error ?? ((int)answer.Status).ToString(null, null)}).", isFinal: error is not null && !isApp),
        };
    }

    private static ChannelException BadBotToken() => new($"Slack does not accept the bot token. {Settings}"
        + "go to OAuth & Permissions, and copy the Bot User OAuth Token, which begins with xoxb-, in here.", endsChannel: true);

    private static ChannelException BadAppToken() => new($"Slack does not accept the app-level token. {Settings}"
        + "go to Basic Information, and copy a token from App-Level Tokens, which begins with xapp-, in here.", endsChannel: true);
}
