using System.Diagnostics;
using Npgsql;
using Wopr.Testing;

namespace Wopr.EndToEnd.Tests;

/// <summary>A PostgreSQL server of the test's own, to be stopped at will.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("wopr-end-to-end-pg-").FullName;
    private readonly int _port = FreePort.Next();

    private Cluster() { }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<Cluster> StartAsync()
    {
        var cluster = new Cluster();
        if (Environment.UserName == "root") { await RunAsync("chown", "postgres", cluster._folder); }
        await AsOwnerAsync("initdb", "-D", cluster.Data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8");
        await cluster.StartAgainAsync();
        return cluster;
    }

    private string Data => Path.Combine(_folder, "data");

    public NpgsqlDataSource Source() =>
        NpgsqlDataSource.Create($"Host=127.0.0.1;Port={_port};Username=postgres;Database=postgres;Maximum Pool Size=10");

    public Task StartAgainAsync() => AsOwnerAsync("pg_ctl", "-w", "-D", Data, "-l", Path.Combine(_folder, "log"),
        "-o", $"-p {_port} -k {_folder} -c listen_addresses=127.0.0.1 -c max_connections=200", "start");

    /// <summary>As if its machine lost power: nobody is told, nothing is written down.</summary>
    public Task StopAsync() => AsOwnerAsync("pg_ctl", "-w", "-D", Data, "-m", "immediate", "stop");

    public async ValueTask DisposeAsync()
    {
        try
        {
            // A test that failed in between has stopped it already.
            if (File.Exists(Path.Combine(Data, "postmaster.pid"))) { await StopAsync(); }
        }
        finally
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private static Task AsOwnerAsync(string tool, params string[] words)
    {
        var folder = Directory.GetDirectories("/usr/lib/postgresql").OrderBy(path => int.Parse(Path.GetFileName(path), null)).Last();
        string[] call = [Path.Combine(folder, "bin", tool), .. words];
        return Environment.UserName == "root" ? RunAsync("runuser", ["-u", "postgres", "--", .. call]) : RunAsync(call[0], call[1..]);
    }

    // Its output goes nowhere: the server would keep a pipe open for as long as it lives.
    private static async Task RunAsync(string program, params string[] words)
    {
        var start = new ProcessStartInfo("sh", ["-c", "exec \"$@\" >/dev/null 2>&1", "sh", program, .. words]) { WorkingDirectory = "/" };
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync(CancellationToken.None);
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', words)} ended with {process.ExitCode}.");
    }
}
