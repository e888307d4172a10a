using Wopr.Protocol;

namespace Wopr.Dashboard.Tests;

/// <summary>What a bot keeps of its servers of tools. They take every key that does not say "wrong".</summary>
internal sealed class TestToolServers
{
    public const string WrongKey = "The server refused the key. Check the header and what it says.";

    private static readonly ToolView[] s_tools =
        [new("calendar__list_events", "What is on a day."), new("calendar__add_event", "Puts something on a day.")];

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ToolServerPut> _kept = [];

    public ToolServerPut? Kept(string name)
    {
        lock (_gate) { return _kept.Values.FirstOrDefault(server => server.Name == name); }
    }

    public void Add(LinkAnswers answers, Func<bool> isUp)
    {
        answers.On(BotVerbs.ToolServers, (_, _) => Locked(() => new ToolServerList([.. _kept.Values.Select(server => View(server, isUp()))])));
        answers.On(BotVerbs.PutToolServer, (put, _) => Locked(() =>
        {
            _kept[put.Id] = put;
            return View(put, isUp());
        }));
        answers.On(BotVerbs.DeleteToolServer, (ask, _) => Locked(() =>
        {
            _kept.Remove(ask.Id);
            return Nothing.Instance;
        }));
        answers.On(BotVerbs.TestToolServer, (put, _) => Locked(() => Problem(put) is { } problem ? new ToolServerTest([], problem) : new(s_tools, null)));
    }

    // At rest nobody is asked.
    private static ToolServerView View(ToolServerPut server, bool isUp) => new(
        server.Id, server.Name, server.Url, server.IsEnabled, [.. server.Headers.Keys], isUp && Problem(server) is null ? s_tools : [],
        isUp ? new(2031, 1, 2, 3, 4, 5, TimeSpan.Zero) : null, isUp ? Problem(server) : null);

    private static string? Problem(ToolServerPut server) =>
        server.Headers.Values.Any(value => value?.Contains("wrong", StringComparison.Ordinal) == true) ? WrongKey : null;

    private Task<T> Locked<T>(Func<T> act)
    {
        lock (_gate) { return Task.FromResult(act()); }
    }
}
