using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Wopr.Kernel;

/// <summary>
/// The process's one connection that hears NOTIFY. News only makes work sooner: whoever subscribes also looks on its
/// own from time to time.
/// </summary>
public sealed class Listener(NpgsqlDataSource source, ILogger<Listener> logger) : BackgroundService
{
    private static readonly TimeSpan s_pauseAfterFault = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_silenceMax = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<Subscription, byte> _subscriptions = new();
    private CancellationTokenSource _changed = new();

    /// <summary>
    /// Calls <paramref name="heard"/> with the payload of each notification, and with null once after every
    /// (re)connect, because something may have been missed. It must be quick and not throw. Dispose to stop.
    /// </summary>
    public IDisposable On(string channel, Action<string?> heard)
    {
        if (channel.Length is 0 or > 63 || !channel.All(letter => char.IsAsciiLetterLower(letter) || letter == '_'))
        {
            throw new ArgumentException("A channel's name is lower case letters and underscores.", nameof(channel));
        }
        var subscription = new Subscription(this, channel, heard);
        _subscriptions[subscription] = 0;
        Volatile.Read(ref _changed).Cancel();
        return subscription;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var down = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(stoppingToken);
                if (down) { Log.ListenerRecovered(logger); }
                down = false;
                connection.Notification += (_, news) => Tell(news.Channel, news.Payload);
                await ListenAsync(connection, stoppingToken);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                if (!down) { Log.ListenerLost(logger, error); }
                down = true;
                await Task.Delay(s_pauseAfterFault, stoppingToken).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        }
    }

    private async Task ListenAsync(NpgsqlConnection connection, CancellationToken stopping)
    {
        HashSet<string> listening = [];
        while (true)
        {
            // Never disposed: whoever subscribes may still hold it, and it owns nothing.
            var changed = new CancellationTokenSource();
            Volatile.Write(ref _changed, changed);
            foreach (var channel in _subscriptions.Keys.Select(subscription => subscription.Channel).Distinct())
            {
                if (!listening.Add(channel)) { continue; }
#pragma warning disable CA2100 // The name was checked when somebody subscribed.
                await using var command = new NpgsqlCommand($"listen {channel}", connection);
#pragma warning restore CA2100
                await command.ExecuteNonQueryAsync(stopping);
                Tell(channel, null);
            }
            await HearAsync(connection, changed.Token, stopping);
        }
    }

    /// <summary>Until the subscriptions change. A connection that died silently is found by asking.</summary>
    private static async Task HearAsync(NpgsqlConnection connection, CancellationToken changed, CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(changed, stopping);
        while (!changed.IsCancellationRequested)
        {
            try
            {
                if (await connection.WaitAsync(s_silenceMax, either.Token)) { continue; }
            }
            catch (OperationCanceledException) when (changed.IsCancellationRequested && !stopping.IsCancellationRequested)
            {
                return;
            }
            await using var ask = new NpgsqlCommand("select 1", connection) { CommandTimeout = 5 };
            await ask.ExecuteScalarAsync(stopping);
        }
    }

    private void Tell(string channel, string? payload)
    {
        foreach (var subscription in _subscriptions.Keys.Where(subscription => subscription.Channel == channel))
        {
            try
            {
                subscription.Heard(payload);
            }
            catch (Exception error)
            {
                Log.SubscriberFailed(logger, channel, error);
            }
        }
    }

    private sealed class Subscription(Listener listener, string channel, Action<string?> heard) : IDisposable
    {
        public string Channel => channel;

        public void Heard(string? payload) => heard(payload);

        public void Dispose() => listener._subscriptions.TryRemove(this, out _);
    }
}
