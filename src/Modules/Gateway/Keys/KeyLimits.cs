using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wopr.Kernel;

namespace Wopr.Gateway.Keys;

/// <summary>How a key stands with its limits of a minute, for the headers of an answer.</summary>
/// <param name="RequestsMax">Null when there is no limit.</param>
/// <param name="Reset">Until the minute ends.</param>
internal readonly record struct KeyRates(long? RequestsMax, long RequestsLeft, long? TokensMax, long TokensLeft, TimeSpan Reset);

/// <summary>
/// What keys may do in a minute and spend in a day and a month. Everything is decided in memory; once a second the
/// replicas tell each other what they counted and what they hold, so that together they overshoot by a second's worth at
/// most. Within one process a budget is exact: what running requests may cost counts as spent until they end. A key with
/// a budget is refused when what the others spent could not be read for a quarter of a minute.
/// </summary>
internal sealed class KeyLimits(Db db, KeysOptions options, TimeProvider time, ILogger<KeyLimits> logger) : BackgroundService
{
    private const long TokensMax = 1_000_000_000_000;

    private static readonly TimeSpan s_syncEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_syncMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_budgetsBlindFor = TimeSpan.FromSeconds(15);

    // Longer than a key is served without being looked up, which reads its counts again.
    private static readonly TimeSpan s_followedFor = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<Id<GatewayKey>, KeyUse> _uses = new();
    private readonly SemaphoreSlim _syncing = new(1);
    private readonly Guid _teller = Guid.CreateVersion7(time.GetUtcNow());
    private List<CountRow>? _telling;
    private long _batch;
    private bool _faulty;

