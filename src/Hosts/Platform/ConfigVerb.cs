using Wopr.Kernel;

namespace Wopr.Platform;

internal static class ConfigVerb
{
    public static int Check()
    {
        if (Server.Build(SettingsReader.FromEnvironment()) is not { } app) { return Exit.ConfigFaults; }
        ((IDisposable)app).Dispose();
        Console.WriteLine("The configuration is in order.");
        return Exit.Ok;
    }

    /// <summary>Prints every fault at once; true when there is one.</summary>
    public static bool Refuse(SettingsReader settings)
    {
        if (settings.Faults.Count == 0) { return false; }
        Console.Error.WriteLine("The configuration has faults:");
        foreach (var fault in settings.Faults.Distinct()) { Console.Error.WriteLine($"  {fault}"); }
        return true;
    }
}
