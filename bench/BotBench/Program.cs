using System.Globalization;
using Wopr.BotBench;

switch (args)
{
    case ["starts", var platform, var cookie, var bot, var count]:
        return await Starts.RunAsync(new(platform), cookie, bot, Number(count));
    case ["talk", var dashboard, var cookie, var bot, var session, var warmUp, var count]:
        return await Talk.RunAsync(new(dashboard), cookie, bot, session, Number(warmUp), Number(count));
    case ["model", var gateway, var key, var model, var count]:
        return await DirectModel.RunAsync(new(gateway), key, model, Number(count));
    case ["bots", var count]:
        return IdleLinks.Make(Number(count));
    case ["links", var platform, var node, var seconds]:
        return await IdleLinks.RunAsync(new(platform), node, Number(seconds));
    default:
        Console.Error.WriteLine("starts PLATFORM COOKIE BOT COUNT | talk DASHBOARD COOKIE BOT SESSION WARM_UP COUNT | model MODELS KEY MODEL COUNT | bots COUNT | links PLATFORM NODE SECONDS");
        return 2;
}

static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
