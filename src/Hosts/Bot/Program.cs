using System.Runtime.InteropServices;
using Wopr.Bot;
using Wopr.Bot.Home;

const int Unhealthy = 1;
const int Usage = 64;

var time = TimeProvider.System;
switch (args)
{
    case ["health"]:
        return Heartbeat.IsFresh(Environment.GetEnvironmentVariable("WOPR_HOME") ?? "", time) ? 0 : Unhealthy;
    case ["ask"]:
        return await RestingBot.AnswerAsync(Console.OpenStandardInput(), Console.OpenStandardOutput(), Console.Error, time);
    case ["import"]:
        return await RestingBot.ImportAsync(Console.OpenStandardInput(), Console.OpenStandardOutput(), Console.Error, time);
    case []:
        break;
    default:
        await Console.Error.WriteLineAsync("Usage: wopr-bot | wopr-bot health | wopr-bot ask | wopr-bot import");
        return Usage;
}

if (BotSettings.Read(Environment.GetEnvironmentVariable, out var faults) is not { } settings)
{
    foreach (var fault in faults) { await Console.Error.WriteLineAsync(fault); }
    return BotExit.Misconfigured;
}
if (BotHome.Fault(settings) is { } refusal)
{
    await Console.Error.WriteLineAsync(refusal);
    return BotExit.Misconfigured;
}

using CancellationTokenSource stop = new();
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
try
{
    using var home = await BotHome.LockAsync(settings.Home, time, stop.Token);
    if (home is null)
    {
        await Console.Error.WriteLineAsync($"Another process of this bot uses {settings.Home}. Stop it first.");
        return BotExit.InUse;
    }
    await BotProgram.RunAsync(settings, time, new(Console.Out, time, settings.LogLevel), stop.Token);
}
catch (OperationCanceledException) when (stop.IsCancellationRequested) { }
return 0;

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
