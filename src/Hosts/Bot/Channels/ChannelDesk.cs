using Wopr.Bot.Channels.Sending;
using Wopr.Bot.Channels.Webhooks;
using Wopr.Bot.Sessions;
using Wopr.Bot.Turns;
using Wopr.Protocol;

namespace Wopr.Bot.Channels;

/// <summary>
/// Everything about channels that the rest of the bot knows of. Until it is started, and in a bot that is only asked,
/// channels can be read and changed but none runs.
/// </summary>
internal sealed class ChannelDesk : IAsyncDisposable
{
    private const string KeysLeft = "This channel came with an archive, without its keys. Put them in again to connect it.";

    private static readonly TimeSpan s_testMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_changeMax = TimeSpan.FromSeconds(2);

    private readonly string _folder;
    private readonly SessionStore _store;
    private readonly Lease _lease;
    private readonly ChannelContext _context;
    private readonly ChannelBook _book;
    private readonly ChannelInbox _inbox;
    private readonly ReplyFeed _feed;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _changing = new(1);
    private readonly Dictionary<string, ChannelSeat> _seats = new(StringComparer.Ordinal);
    private bool _isRunning;

    public ChannelDesk(string home, SessionStore store, TurnDesk desk, Lease lease, ChannelContext context)
    {
        (_folder, _store, _lease, _context) = (Path.Combine(home, "channels"), store, lease, context);
        _book = new(home, context.Time, store.SetAside, context.Log);
        _inbox = new(desk, context.Time, context.Log);
        _feed = new(store, Find, context.Time, context.Log);
        foreach (var kept in _book.All)
        {
            try { _seats[kept.Id] = Seat(kept, null); }
            // One that somebody else has written, or whose replies are not readable, must not keep the bot from starting.
            catch (Exception fault) { context.Log.ChannelBroke(kept.Id, fault); }
        }
    }

    /// <summary>Runs what is switched on, until it is told to take no more messages; then replies are still sent.</summary>
    public async Task RunAsync(CancellationToken deaf, CancellationToken ct)
    {
        lock (_gate)
        {
            _isRunning = true;
            foreach (var seat in _seats.Values.ToList()) { _seats[seat.Kept.Id] = Started(seat); }
        }
        await using var stop = deaf.UnsafeRegister(_ => StopHearing(), null);
        try
        {
            foreach (var seat in Seats()) { await _feed.CatchUpAsync(seat, ct); }
            await _feed.RunAsync(ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested) { }
    }

    public async Task StopAsync(TimeSpan patience)
    {
        lock (_gate) { _isRunning = false; }
        await Task.WhenAll(Seats().Select(seat => seat.Keeper?.StopAsync(patience) ?? Task.CompletedTask));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var seat in Seats()) { await LeaveAsync(seat); }
        _changing.Dispose();
    }

    public void Ended(TurnRecord turn)
    {
        if (Count > 0) { _feed.Ended(turn); }
    }

    /// <summary>A session that was deleted: one with its name begins anew.</summary>
    public void Forget(string session)
    {
        foreach (var seat in Seats()) { seat.Outbox.Forget(session); }
    }

    public IReadOnlyList<KeptChannel> Kept => _book.All;

    public ChannelList List() => new([.. _book.All.Select(View)]);

    public async Task<ChannelView> PutAsync(ChannelPut put, CancellationToken ct)
    {
        await _changing.WaitAsync(ct);
        try
        {
            var before = Find(put.Id);
            var checkedBefore = _book.Find(put.Id);
            var kept = _book.Put(put);
            // Said again without a change it must not be cut off.
            if (before is not null && Same(checkedBefore, kept)) { return View(kept); }
            if (before is not null) { await LeaveAsync(before); }
            else if (checkedBefore is null) { DeleteFiles(kept.Id); }
            lock (_gate)
            {
                var seat = Seat(kept, before?.Outbox);
                _seats[kept.Id] = _isRunning ? Started(seat) : seat;
            }
            return View(kept);
        }
        catch (StorageException fault) { throw Refusals.NotKept(fault); }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>With its replies. Nothing to do when there is none.</summary>
    public async Task DeleteAsync(string id, CancellationToken ct)
    {
        await _changing.WaitAsync(ct);
        try
        {
            if (!_book.Delete(id)) { return; }
            ChannelSeat? seat;
            lock (_gate) { _seats.Remove(id, out seat); }
            if (seat is not null) { await LeaveAsync(seat); }
            DeleteFiles(id);
        }
        catch (StorageException fault) { throw Refusals.NotKept(fault); }
        finally
        {
            _changing.Release();
        }
    }

    public async Task<ChannelTest> TestAsync(ChannelPut put, CancellationToken ct)
    {
        var kept = _book.Check(put);
        using CancellationTokenSource limit = new(s_testMax, _context.Time);
        using var until = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        await using var channel = ChannelKinds.Find(kept.Kind)!.Make(kept.Settings, _context);
        try { return new(true, await channel.TestAsync(until.Token), null); }
        catch (ChannelException fault) { return new(false, null, fault.Message); }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return new(false, null, "The service did not answer within 5 seconds. Try again.");
        }
        catch (Exception fault) when (!ct.IsCancellationRequested)
        {
            _context.Log.ChannelBroke(kept.Id, fault);
            return new(false, null, "Something in the bot broke on this test; its log says where.");
        }
    }

