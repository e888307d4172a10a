using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wopr.Kernel;

namespace Wopr.Gateway.Catalogue;

/// <summary>
/// The models there are, in memory: what a request asks never waits for the database. Changes arrive by notification,
/// a price that begins later at its time, and everything else within half a minute; while the database is away the last
/// catalogue stays.
/// </summary>
internal sealed class ModelCatalogue : BackgroundService
{
    private const string Channel = "gateway_catalogue";

    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(2);

    private readonly Db _db;
    private readonly Listener _listener;
    private readonly ProviderKeys _keys;
    private readonly IReadOnlyList<Provider> _fromSettings;
    private readonly TimeProvider _time;
    private readonly ILogger<ModelCatalogue> _logger;
    private readonly Channel<bool> _news = System.Threading.Channels.Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private CatalogueSnapshot _snapshot = CatalogueSnapshot.Empty;
    private bool _down;

    public ModelCatalogue(Db db, Listener listener, ProviderKeys keys, ProvidersOptions options, TimeProvider time,
        ILogger<ModelCatalogue> logger) =>
        (_db, _listener, _keys, _fromSettings, _time, _logger) = (db, listener, keys, options.Providers(), time, logger);

    public IReadOnlyList<ModelEntry> Models => Snapshot.Models;

    public IReadOnlyList<Provider> Providers => Snapshot.Providers;

    /// <summary>Providers as the settings have them, before operators changed anything.</summary>
    public IReadOnlyList<Provider> FromSettings => _fromSettings;

    private CatalogueSnapshot Snapshot => Volatile.Read(ref _snapshot);

    /// <param name="name">A model's id or an alias.</param>
    public ModelEntry? Find(string name) => Snapshot.Find(name);

    /// <summary>Filled before the first request when the database answers.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = _listener.On(Channel, _ => _news.Writer.TryWrite(true));
        var wait = s_retryAfter;
        while (!stoppingToken.IsCancellationRequested)
        {
            await WaitAsync(wait, stoppingToken);
            wait = await LoadAsync(stoppingToken);
        }
    }

    /// <summary>How long what was loaded is good for, without news.</summary>
    private async Task<TimeSpan> LoadAsync(CancellationToken ct)
    {
        try
        {
            var rows = await CatalogueSql.ReadAsync(_db, ct);
            Volatile.Write(ref _snapshot, CatalogueSnapshot.Of(rows, _fromSettings, _keys.Open));
            if (_down) { CatalogueLog.Recovered(_logger); }
            _down = false;
            // A moment after its time, because the two clocks do not run alike.
            return rows.NextPriceIn + TimeSpan.FromMilliseconds(10) is { } next && next < s_lookEvery ? next : s_lookEvery;
        }
        catch (Exception error) when (!ct.IsCancellationRequested)
        {
            if (!_down) { CatalogueLog.Unreachable(_logger, error.Message.Split('\n')[0]); }
            _down = true;
            return s_retryAfter;
        }
        catch (Exception) when (ct.IsCancellationRequested)
        {
            return s_retryAfter;
        }
    }

    private async Task WaitAsync(TimeSpan patience, CancellationToken stopping)
    {
        using var timer = new CancellationTokenSource(patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, timer.Token);
        try
        {
            await _news.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // Time to look.
        }
    }
}
