using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Channels;
using Wopr.Bot.Sessions;
using Wopr.Protocol;

namespace Wopr.Bot.Turns;

/// <summary>Says the end of a turn to the platform; returns when it was answered.</summary>
internal delegate Task TellEnded(TurnEnded ended, CancellationToken ct);

/// <summary>
/// Says every turn's end until it is answered, across restarts. told.json has the number of the last answer of each
/// session that the platform knows of; when it is old or lost, some ends are said again, which changes nothing.
/// </summary>
internal sealed class Teller
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(2);

    private readonly SessionStore _store;
    private readonly TellEnded _tell;
    private readonly TimeProvider _time;
    private readonly Log _log;
    private readonly string _path;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _told;
    private readonly Channel<bool> _nudges = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public Teller(string home, SessionStore store, TellEnded tell, TimeProvider time, Log log)
    {
        (_store, _tell, _time, _log, _path) = (store, tell, time, log, Path.Combine(home, "told.json"));
        _told = Load();
        foreach (var gone in _told.Keys.Where(name => store.Find(name) is null).ToList()) { _told.Remove(gone); }
    }

    /// <summary>A session that was deleted: one with its name begins anew.</summary>
    public void Forget(string session)
    {
        lock (_gate) { _told.Remove(session); }
    }

    public void Nudge() => _nudges.Writer.TryWrite(true);

    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                foreach (var turn in Untold()) { await TellAsync(turn, ct); }
                await _nudges.Reader.ReadAsync(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested) { }
            catch (Exception fault)
            {
                _log.LoopBroke("Telling ends", fault);
                await Task.Delay(s_again, _time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Waits a little until everything is said.</summary>
    public async Task EmptyAsync(TimeSpan patience)
    {
        using CancellationTokenSource until = new(patience, _time);
        while (!until.IsCancellationRequested && Untold().Count > 0)
        {
            await Task.Delay(s_look, _time, until.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task TellAsync(TurnRecord turn, CancellationToken ct)
    {
        if (turn.ReadOutcome() is not { } outcome) { return; }
        try { await _tell(new(turn.Id, turn.Log.Name, outcome), ct); }
        catch (LinkRefusedException refused) { _log.NotTold(turn.Id, refused.Problem.Code); }
        byte[] told;
        lock (_gate)
        {
            if (!turn.Log.IsDeleted) { _told[turn.Log.Name] = turn.Answer; }
            told = JsonSerializer.SerializeToUtf8Bytes(_told, ToldJson.Default.DictionaryStringInt64);
        }
        Disk.Replace(_path, told, isFlushed: false);
    }

    private IReadOnlyList<TurnRecord> Untold()
    {
        lock (_gate) { return _store.AnsweredAfter(_told); }
    }

    private Dictionary<string, long> Load()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(_path), ToldJson.Default.DictionaryStringInt64) ?? [];
        }
        catch (FileNotFoundException) { return []; }
        catch (Exception fault) when (fault is JsonException or IOException or UnauthorizedAccessException)
        {
            _log.FileSetAside("told.json", Disk.SetAside(_path, _time.GetUtcNow()) ?? _path, fault.GetType().Name);
            return [];
        }
    }
}

[JsonSerializable(typeof(Dictionary<string, long>))]
internal sealed partial class ToldJson : JsonSerializerContext;
