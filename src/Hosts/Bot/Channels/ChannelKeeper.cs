using Wopr.Bot.Channels.Sending;
using Wopr.Protocol;

namespace Wopr.Bot.Channels;

/// <summary>
/// Runs one channel for as long as the bot has a lease, again and again until it is stopped; what only its owner can mend
/// ends it. Without a lease nothing is heard and nothing is sent.
/// </summary>
internal sealed class ChannelKeeper : IAsyncDisposable
{
    private const string Quiet = "The bot has not heard from the platform, so it is quiet. It comes back by itself.";
    private const string Ended = "The service closed the connection.";
    private const string Broke = "Something in the bot broke on this channel; its log says where. It is tried again.";

    private static readonly TimeSpan s_delayMax = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_askedMax = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_healthy = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(1);

    private readonly string _id;
    private readonly Channel _channel;
    private readonly ChannelDoor _door;
    private readonly OutboxSender _sender;
    private readonly Lease _lease;
    private readonly TimeProvider _time;
    private readonly Log _log;
    private readonly CancellationTokenSource _deaf = new();
    private readonly CancellationTokenSource _quit = new();
    private readonly CancellationTokenSource _cut = new();
    private readonly Task _running;
    private readonly Lock _gate = new();
    private ChannelStanding _now;
    private long? _connectedAt;
    private int _tries;

    public ChannelKeeper(
        string id, Channel channel, Func<Action<string>, ChannelDoor> door, OutboxSender sender, Lease lease, TimeProvider time, Log log)
    {
        (_id, _channel, _sender, _lease, _time, _log) = (id, channel, sender, lease, time, log);
        _door = door(Connected);
        _now = new(ChannelState.Connecting, time.GetUtcNow(), null, null);
        _running = Task.WhenAll(Task.Run(HearAsync), Task.Run(SendAsync));
    }

    public ChannelStanding Now => Volatile.Read(ref _now);

    /// <summary>Takes no more messages; what is said goes on being sent.</summary>
    public void StopHearing() => _deaf.Cancel();

    /// <summary>Lets the piece that is being sent arrive, if it does so in time.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        await _deaf.CancelAsync();
        await _quit.CancelAsync();
        await _running.WaitAsync(patience, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _cut.CancelAsync();
        await _running.WaitAsync(s_rest, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero);
        await _channel.DisposeAsync();
    }

    private async Task HearAsync()
    {
        while (!_deaf.IsCancellationRequested)
        {
            try { await _lease.WaitAsync(_deaf.Token); }
            catch (OperationCanceledException) { return; }
            Stand(ChannelState.Connecting, null);
            if (await TryAsync() is not { } fault) { continue; }
            if (fault.IsFinal)
            {
                await FailAsync(fault);
                return;
            }
            if (Now.Problem != fault.Message) { _log.ChannelTrouble(_id, fault.Message); }
            Stand(ChannelState.Waiting, fault.Message);
            var asked = fault.RetryAfter is { } after && after > s_askedMax ? s_askedMax : fault.RetryAfter;
            await Task.Delay(asked ?? Backoff.Wait(++_tries, s_delayMax), _time, _deaf.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FailAsync(ChannelException fault)
    {
        _log.ChannelTrouble(_id, fault.Message);
        // Before the state is seen: whoever sees it knows that nothing more is heard or sent.
        await _deaf.CancelAsync();
        await _quit.CancelAsync();
        Stand(ChannelState.Failed, fault.Message);
    }

    // Null: it was told to stop, or the lease is gone.
    private async Task<ChannelException?> TryAsync()
    {
        using var until = CancellationTokenSource.CreateLinkedTokenSource(_deaf.Token, _lease.Held);
        _connectedAt = null;
        try
        {
            await _channel.RunAsync(_door, until.Token);
            return until.IsCancellationRequested ? Silenced() : new(Ended);
        }
        catch (Exception) when (until.IsCancellationRequested) { return Silenced(); }
        catch (ChannelException fault) { return fault; }
        catch (Exception fault)
        {
            _log.ChannelBroke(_id, fault);
            return new(Broke, cause: fault);
        }
        finally
        {
            if (_connectedAt is { } at && _time.GetElapsedTime(at) > s_healthy) { _tries = 0; }
        }
    }

    private ChannelException? Silenced()
    {
        if (!_deaf.IsCancellationRequested) { Stand(ChannelState.Waiting, Quiet); }
        return null;
    }

    private async Task SendAsync()
    {
        while (!_quit.IsCancellationRequested && !_cut.IsCancellationRequested)
        {
            try
            {
                await _lease.WaitAsync(_quit.Token);
                using var cut = CancellationTokenSource.CreateLinkedTokenSource(_cut.Token, _lease.Held);
                await _sender.RunAsync(_quit.Token, cut.Token);
            }
            catch (OperationCanceledException) { }
            catch (ChannelException fault)
            {
                await FailAsync(fault);
                return;
            }
            catch (Exception fault)
            {
                _log.ChannelBroke(_id, fault);
                await Task.Delay(s_delayMax, _time, _quit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Connected(string account)
    {
        _connectedAt ??= _time.GetTimestamp();
        lock (_gate)
        {
            var now = Now;
            if (now.State == ChannelState.Failed || now.State == ChannelState.Connected && now.Account == account) { return; }
            Volatile.Write(ref _now, new(ChannelState.Connected, _time.GetUtcNow(), null, account));
        }
        _log.ChannelConnected(_id);
    }

    // Once it has failed, it is over: only its owner begins it anew.
    private void Stand(ChannelState state, string? problem)
    {
        lock (_gate)
        {
            var now = Now;
            if (now.State == ChannelState.Failed || now.State == state && now.Problem == problem) { return; }
            // While it is tried again its owner goes on reading why.
            Volatile.Write(ref _now, new(state, _time.GetUtcNow(), state == ChannelState.Connecting ? now.Problem : problem, now.Account));
        }
    }
}