    /// <summary>
    /// Counts one request, and sets aside the tokens and the money it may take; or says why not, and counts nothing. Each
    /// one that was let in must be told to <see cref="Ended"/> once.
    /// </summary>
    public Problem? Admit(GatewayKey key, long tokens, Money hold)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(hold.Nanos, 0);
        var (now, wanted) = (time.GetUtcNow(), Bounded(tokens));
        while (true)
        {
            var use = Use(key.Id);
            lock (use.Gate)
            {
                if (use.IsGone) { continue; }
                use.Roll(Window.Of(now));
                use.SeenAt = time.GetTimestamp();
                if (Refusal(use, key, wanted, hold, now) is { } problem) { return problem; }
                use.Begin(wanted, hold.Nanos);
                return null;
            }
        }
    }

    /// <summary>Puts what it took in place of what was set aside.</summary>
    public void Ended(GatewayKey key, long tokensHeld, long tokensUsed, Money hold, Money charged)
    {
        while (true)
        {
            var use = Use(key.Id);
            lock (use.Gate)
            {
                if (use.IsGone) { continue; }
                use.Roll(Window.Of(time.GetUtcNow()));
                use.End(Bounded(tokensHeld), Bounded(tokensUsed), hold.Nanos, Math.Max(0, charged.Nanos));
                return;
            }
        }
    }

    public KeyRates Rates(GatewayKey key)
    {
        var now = time.GetUtcNow();
        var (requestsMax, use) = (RequestsMax(key), Use(key.Id));
        lock (use.Gate)
        {
            use.Roll(Window.Of(now));
            return new(requestsMax, Math.Max(0, requestsMax - use.Requests ?? 0), key.TokensPerMinute,
                Math.Max(0, key.TokensPerMinute - use.Tokens ?? 0), Left(now));
        }
    }

    /// <summary>Reads what the others spent, for keys that need it and have not been followed.</summary>
    public async Task PrepareAsync(IEnumerable<GatewayKey> keys, CancellationToken ct)
    {
        var asked = time.GetTimestamp();
        var unread = keys.Where(key => key.DailyBudget is not null || key.MonthlyBudget is not null)
            .Where(key => IsUnread(key.Id, asked)).Select(key => key.Id.Value).ToArray();
        if (unread.Length == 0) { return; }
        Learn(await UseSql.ReadAsync(db, _teller, unread, Window.Of(time.GetUtcNow()), ct), asked, told: false);
    }

    /// <summary>Tells the others what was counted here, and learns what they told.</summary>
    internal async Task SyncAsync(CancellationToken ct)
    {
        await _syncing.WaitAsync(ct);
        try
        {
            var asked = time.GetTimestamp();
            var window = Window.Of(time.GetUtcNow());
            // A batch whose fate is not known is told again under its number, before anything else is.
            if (_telling is null) { (_telling, _batch) = (TakeCounts(window), _batch + 1); }
            var (followed, holds, anyHeld) = Followed(window, asked);
            if (_telling.Count > 0 || followed.Length > 0 || anyHeld)
            {
                var read = await ShareAsync(_telling, holds, followed, window, ct);
                Learn(read, asked, told: true);
                foreach (var (key, tokens, nanos) in holds) { ToldHold(key, (tokens, nanos)); }
            }
            _telling = null;
        }
        finally
        {
            _syncing.Release();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.Delay(s_syncEvery, time, stoppingToken).ContinueWith(_ => { }, TaskScheduler.Default);
            if (stoppingToken.IsCancellationRequested) { break; }
            await TrySyncAsync();
        }
        // Also what was counted while the last was told.
        await TrySyncAsync();
        try
        {
            using var limit = new CancellationTokenSource(s_syncMax);
            await UseSql.EndAsync(db, _teller, limit.Token);
        }
        catch (Exception)
        {
            // Its holds end by themselves then.
        }
    }

    private async Task TrySyncAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(s_syncMax);
            await SyncAsync(limit.Token);
            if (_faulty) { KeysLog.Shared(logger); }
            _faulty = false;
        }
        catch (Exception error)
        {
            if (!_faulty) { KeysLog.NotShared(logger, error.Message.Split('\n')[0]); }
            _faulty = true;
        }
    }

    private Task<List<SharedUse>> ShareAsync(
        List<CountRow> rows, List<(Id<GatewayKey> Key, long Tokens, long Nanos)> holds, Guid[] followed, Window window,
        CancellationToken ct) => db.TransactAsync(async tx =>
        {
            var isNew = await UseSql.BeatAsync(tx, _teller, _batch, ct);
            if (isNew && rows.Count > 0) { await UseSql.AddAsync(tx, rows, ct); }
            if (holds.Count > 0) { await UseSql.HoldAsync(tx, _teller, holds, ct); }
            return await UseSql.ReadAsync(tx, _teller, followed, window, ct);
        }, ct);

    private List<CountRow> TakeCounts(Window window)
    {
        List<CountRow> rows = [];
        foreach (var use in _uses.Values)
        {
            lock (use.Gate)
            {
                use.Roll(window);
                use.Take(rows);
            }
        }
        return rows;
    }

    /// <summary>The keys that were used lately. Those that rest are let go.</summary>
    private (Guid[] Keys, List<(Id<GatewayKey>, long, long)> Holds, bool AnyHeld) Followed(Window window, long now)
    {
        List<Guid> keys = [];
        List<(Id<GatewayKey>, long, long)> holds = [];
        var anyHeld = false;
        foreach (var (id, use) in _uses)
        {
            lock (use.Gate)
            {
                use.Roll(window);
                if (use.ChangedHold is { } hold) { holds.Add((id, hold.Tokens, hold.Nanos)); }
                anyHeld |= use.HasHolds;
                var isFollowed = use.HasHolds || time.GetElapsedTime(use.SeenAt, now) < s_followedFor;
                if (isFollowed || !use.IsIdle) { keys.Add(id.Value); }
                else
                {
                    use.IsGone = true;
                    _uses.TryRemove(new(id, use));
                }
            }
        }
        return ([.. keys], holds, anyHeld || holds.Count > 0);
    }

    private void Learn(List<SharedUse> shared, long asked, bool told)
    {
        foreach (var one in shared)
        {
            if (!_uses.TryGetValue(one.Key, out var use)) { continue; }
            lock (use.Gate) { use.Learn(one, asked, told); }
        }
    }

    private void ToldHold(Id<GatewayKey> key, (long Tokens, long Nanos) hold)
    {
        if (!_uses.TryGetValue(key, out var use)) { return; }
        lock (use.Gate) { use.ToldHold(hold); }
    }

    private bool IsUnread(Id<GatewayKey> id, long now)
    {
        while (true)
        {
            var use = Use(id);
            lock (use.Gate)
            {
                if (use.IsGone) { continue; }
                use.Roll(Window.Of(time.GetUtcNow()));
                use.SeenAt = now;
                return use.ReadAt is not { } read || time.GetElapsedTime(read, now) > s_syncEvery * 2;
            }
        }
    }

    private Problem? Refusal(KeyUse use, GatewayKey key, long tokens, Money hold, DateTimeOffset now)
    {
        if (RequestsMax(key) is { } requests && use.Requests >= requests) { return KeyProblems.TooManyRequests(key, requests, Left(now)); }
        if (key.TokensPerMinute is { } most)
        {
            if (tokens > most) { return KeyProblems.NeverFits(key, tokens, most); }
            if (tokens > most - use.Tokens) { return KeyProblems.TooManyTokens(key, most, Left(now)); }
        }
        if (key.DailyBudget is null && key.MonthlyBudget is null) { return null; }
        if (use.ReadAt is not { } read || time.GetElapsedTime(read) > s_budgetsBlindFor) { return KeyProblems.BudgetUnknown; }
        if (key.DailyBudget is { } daily && hold.Nanos > daily.Nanos - use.Day) { return KeyProblems.DailyBudget(key, daily); }
        if (key.MonthlyBudget is { } monthly && hold.Nanos > monthly.Nanos - use.Month) { return KeyProblems.MonthlyBudget(key, monthly); }
        return null;
    }

    private long? RequestsMax(GatewayKey key) => key.RequestsPerMinute ?? (options.RequestsPerMinute is > 0 and var most ? most : null);

    private KeyUse Use(Id<GatewayKey> id) => _uses.GetOrAdd(id, static (id, now) => new(id) { SeenAt = now }, time.GetTimestamp());

    private static TimeSpan Left(DateTimeOffset now) => Window.Of(now).Minute.AddMinutes(1) - now;

    private static long Bounded(long tokens) => Math.Clamp(tokens, 0, TokensMax);
}
