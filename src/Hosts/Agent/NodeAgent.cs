using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Wopr.Agent.Keeping;
using Wopr.Agent.Running;
using Wopr.Agent.Telling;
using Wopr.Protocol;

namespace Wopr.Agent;

/// <summary>One node: its bots, and the link over which it hears what they should be and tells what they are.</summary>
internal sealed class NodeAgent : IDisposable
{
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(2);

    private readonly AgentOptions _options;
    private readonly NodeBots _bots;
    private readonly LinkClient _client;
    private readonly Reports _reports;
    private readonly Shipping _shipping;
    private readonly RestingBots _resting;
    private readonly Imports _imports;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;

    public NodeAgent(AgentOptions options, AgentFolder folder, TimeProvider time, ILoggerFactory loggers)
    {
        (_options, _time, _logger) = (options, time, loggers.CreateLogger<NodeAgent>());
        Spawner spawner = new(options, folder);
        if (spawner.Closed is { } closed) { Log.RunsAsRoot(_logger, closed); }
        _bots = new(folder, spawner, time, loggers.CreateLogger<NodeBots>());
        var answers = new LinkAnswers { Failed = (verb, error) => Log.AnswerFailed(_logger, verb, error) };
        answers.On(NodeVerbs.Bots, (specs, _) =>
        {
            _bots.Take(specs);
            return Task.FromResult(Nothing.Instance);
        });
        answers.On(NodeVerbs.Logs, new BotLogs(_bots, time).Follow);
        _resting = new(_bots, spawner, time);
        answers.On(NodeVerbs.Ask, _resting.AskAsync);
        answers.On(NodeVerbs.Follow, _resting.FollowAsync);
        _imports = new(_bots, spawner, time, _logger);
        answers.On(NodeVerbs.ImportPiece, _imports.TakeAsync);
        answers.On(NodeVerbs.Import, _imports.ImportAsync);
        _client = new(new(options.PlatformUrl, Key(options), time) { Says = sentence => Log.Link(_logger, sentence) }, answers, GreetAsync);
        _reports = new(_bots, _client, time, _logger);
        _shipping = new(_bots, _client, time, _logger);
    }

    /// <summary>Until it is stopped. Then bots stop too, unless they are to be kept.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        Log.Started(_logger, _options.NodeId, _options.Data);
        _bots.Adopt();
        using var over = new CancellationTokenSource();
        Task[] telling = [_client.RunAsync(over.Token), _reports.RunAsync(over.Token), _shipping.RunAsync(over.Token)];
        await Task.Delay(Timeout.InfiniteTimeSpan, _time, ct).ContinueWith(_ => { }, TaskScheduler.Default);
        Log.Stopping(_logger, _options.KeepsBots ? "live on" : "stop too");
        await _bots.EndAsync(stopThem: !_options.KeepsBots);
        await _reports.TellAsync(s_farewell);
        await over.CancelAsync();
        await Task.WhenAll(telling);
    }

    public void Dispose()
    {
        _resting.Dispose();
        _imports.Dispose();
        _bots.Dispose();
    }

    private async Task GreetAsync(Link link, CancellationToken ct)
    {
        var version = typeof(NodeAgent).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
        await link.AskAsync(FleetVerbs.Hello, new(_options.NodeId, version, "process", Environment.ProcessorCount,
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes), ct);
        // At once, so that the platform does not take what it knew last for what is.
        _reports.Nudge();
    }

    private static string Key(AgentOptions options)
    {
        var mac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(options.NodeSecret), Encoding.UTF8.GetBytes($"node-link:{options.NodeId}"));
        return $"wopr_node_{options.NodeId}_{Convert.ToHexStringLower(mac)}";
    }
}
