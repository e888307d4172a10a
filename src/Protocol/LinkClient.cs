namespace Wopr.Protocol;

/// <summary>Keeps one link open for ever: when it is lost, another is made, soon at first and ever slower.</summary>
public sealed class LinkClient
{
    private static readonly TimeSpan s_goneAwayMax = TimeSpan.FromSeconds(1);

    private readonly Func<CancellationToken, Task<IFrames>> _dial;
    private readonly LinkAnswers _answers;
    private readonly Func<Link, CancellationToken, Task> _greet;
    private readonly Action<string> _says;
    private readonly TimeProvider _time;
    private readonly LinkPace _pace;
    private readonly Random _random;

    private readonly Lock _gate = new();
    private TaskCompletionSource<Link> _linked = new();
    private Link? _current;
    private string? _saidLast;

    /// <param name="greet">
    /// Says who we are on a new link, before anything else is asked over it. When it fails the link is given up.
    /// </param>
    public LinkClient(LinkTarget target, LinkAnswers answers, Func<Link, CancellationToken, Task> greet)
        : this(target.DialAsync, answers, greet, target.Says, target.Time, LinkPace.Usual, Random.Shared)
    {
    }

    internal LinkClient(
        Func<CancellationToken, Task<IFrames>> dial, LinkAnswers answers, Func<Link, CancellationToken, Task> greet,
        Action<string> says, TimeProvider time, LinkPace pace, Random random) =>
        (_dial, _answers, _greet, _says, _time, _pace, _random) = (dial, answers, greet, says, time, pace, random);

    /// <summary>The link that is open and greeted; null while there is none.</summary>
    public Link? Current => Volatile.Read(ref _current);

    /// <summary>Until it is cancelled, which closes the link.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var failures = 0;
        while (!ct.IsCancellationRequested)
        {
            var began = _time.GetTimestamp();
            var why = await OnceAsync(ct);
            if (ct.IsCancellationRequested) { return; }
            if (_time.GetElapsedTime(began) >= _pace.Healthy) { failures = 0; }
            var pause = why == Link.GoingAway ? _random.NextDouble() * s_goneAwayMax : Pause(failures++);
            Say($"There is no link to the platform: {why}. It is tried again until there is.");
            try { await Task.Delay(pause, _time, ct); }
            catch (OperationCanceledException) { return; }
        }
    }

    /// <summary>Waits for a link, and asks again on the next when it is lost, until it is answered, refused or cancelled.</summary>
    /// <exception cref="LinkRefusedException">The other end does not do it.</exception>
    public async Task<TAnswer> AskAsync<TAsk, TAnswer>(Verb<TAsk, TAnswer> verb, TAsk ask, CancellationToken ct)
    {
        while (true)
        {
            Task<Link> linked;
            lock (_gate) { linked = _linked.Task; }
            var link = await linked.WaitAsync(ct);
            try
            {
                return await link.AskAsync(verb, ask, ct);
            }
            catch (LinkLostException)
            {
                await Task.Delay(_pace.AskAgain * (0.5 + _random.NextDouble()), _time, ct);
            }
        }
    }

    /// <summary>Why there is no link any more.</summary>
    private async Task<string> OnceAsync(CancellationToken ct)
    {
        IFrames frames;
        try
        {
            using var patience = new CancellationTokenSource(_pace.Dial, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
            frames = await _dial(either.Token);
        }
        catch (Exception error)
        {
            return error is OperationCanceledException ? "the platform does not answer" : error.Message;
        }
        await using var link = new Link(frames, _answers, _time, _pace);
        var running = link.RunAsync(ct);
        if (await GreetAsync(link, ct) is { } fault) { await link.CloseAsync(fault); }
        else { Publish(link); }
        await running;
        Withdraw(link);
        return link.Why!;
    }

    /// <summary>Null when it went well.</summary>
    private async Task<string?> GreetAsync(Link link, CancellationToken ct)
    {
        try
        {
            using var patience = new CancellationTokenSource(_pace.Dial, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
            await _greet(link, either.Token);
            return null;
        }
        catch (OperationCanceledException)
        {
            return "the platform does not answer";
        }
        catch (Exception error)
        {
            return link.Why ?? error.Message;
        }
    }

    private void Publish(Link link)
    {
        Say("There is a link to the platform.");
        TaskCompletionSource<Link> waiting;
        lock (_gate) { (_current, waiting) = (link, _linked); }
        waiting.SetResult(link);
    }

    private void Withdraw(Link link)
    {
        lock (_gate)
        {
            if (_current != link) { return; }
            _current = null;
            _linked = new();
        }
    }

    // An outage is told once, not at every attempt.
    private void Say(string sentence)
    {
        if (_saidLast == sentence) { return; }
        _saidLast = sentence;
        _says(sentence);
    }

    private TimeSpan Pause(int failures)
    {
        var whole = _pace.RetryFirst * Math.Pow(2, Math.Min(failures, 16));
        if (whole > _pace.RetryMax) { whole = _pace.RetryMax; }
        return whole * (0.5 + (_random.NextDouble() / 2));
    }
}
