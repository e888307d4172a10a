namespace Wopr.Sandbox.Discord;

/// <summary>Discord: <c>WOPR_DISCORD_URL=http://localhost:3900/discord/api/v10</c>, or a library's <c>rest.api</c> without the version.</summary>
internal static class DiscordFake
{
    public static void MapDiscord(this WebApplication app)
    {
        DiscordWorld world = new(app.Services.GetRequiredService<TimeProvider>());
        Gateway gateway = new(world);
        new DiscordApi(world).Map(app);
        app.Map("/discord/gateway/{name?}", gateway.ServeAsync);
        new DiscordControls(world).Map(app);
    }
}
