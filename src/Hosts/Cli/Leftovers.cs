namespace Wopr.Cli;

/// <summary>Programs whose supervisor died before it could stop them; whoever ends them holds the lock.</summary>
internal static class Leftovers
{
    public static async Task<int> EndAsync(Home home, Screen screen, CancellationToken ct)
    {
        var found = 0;
        if (State.Read(home) is { } state && !state.Supervisor.IsAlive)
        {
            foreach (var child in state.Children.Reverse())
            {
                if (child.Process is not { IsAlive: true } process) { continue; }
                found++;
                await Posix.EndAsync(process, child.Name == ChildSpec.Database ? Posix.Interrupt : Posix.Terminate, TimeSpan.FromSeconds(10), ct);
            }
            File.Delete(home.StateFile);
        }
        if (EnvFile.TryRead(home) is { } env && Postgres.IsOurs(env))
        {
            var postgres = new Postgres(home, env);
            if (postgres.Leftover() is { } server)
            {
                found++;
                await Posix.EndAsync(server, Posix.Interrupt, TimeSpan.FromSeconds(20), ct);
            }
            postgres.RemoveSocketFolder();
        }
        if (found > 0) { screen.Say($"Ended {found} programs that were left over from a supervisor that is gone."); }
        return found;
    }
}
