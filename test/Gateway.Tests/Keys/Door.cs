using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Wopr.Gateway.Tests.Keys;

/// <summary>A way to the database that can be closed: those who are through are cut off, and nobody else gets in.</summary>
internal sealed class Door : IAsyncDisposable
{
    private readonly NpgsqlConnectionStringBuilder _to;
    private readonly CancellationTokenSource _ended = new();
    private readonly List<TcpClient> _through = [];
    private readonly Lock _lock = new();
    private readonly int _port;
    private TcpListener? _listener;

    public Door(NpgsqlDataSource to)
    {
        _to = new(to.ConnectionString);
        _listener = new(IPAddress.Loopback, 0);
        _listener.Start();
        _port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = LeadAsync(_listener);
        Source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(to.ConnectionString) { Host = "127.0.0.1", Port = _port, Timeout = 2 });
    }

    public NpgsqlDataSource Source { get; }

    public async Task CloseAsync()
    {
        _listener!.Stop();
        _listener = null;
        lock (_lock)
        {
            foreach (var client in _through) { client.Dispose(); }
            _through.Clear();
        }
        await Task.Delay(50);
    }

    public void Open()
    {
        _listener = new(IPAddress.Loopback, _port);
        _listener.Start();
        _ = LeadAsync(_listener);
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        if (_listener is not null) { await CloseAsync(); }
        await Source.DisposeAsync();
        _ended.Dispose();
    }

    private async Task LeadAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(_ended.Token);
                var server = new TcpClient();
                await server.ConnectAsync(_to.Host!, _to.Port, _ended.Token);
                lock (_lock) { _through.AddRange([client, server]); }
                _ = CarryAsync(client, server);
                _ = CarryAsync(server, client);
            }
        }
        catch (Exception)
        {
            // Closed.
        }
    }

    private async Task CarryAsync(TcpClient from, TcpClient to)
    {
        try
        {
            await from.GetStream().CopyToAsync(to.GetStream(), _ended.Token);
        }
        catch (Exception)
        {
            // Cut off.
        }
        from.Dispose();
        to.Dispose();
    }
}
