using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Wopr.Testing;

namespace Wopr.Cli.Tests;

public sealed record Told(int Exit, string Output, string Errors)
{
    /// <summary>The last JSON object it printed.</summary>
    public JsonElement Last => JsonSerializer.Deserialize<JsonElement>(Output.Trim().Split('\n')[^1]);
}

/// <summary>A stack of its own in a temporary folder, driven through the real program; whatever it left is ended at the end.</summary>
public sealed class TestWopr : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("wopr-cli-test-").FullName;
    private readonly string _programs;
    private readonly string _origin;

    public TestWopr()
    {
        // The folder of a temporary file is closed to others, and PostgreSQL runs as another user.
        File.SetUnixFileMode(_folder, (UnixFileMode)0b111_101_101);
        Home = Path.Combine(_folder, "home");
        _programs = Path.Combine(_folder, "bin");
        Directory.CreateDirectory(_programs);
        foreach (var host in (string[])["Cli", "Platform"])
        {
            Directory.CreateSymbolicLink(Path.Combine(_programs, host), Built(host));
        }
        var ports = Enumerable.Range(0, 4).Select(_ => FreePort.Next()).ToList();
        (Port, PostgresPort) = (ports[0], ports[3]);
        string[] names = ["--platform-port", "--dashboard-port", "--sandbox-port", "--postgres-port"];
        PortWords = [.. names.Zip(ports).SelectMany(pair => (string[])[pair.First, $"{pair.Second}"])];
        Http = new(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new($"http://localhost:{Port}") };
        _origin = $"http://localhost:{ports[1]}";
    }

    public string Home { get; }
    public int Port { get; }
    public int PostgresPort { get; }
    public string[] PortWords { get; }
    public HttpClient Http { get; }
    public string EnvFile => Path.Combine(Home, ".env");
    public string Scratch(string name) => Path.Combine(_folder, name);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public Task<Told> UpAsync(params string[] words) => RunAsync(["up", "--detach", "--json", .. PortWords, .. words]);

    public async Task<Told> RunAsync(params string[] words)
    {
        using var process = Start(words);
        var output = process.StandardOutput.ReadToEndAsync(Ct);
        var errors = process.StandardError.ReadToEndAsync(Ct);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        patience.CancelAfter(TimeSpan.FromSeconds(120));
        await process.WaitForExitAsync(patience.Token);
        return new(process.ExitCode, await output, await errors);
    }

    public Process Start(params string[] words)
    {
        var start = new ProcessStartInfo(Path.Combine(_programs, "Cli", "Wopr.Cli"))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = _folder,
        };
        foreach (var word in words) { start.ArgumentList.Add(word); }
        start.Environment["WOPR_HOME"] = Home;
        start.Environment["WOPR_BIN"] = _programs;
        // What the shell has set does not count.
        start.Environment["PORT"] = "1";
        start.Environment["DATABASE_URL"] = "postgres://nobody@localhost:1/nothing";
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    public Task<HttpStatusCode> SignUpAsync(string email) =>
        PostAsync("/api/auth/sign-up/email", new { name = "A", email, password = "Testpass1" });

    public Task<HttpStatusCode> SignInAsync(string email) =>
        PostAsync("/api/auth/sign-in/email", new { email, password = "Testpass1" });

    private async Task<HttpStatusCode> PostAsync(string path, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.Add("Origin", _origin);
        return (await Http.SendAsync(request, Ct)).StatusCode;
    }

    public void Set(string name, string value) => File.WriteAllLines(EnvFile,
        File.ReadAllLines(EnvFile).Select(line => line.StartsWith($"{name}=", StringComparison.Ordinal) ? $"{name}={value}" : line));

    public string Get(string name) =>
        File.ReadLines(EnvFile).Single(line => line.StartsWith($"{name}=", StringComparison.Ordinal))[(name.Length + 1)..];

    /// <summary>Every process whose command line or settings name this stack's folder.</summary>
    public IReadOnlyList<int> Processes() =>
    [
        .. Directory.GetDirectories("/proc").Select(path => int.TryParse(Path.GetFileName(path), out var pid) ? pid : 0)
            .Where(pid => pid > 0 && pid != Environment.ProcessId && (Reads($"/proc/{pid}/cmdline") || Reads($"/proc/{pid}/environ"))),
    ];

    public async Task<bool> AllGoneAsync(TimeSpan patience)
    {
        var began = Stopwatch.GetTimestamp();
        while (Processes().Count > 0)
        {
            if (Stopwatch.GetElapsedTime(began) > patience) { return false; }
            await Task.Delay(50, Ct);
        }
        return true;
    }

    public Task<JsonElement> StatusUntilAsync(Func<JsonElement, bool> holds) =>
        UntilAsync(async () => (await RunAsync("status", "--json")).Last, holds);

    public static async Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> holds)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            var answer = await ask();
            if (holds(answer)) { return answer; }
            Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(90), $"{answer}");
            await Task.Delay(100, Ct);
        }
    }

    public static JsonElement Service(JsonElement view, string name) =>
        view.GetProperty("services").EnumerateArray().Single(service => service.GetProperty("name").GetString() == name);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        using (var down = Start("down")) { await down.WaitForExitAsync(CancellationToken.None); }
        foreach (var pid in Processes())
        {
            try { Process.GetProcessById(pid).Kill(); }
            catch (ArgumentException) { /* It ended meanwhile. */ }
        }
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Where the build of the same kind as this one lies.</summary>
    private static string Built(string host)
    {
        var kind = Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'));
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Wopr.slnx"))) { root = Path.GetDirectoryName(root)!; }
        return Path.Combine(root, "artifacts", "bin", host, kind);
    }

    private bool Reads(string file)
    {
        try { return File.ReadAllText(file).Contains(Home, StringComparison.Ordinal); }
        catch (IOException) { return false; }
        catch (UnauthorizedAccessException) { return false; }
    }
}
