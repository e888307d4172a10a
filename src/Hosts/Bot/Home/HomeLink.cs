using Wopr.Protocol;

namespace Wopr.Bot.Home;

/// <summary>The link to the platform, and the lease that comes over it.</summary>
internal sealed class HomeLink
{
    private const int LeaseSecondsMax = 15;

    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(5);

    private readonly BotSettings _settings;
    private readonly Lease _lease;
    private readonly string _version;
    private readonly TimeProvider _time;
    private readonly Log _log;
    private readonly LinkClient _client;
    private readonly TaskCompletionSource _outdated = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public HomeLink(BotSettings settings, LinkAnswers answers, Lease lease, string version, TimeProvider time, Log log)
    {
        (_settings, _lease, _version, _time, _log) = (settings, lease, version, time, log);
        _client = new(new(settings.Platform, settings.LinkKey, time) { Says = log.Link }, answers, GreetAsync);
    }

    /// <summary>Ends when the platform says that this generation gets no lease any more.</summary>
    public Task Outdated => _outdated.Task;

    public Task RunAsync(CancellationToken ct) => Task.WhenAll(_client.RunAsync(ct), RenewAsync(ct));

    public Task TellEndedAsync(TurnEnded ended, CancellationToken ct) => _client.AskAsync(HomeVerbs.Ended, ended, ct);

    // With the lease at once, so that a bot works from the moment it is there.
    private async Task GreetAsync(Link link, CancellationToken ct)
    {
        await link.AskAsync(HomeVerbs.Hello, new(_settings.BotId, _settings.Generation, _version), ct);
        await AskLeaseAsync(link, ct);
    }

    private async Task RenewAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            await Task.Delay(s_every, _time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ct.IsCancellationRequested || _client.Current is not { } link) { continue; }
            using CancellationTokenSource patience = new(s_every, _time);
            using var until = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
            await AskLeaseAsync(link, until.Token);
        }
    }

    private async Task AskLeaseAsync(Link link, CancellationToken ct)
    {
        // Counted from before it was asked for: whoever grants it counts from later.
        var asked = _time.GetTimestamp();
        try
        {
            var given = await link.AskAsync(HomeVerbs.Lease, new(_settings.Generation), ct);
            if (given.Seconds > 0)
            {
                _lease.Renew(asked, TimeSpan.FromSeconds(Math.Min(given.Seconds, LeaseSecondsMax)));
                return;
            }
            _lease.Lose();
            _outdated.TrySetResult();
        }
        catch (LinkLostException) { _log.LeaseNotAsked("the link was lost"); }
        catch (LinkRefusedException refused) { _log.LeaseNotAsked(refused.Problem.Code); }
        catch (OperationCanceledException) { _log.LeaseNotAsked("no answer in time"); }
    }
}
