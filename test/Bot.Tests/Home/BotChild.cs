using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Wopr.Testing;

namespace Wopr.Bot.Tests.Home;

/// <summary>The real program as a process of its own.</summary>
internal sealed partial class BotChild : IDisposable
{
    private readonly Process _process;

    private BotChild(Process process) => _process = process;

    public ConcurrentQueue<string> Lines { get; } = new();

    public ConcurrentQueue<string> Errors { get; } = new();

    public bool HasExited => _process.HasExited;

    public static Dictionary<string, string> Settings(string home, Uri platform, Uri gateway, Guid bot) => new()
    {
        ["WOPR_HOME"] = home,
        ["WOPR_PLATFORM_URL"] = platform.ToString(),
        ["WOPR_BOT_ID"] = bot.ToString(),
        ["WOPR_GENERATION"] = "3",
        ["WOPR_LINK_KEY"] = "link-key-of-a-test",
        ["WOPR_GATEWAY_URL"] = gateway.ToString(),
        ["WOPR_GATEWAY_KEY"] = "gateway-key-of-a-test",
        ["WOPR_MODEL"] = "test/model",
        ["WOPR_TIMEZONE"] = "Europe/Berlin",
        ["WOPR_LOG_LEVEL"] = "debug",
    };

    public static void Mark(string home, Guid bot, int generation = 3) => File.WriteAllText(
        Path.Combine(home, ".wopr-data.json"), $$"""{"bot":"{{bot}}","generation":{{generation}}}""");

    public static BotChild Start(Dictionary<string, string> settings, params string[] arguments)
    {
        ProcessStartInfo start = new(ShippedBot.ProgramOr(AppContext.BaseDirectory), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("WOPR_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }
        foreach (var (name, value) in settings) { start.Environment[name] = value; }
        BotChild child = new(Process.Start(start)!);
        child._process.OutputDataReceived += (_, line) => { if (line.Data is { } text) { child.Lines.Enqueue(text); } };
        child._process.ErrorDataReceived += (_, line) => { if (line.Data is { } text) { child.Errors.Enqueue(text); } };
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    public void Terminate() => _ = Signal(_process.Id, 15);

    public void Kill() => _process.Kill();

    public async Task<int> ExitAsync()
    {
        await Eventually.IsAsync(() => _process.HasExited, () => $"the bot ended; it said: {string.Join('\n', Lines)}");
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) { _process.Kill(); }
        _process.WaitForExit();
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int pid, int signal);
}
