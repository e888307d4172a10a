using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Wopr.Agent.Running;
using Wopr.Kernel;

namespace Wopr.Agent;

internal static class AgentProgram
{
    private const int ConfigFaults = 4;
    private const int DataTaken = 5;

    public static async Task<int> RunAsync(SettingsReader settings)
    {
        var options = settings.Read<AgentOptions>();
        if (settings.Faults.Count > 0)
        {
            Console.Error.WriteLine("The agent does not start:");
            foreach (var fault in settings.Faults.Distinct()) { Console.Error.WriteLine($"  {fault}"); }
            return ConfigFaults;
        }
        using var loggers = LoggerFactory.Create(logging => logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.UseUtcTimestamp = true;
        }));
        if (AgentFolder.TryOpen(options.Data) is not { } folder)
        {
            Console.Error.WriteLine($"Another agent works in {options.Data}. Stop it, or give this one a folder of its own as AGENT_DATA.");
            return DataTaken;
        }
        using (folder)
        {
            using var stop = new CancellationTokenSource();
            using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, stop));
            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, stop));
            using var agent = new NodeAgent(options, folder, TimeProvider.System, loggers);
            await agent.RunAsync(stop.Token);
            return 0;
        }
    }

    private static void Stop(PosixSignalContext context, CancellationTokenSource stop)
    {
        context.Cancel = true;
        stop.Cancel();
    }
}
