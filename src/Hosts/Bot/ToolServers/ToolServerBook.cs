using Wopr.Bot.Memory;
using Wopr.Protocol;

namespace Wopr.Bot.ToolServers;

/// <summary>All servers of tools that the owner gave this bot.</summary>
internal sealed class ToolServerBook : IAsyncDisposable
{
    public const int ServersMax = 10;

    private readonly Lock _gate = new();
    private readonly string _home;
    private readonly TimeProvider _time;
    private readonly Log _log;
    private readonly Lazy<HttpClient> _http;
    private readonly List<ToolServer> _servers;

    public ToolServerBook(string home, List<string> setAside, TimeProvider time, Log log)
    {
        (_home, _time, _log) = (home, time, log);
        _http = new(() => new(new BoundedAnswers(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        }))
        { Timeout = Timeout.InfiniteTimeSpan });
        _servers = [.. ToolServerFile.Load(home, time, setAside, log).Select(Make)];
    }

    public ToolServerList List() => new([.. All.Select(server => server.View)]);

    public IReadOnlyList<KeptToolServer> Kept => [.. All.Select(server => server.Kept)];

    /// <summary>What all of them offer. Asked at once, so that one that is slow keeps nobody waiting for the others.</summary>
    public async Task<IReadOnlyList<Tool>> ToolsAsync(CancellationToken ct)
    {
        var all = All;
        if (all.Count == 0) { return []; }
        var offered = await Task.WhenAll(all.Select(server => server.ToolsAsync(ct)));
        return [.. offered.SelectMany(tools => tools).DistinctBy(tool => tool.Offer.Name)];
    }

    public ToolServerView Put(ToolServerPut put)
    {
        ToolServer? before;
        ToolServer after;
        lock (_gate)
        {
            var index = _servers.FindIndex(known => known.Kept.Id == put.Id);
            if (index < 0 && _servers.Count >= ServersMax) { throw Refusals.TooManyToolServers(ServersMax); }
            before = index < 0 ? null : _servers[index];
            after = Make(ToolServerRules.Check(put, before?.Kept));
            Save([.. _servers.Where(known => known != before).Append(after)]);
        }
        Forget(before);
        return after.View;
    }

    public void Delete(string id)
    {
        ToolServer? before;
        lock (_gate)
        {
            before = _servers.Find(known => known.Kept.Id == id);
            if (before is null) { return; }
            Save([.. _servers.Where(known => known != before)]);
        }
        Forget(before);
    }

    public async Task<ToolServerTest> TestAsync(ToolServerPut put, CancellationToken ct)
    {
        ToolServer server;
        lock (_gate) { server = Make(ToolServerRules.Check(put, _servers.Find(known => known.Kept.Id == put.Id)?.Kept)); }
        await using (server) { return await server.TestAsync(ct); }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in All) { await server.DisposeAsync(); }
        if (_http.IsValueCreated) { _http.Value.Dispose(); }
    }

    private List<ToolServer> All { get { lock (_gate) { return [.. _servers]; } } }

    private ToolServer Make(KeptToolServer kept) => new(kept, _http.Value, _time, _log);

    // What it answers now is answered to its end; nobody waits for its goodbye.
    private static void Forget(ToolServer? server) => _ = server?.DisposeAsync().AsTask();

    private void Save(List<ToolServer> servers)
    {
        try { ToolServerFile.Save(_home, [.. servers.Select(server => server.Kept)]); }
        catch (StorageException fault) { throw Refusals.NotKept(fault); }
        _servers.Clear();
        _servers.AddRange(servers);
    }
}