    public UnsentList Unsent(UnsentAsk ask)
    {
        List<UnsentReply> replies = [];
        var weight = 0;
        foreach (var seat in Seats().Where(seat => ask.Channel is null || seat.Kept.Id == ask.Channel))
        {
            foreach (var reply in seat.Outbox.Unsent(seat.WhyWaiting))
            {
                weight += WireSize.Of(reply.Text);
                if (weight > WireSize.PageMax && replies.Count > 0) { return new(replies, HasMore: true); }
                replies.Add(reply);
            }
        }
        return new(replies, HasMore: false);
    }

    public void SendAgain(UnsentPart part) => Decide(part, outbox => outbox.SendAgain(part.TurnId, part.Part));

    public void Discard(UnsentPart part) => Decide(part, outbox => outbox.Discard(part.TurnId, part.Part));

    public async Task<HookHeard> HearAsync(HookAsk ask, CancellationToken ct)
    {
        if (Find(ask.Channel) is not { Channel: WebhookChannel hook, Kept.IsEnabled: true } seat) { throw ChannelRefusals.NoHook(); }
        return new((await _inbox.TakeAsync(seat.Kept, hook.Read(ask), ct)).TurnId);
    }

    private int Count { get { lock (_gate) { return _seats.Count; } } }

    private IReadOnlyList<ChannelSeat> Seats() { lock (_gate) { return [.. _seats.Values]; } }

    private ChannelSeat? Find(string? id) { lock (_gate) { return id is null ? null : _seats.GetValueOrDefault(id); } }

    private void Decide(UnsentPart part, Func<Outbox, bool> decide)
    {
        if (Find(part.Channel) is not { } seat) { throw ChannelRefusals.Unknown(part.Channel); }
        try
        {
            if (!decide(seat.Outbox)) { throw ChannelRefusals.NoReply(); }
        }
        catch (StorageException fault) { throw Refusals.NotKept(fault); }
    }

    private ChannelSeat Seat(KeptChannel kept, Outbox? outbox)
    {
        Directory.CreateDirectory(_folder);
        var info = ChannelKinds.Find(kept.Kind);
        outbox ??= Outbox.Open(OutboxPath(kept.Id), kept.Id, info?.DropsDoubles ?? false,
            session => _store.Find(session) is not null, _context.Time.GetUtcNow(), _store.SetAside, _context.Log);
        return new(kept, info, outbox, ChannelSettings.LacksSecrets(kept) ? null : info?.Make(kept.Settings, _context), null);
    }

    private ChannelSeat Started(ChannelSeat seat)
    {
        if (seat is not { Kept.IsEnabled: true, Info: { } info, Channel: { } channel, Keeper: null }) { return seat; }
        var (kept, outbox) = (seat.Kept, seat.Outbox);
        OutboxSender sender = new(outbox, channel, info, kept.Id, _context.Time, _context.Log);
        return seat with
        {
            Keeper = new(kept.Id, channel, connected => new(connected,
                (message, ct) => _inbox.HearAsync(kept, outbox, message, ct), ChannelMark.Read(MarkPath(kept.Id)),
                (mark, ct) => ChannelMark.KeepAsync(MarkPath(kept.Id), mark, _context.Time, ct)), sender, _lease, _context.Time, _context.Log),
        };
    }

    private static async Task LeaveAsync(ChannelSeat seat)
    {
        if (seat.Keeper is { } keeper)
        {
            await keeper.StopAsync(s_changeMax);
            await keeper.DisposeAsync();
        }
        else if (seat.Channel is { } channel) { await channel.DisposeAsync(); }
    }

    private void StopHearing()
    {
        foreach (var seat in Seats()) { seat.Keeper?.StopHearing(); }
    }

    private ChannelView View(KeptChannel kept)
    {
        var seat = Find(kept.Id);
        var now = seat is null
            ? new(ChannelState.Failed, kept.Since, "This channel could not be set up; the log says where. Delete it, then put it in anew.", null)
            : ChannelSettings.LacksSecrets(kept) ? new(ChannelState.Failed, kept.Since, KeysLeft, null)
            : seat.Keeper?.Now ?? new(ChannelState.Off, kept.Since, null, null);
        return new(kept.Id, kept.Kind, kept.Name, kept.IsEnabled, ChannelSettings.Shown(kept), now.State, now.Since, now.Problem,
            now.Account, seat?.Outbox.Unsent(seat.WhyWaiting).Count ?? 0);
    }

    private static bool Same(KeptChannel? before, KeptChannel after) => before is not null && before with { Settings = after.Settings } == after
        && before.Settings.Count == after.Settings.Count && before.Settings.All(one => after.Settings.GetValueOrDefault(one.Key) == one.Value);

    // Also before a new one of that name begins: an earlier end may have left some.
    private void DeleteFiles(string id)
    {
        foreach (var path in (string[])[OutboxPath(id), MarkPath(id)])
        {
            if (Path.Exists(path)) { Disk.Delete(path); }
        }
    }

    private string OutboxPath(string id) => Path.Combine(_folder, $"{id}.outbox");

    private string MarkPath(string id) => Path.Combine(_folder, $"{id}.mark");
}
