using System.Text.RegularExpressions;
using Wopr.Testing;

namespace Wopr.EndToEnd.Tests;

/// <summary>A machine's agent and its bots, in a folder of their own.</summary>
internal sealed partial class Node : IAsyncDisposable
{
    public const string Secret = "a secret that all nodes of the end-to-end tests share";

    private static readonly string s_bot = ShippedBot.ProgramOr(Path.GetDirectoryName(Child.Built("Bot"))!);

    private readonly string _folder = Directory.CreateTempSubdirectory("wopr-end-to-end-node-").FullName;
    private readonly Uri _platform;
    private readonly string _program;
    private Child _agent;

    private Node(Uri platform, (string Name, string Value)[] settings)
    {
        _platform = platform;
        // Bots that root starts have users of their own, which have to pass through here.
        File.SetUnixFileMode(_folder, File.GetUnixFileMode(_folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        _program = settings.Length == 0 ? s_bot : WriteProgram(settings);
        _agent = StartAgent();
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Bots => Path.Combine(_folder, "bots");

    /// <summary>What its programs said.</summary>
    public string Output => string.Join('\n', [_agent.Output, .. Directory.GetFiles(Bots, "bot.log", SearchOption.AllDirectories).Select(File.ReadAllText)]);

    /// <param name="settings">What its bots are told, whatever the platform says.</param>
    public static Node Start(Uri platform, params (string Name, string Value)[] settings) => new(platform, settings);

    /// <summary>What each of its bots occupies.</summary>
    public IReadOnlyList<long> BotMemory() => [.. BotPids().Select(pid =>
    {
        try { return File.ReadLines($"/proc/{pid}/status").FirstOrDefault(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)); }
        catch (IOException) { return null; }
    }).OfType<string>().Select(line => 1024 * long.Parse(line["VmRSS:".Length..^2], null))];

    /// <summary>A bot's conversation as it lies on the disk.</summary>
    public byte[] Session(string bot) => File.ReadAllBytes(Path.Combine(Bots, bot, "1", "data", "sessions", "main.jsonl"));

    public void KillAgent() => _agent.Kill();

    public async Task RestartAgentAsync()
    {
        await _agent.EndsAsync(Patience.Max, Ct);
        await _agent.DisposeAsync();
        _agent = StartAgent();
    }

    /// <summary>SIGKILL for one of its bots; false when none runs.</summary>
    public bool KillBot(int which)
    {
        var pids = BotPids();
        if (pids.Count == 0) { return false; }
        using var kill = System.Diagnostics.Process.Start("kill", ["-KILL", pids[which % pids.Count]]);
        kill.WaitForExit();
        return kill.ExitCode == 0;
    }

    public async ValueTask DisposeAsync()
    {
        // Its bots end with it when it is asked to stop, and not when it is killed.
        if (!_agent.IsRunning) { _agent = StartAgent(); }
        _agent.Terminate();
        await _agent.EndsAsync(Patience.Max, CancellationToken.None);
        await _agent.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private Child StartAgent() => new(Child.Built("Agent"), [], new Dictionary<string, string>
    {
        ["PLATFORM_URL"] = _platform.ToString(),
        ["NODE_SECRET"] = Secret,
        ["AGENT_DATA"] = Bots,
        ["BOT_PROGRAM"] = _program,
    });

    private List<string> BotPids() => [.. Directory.GetFiles(Bots, "process.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(note => Pid().Match(File.ReadAllText(note))).Where(pid => pid.Success).Select(pid => pid.Groups[1].Value)];

    private string WriteProgram((string Name, string Value)[] settings)
    {
        var program = Path.Combine(_folder, "bot");
        File.WriteAllLines(program, ["#!/bin/sh", .. settings.Select(one => $"export {one.Name}='{one.Value}'"), $"exec '{s_bot}'"]);
        File.SetUnixFileMode(program, (UnixFileMode)0b111_101_101);
        return program;
    }

    [GeneratedRegex("\"pid\":\\s*(\\d+)", RegexOptions.IgnoreCase)]
    private static partial Regex Pid();
}
