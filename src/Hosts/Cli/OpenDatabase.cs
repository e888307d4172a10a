namespace Wopr.Cli;

/// <summary>The stack's database for one verb: the one that is up, or started for as long as the verb takes.</summary>
internal sealed class OpenDatabase : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly FileStream? _held;
    private readonly Child? _child;

    private OpenDatabase(Postgres server, EnvFile env, FileStream? held, Child? child) =>
        (Server, Env, _held, _child) = (server, env, held, child);

    public Postgres Server { get; }
    public EnvFile Env { get; }

    public static async Task<OpenDatabase> OpenAsync(Home home, Screen screen, EnvFile env, CancellationToken ct)
    {
        var server = new Postgres(home, env);
        // A server of somebody else's is up or down as they please.
        if (!Postgres.IsOurs(env)) { return new(server, env, null, null); }
        if (State.Live(home) is not null)
        {
            await AnswersAsync(server, ct);
            return new(server, env, null, null);
        }
        var held = home.TryLock() ?? throw new Refusal(Exit.Locked, "Another ./wopr is at work here. Wait for it, then run this again.");
        Child? child = null;
        try
        {
            await Leftovers.EndAsync(home, screen, ct);
            PortCheck.NeedFree([server.Spec()], env.Path);
            await server.CreateAsync(ct);
            child = new Child(server.Spec(), new Spawner(), home, screen, TimeProvider.System, () => { });
            child.Start(Stack.Variables(env).Where(pair => !env.Values.ContainsKey(pair.Key)).ToDictionary());
            while (await server.FaultAsync(ct) is not null)
            {
                if (child.Restarts > 0) { throw new Refusal(Exit.Unhealthy, $"PostgreSQL does not start. Its last words:\n{child.Tail}"); }
                await Task.Delay(50, ct);
            }
            await server.PrepareAsync(ct);
            return new(server, env, held, child);
        }
        catch
        {
            if (child is not null) { await child.StopAsync(); }
            await held.DisposeAsync();
            throw;
        }
    }

    // It may be coming back from a crash, and then it reads its log first.
    private static async Task AnswersAsync(Postgres server, CancellationToken ct)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (await server.FaultAsync(ct) is { } fault)
        {
            if (TimeProvider.System.GetElapsedTime(began) > s_patience)
            {
                throw new Refusal(Exit.Unhealthy, $"PostgreSQL {fault}. Look at ./wopr logs postgres, then run this again.");
            }
            await Task.Delay(100, ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_child is not null)
        {
            await _child.StopAsync();
            Server.RemoveSocketFolder();
        }
        if (_held is not null) { await _held.DisposeAsync(); }
    }
}
