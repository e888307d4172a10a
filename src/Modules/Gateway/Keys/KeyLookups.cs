using Microsoft.Extensions.Logging;
using Npgsql;
using Wopr.Auth;
using Wopr.Kernel;

namespace Wopr.Gateway.Keys;

/// <summary>
/// Looks keys up in the database: many in one question, one question at a time, and a pause between two. However many
/// wrong secrets come, the database is asked no more than so often.
/// </summary>
internal sealed class KeyLookups(Db db, TenantDirectory tenants, KeyLimits limits, TimeProvider time, ILogger<KeyLookups> logger)
{
    private const int KeysPerQuestion = 1_000;
    private const int WaitingMax = 20_000;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_questionMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_awayFor = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Queue<KeyHash> _queue = new();
    private readonly Dictionary<KeyHash, TaskCompletionSource<GatewayKey?>> _waiting = [];
    private bool _isAsking;
    private volatile bool _isFailing;
    private long _failedAt;

    /// <summary>The last question failed just now.</summary>
    public bool IsAway => _isFailing && time.GetElapsedTime(Volatile.Read(ref _failedAt)) < s_awayFor;

    /// <summary>How often the database was asked.</summary>
    internal long Questions { get; private set; }

    /// <summary>Who asks for a secret that is asked for already shares the answer.</summary>
    public Task<GatewayKey?> AskAsync(KeyHash hash)
    {
        lock (_lock)
        {
            if (_waiting.TryGetValue(hash, out var there)) { return there.Task; }
            if (_waiting.Count >= WaitingMax) { return Task.FromException<GatewayKey?>(Gone("Too many keys are being looked up.")); }
            var answer = new TaskCompletionSource<GatewayKey?>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add(hash, answer);
            _queue.Enqueue(hash);
            if (!_isAsking)
            {
                _isAsking = true;
                _ = Task.Run(AskAllAsync);
            }
            return answer.Task;
        }
    }

    private async Task AskAllAsync()
    {
        while (Take() is { Length: > 0 } hashes)
        {
            try
            {
                Answer(hashes, await FindAsync(hashes));
                if (_isFailing) { KeysLog.Found(logger); }
                _isFailing = false;
            }
            catch (Exception error)
            {
                if (!_isFailing) { KeysLog.NotFound(logger, error.Message.Split('\n')[0]); }
                Volatile.Write(ref _failedAt, time.GetTimestamp());
                _isFailing = true;
                Fail(hashes, error as NpgsqlException ?? Gone("Keys cannot be looked up.", error));
            }
            await Task.Delay(s_pause);
        }
    }

    private KeyHash[] Take()
    {
        lock (_lock)
        {
            KeyHash[] hashes = new KeyHash[Math.Min(_queue.Count, KeysPerQuestion)];
            for (var index = 0; index < hashes.Length; index++) { hashes[index] = _queue.Dequeue(); }
            _isAsking = hashes.Length > 0;
            return hashes;
        }
    }

    private async Task<Dictionary<KeyHash, GatewayKey>> FindAsync(KeyHash[] hashes)
    {
        using var limit = new CancellationTokenSource(s_questionMax);
        Questions++;
        var found = await KeySql.FindAsync(db, [.. hashes.Select(hash => hash.ToArray())], limit.Token);
        if (found.Count == 0) { return []; }
        var owners = await tenants.SuspensionsAsync(db, [.. found.Select(stored => stored.Key.TenantId).Distinct()], limit.Token);
        Dictionary<KeyHash, GatewayKey> keys = [];
        foreach (var (key, hash) in found)
        {
            if (owners.TryGetValue(key.TenantId, out var isSuspended)) { keys[KeyHash.Of(hash)] = key with { IsSuspended = isSuspended }; }
        }
        await limits.PrepareAsync(keys.Values, limit.Token);
        return keys;
    }

    private void Answer(KeyHash[] hashes, Dictionary<KeyHash, GatewayKey> keys)
    {
        foreach (var (hash, waiting) in Remove(hashes)) { waiting.TrySetResult(keys.GetValueOrDefault(hash)); }
    }

    private void Fail(KeyHash[] hashes, Exception error)
    {
        foreach (var (_, waiting) in Remove(hashes))
        {
            waiting.TrySetException(error);
            // Looked at, because whoever asked may be gone.
            _ = waiting.Task.Exception;
        }
    }

    private List<(KeyHash Hash, TaskCompletionSource<GatewayKey?> Waiting)> Remove(KeyHash[] hashes)
    {
        List<(KeyHash, TaskCompletionSource<GatewayKey?>)> removed = new(hashes.Length);
        lock (_lock)
        {
            foreach (var hash in hashes)
            {
                if (_waiting.Remove(hash, out var waiting)) { removed.Add((hash, waiting)); }
            }
        }
        return removed;
    }

    // What the host knows as the database being away.
    private static NpgsqlException Gone(string sentence, Exception? error = null) => new(sentence, new TimeoutException(sentence, error));
}
