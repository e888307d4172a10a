using Wopr.Auth;
using Wopr.Kernel;

namespace Wopr.Platform;

internal static class AdminVerb
{
    /// <summary>Prints the new administrator's first password, once; nothing when one exists and <c>--if-none</c> was given.</summary>
    public static async Task<int> CreateAsync(string[] args)
    {
        if (Usage.Value(args, "--email") is not { } email) { return Usage.Show(); }
        if (Server.Build(SettingsReader.FromEnvironment()) is not { } app) { return Exit.ConfigFaults; }
        await using var _ = app;
        var admins = app.Services.GetRequiredService<FirstAdmin>();
        if (args.Contains("--if-none"))
        {
            if (await admins.CreateFirstAsync(email, CancellationToken.None) is { } first) { Console.WriteLine($"password: {first}"); }
            return Exit.Ok;
        }
        if ((await admins.CreateAsync(email, CancellationToken.None)).Succeeded(out var password, out var problem))
        {
            Console.WriteLine($"password: {password}");
            return Exit.Ok;
        }
        Console.Error.WriteLine(problem.Detail);
        return Exit.Usage;
    }
}
