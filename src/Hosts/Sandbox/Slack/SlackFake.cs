namespace Wopr.Sandbox.Slack;

/// <summary>Slack: <c>WOPR_SLACK_URL=http://localhost:3900/slack/api</c>, or a library's <c>slackApiUrl</c>, which ends in a slash.</summary>
internal static class SlackFake
{
    public static void MapSlack(this WebApplication app)
    {
        SlackWorld world = new(app.Services.GetRequiredService<TimeProvider>());
        new SlackApi(world).Map(app);
        app.Map("/slack/link", new SocketMode(world).ServeAsync);
        new SlackControls(world).Map(app);
    }
}
