using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <param name="Connection">Tells it from an earlier link of the same peer.</param>
internal sealed record OpenLink(LinkPeer Peer, Link Link, Guid Connection);

/// <summary>The links that end in this replica, and the rows that say so to the others.</summary>
internal sealed class OpenLinks(
    Db db, Listener listener, InternalListener inside, IHostApplicationLifetime lifetime, TimeProvider time, LinksPace pace,
    ILogger<OpenLinks> logger) : BackgroundService
{
    private const int Doors = 16;
    private const int BeatsPerCleaning = 60;
    private const string Replaced = "replaced by a newer link";

    private readonly ConcurrentDictionary<string, OpenLink> _links = new(StringComparer.Ordinal);

    // Of two links of one peer, one enters after the other, in memory as in the database.
    private readonly SemaphoreSlim[] _doors = [.. Enumerable.Range(0, Doors).Select(_ => new SemaphoreSlim(1))];

    private bool _faulty;

    /// <summary>None is taken any more, because this replica stops.</summary>
    public bool IsLeaving => lifetime.ApplicationStopping.IsCancellationRequested;

    public int Count => _links.Count;

    public Link? Find(string peer) => _links.TryGetValue(peer, out var open) ? open.Link : null;

    public async Task EnterAsync(OpenLink open, CancellationToken ct)
    {
        var door = DoorOf(open.Peer);
        await door.WaitAsync(ct);
        try
        {
            await LinkSql.EnterAsync(db, open.Peer, inside.Url, open.Connection, ct);
            var older = Find(open.Peer.Name);
            _links[open.Peer.Name] = open;
            if (older is not null) { _ = older.CloseAsync(Replaced); }
        }
        finally
        {
            door.Release();
        }
        if (IsLeaving) { _ = open.Link.CloseAsync(Link.GoingAway); }
        LinkLog.Opened(logger, open.Peer.Name);
    }

    public async Task LeaveAsync(OpenLink open)
    {
        var door = DoorOf(open.Peer);
        await door.WaitAsync();
        try
        {
            LinkLog.Closed(logger, open.Peer.Name, open.Link.Why ?? "");
            if (!_links.TryRemove(new(open.Peer.Name, open))) { return; }
            await LinkSql.LeaveAsync(db, open.Peer, open.Connection, CancellationToken.None);
        }
        catch (Exception error)
        {
            LinkLog.NotLeft(logger, open.Peer.Name, error.Message.Split('\n')[0]);
        }
        finally
        {
            door.Release();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var leaving = lifetime.ApplicationStopping.UnsafeRegister(_ => CloseAll(), null);
        using var subscription = listener.On(LinkSql.Channel, Hear);
        using var timer = new PeriodicTimer(pace.Beat, time);
        for (var beat = 1; await TickAsync(timer, stoppingToken); beat++) { await BeatAsync(beat, stoppingToken); }
    }

    private async Task BeatAsync(int beat, CancellationToken stopping)
    {
        try
        {
            OpenLink[] open = [.. _links.Values];
            if (open.Length > 0)
            {
                var taken = await LinkSql.BeatAsync(db, inside.Url, [.. open.Select(one => one.Peer.Name)],
                    [.. open.Select(one => one.Connection)], [.. open.Select(one => one.Peer.Generation)], stopping);
                foreach (var one in open.Where(one => taken.Contains(one.Peer.Name))) { await one.Link.CloseAsync(Replaced); }
                // One that closed while this was written may have got its row back.
                foreach (var one in open.Where(one => one.Link.Why is not null))
                {
                    await LinkSql.LeaveAsync(db, one.Peer, one.Connection, stopping);
                }
            }
            if (beat % BeatsPerCleaning == 0) { await LinkSql.CleanAsync(db, stopping); }
            if (_faulty) { LinkLog.BeatAgain(logger); }
            _faulty = false;
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // The rows end by themselves.
        }
        catch (Exception error)
        {
            if (!_faulty) { LinkLog.NoBeat(logger, error.Message.Split('\n')[0]); }
            _faulty = true;
        }
    }

    // News only makes it sooner: the next beat finds out too.
    private void Hear(string? news)
    {
        if (news?.Split(' ') is not [var peer, var connection]) { return; }
        if (_links.TryGetValue(peer, out var open) && open.Connection.ToString() != connection) { _ = open.Link.CloseAsync(Replaced); }
    }

    private void CloseAll()
    {
        foreach (var open in _links.Values) { _ = open.Link.CloseAsync(Link.GoingAway); }
    }

    private SemaphoreSlim DoorOf(LinkPeer peer) => _doors[(int)((uint)peer.Name.GetHashCode(StringComparison.Ordinal) % Doors)];

    private static async Task<bool> TickAsync(PeriodicTimer timer, CancellationToken stopping)
    {
        try { return await timer.WaitForNextTickAsync(stopping); }
        catch (OperationCanceledException) { return false; }
    }
}

/// <summary>How patient links are; tests hurry them.</summary>
internal sealed record LinksPace
{
    public TimeSpan Beat { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long asks for leases are gathered before they are answered together.</summary>
    public TimeSpan Gather { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Between signs of life while a forwarded question is not answered.</summary>
    public TimeSpan ForwardBeat { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A replica that says nothing for so long has vanished.</summary>
    public TimeSpan ForwardSilence { get; init; } = TimeSpan.FromSeconds(20);
}
