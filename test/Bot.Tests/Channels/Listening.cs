using System.Collections.Concurrent;
using Wopr.Bot.Channels;

namespace Wopr.Bot.Tests.Channels;

/// <summary>Keeps a channel running as the bot does, and a list of what it heard.</summary>
internal sealed class Listening : IAsyncDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _end = new();
    private readonly Channel _channel;
    private readonly ConcurrentDictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Task _running;

    /// <param name="mark">What an earlier process kept.</param>
    public Listening(Channel channel, string? mark = null)
    {
        (_channel, Mark) = (channel, mark);
        _running = RunAsync();
    }

    public string? Mark { get; private set; }

    /// <summary>Every message once, as turns are made of them.</summary>
    public ConcurrentQueue<ChannelMessage> Heard { get; } = new();

    /// <summary>Messages that came again.</summary>
    public int Doubles => _ids.Values.Sum(times => times - 1);

    public ConcurrentQueue<string> Accounts { get; } = new();

    public ConcurrentQueue<ChannelException> Problems { get; } = new();

    /// <summary>Why it does not try again.</summary>
    public ChannelException? Failed { get; private set; }

    /// <summary>While this is not over, nothing gets onto the disk.</summary>
    public Task DiskIsBack { get; set; } = Task.CompletedTask;

    public string[] Texts => [.. Heard.Select(message => message.Text)];

    public Task ConnectedAsync(int times = 1) =>
        Eventually.IsAsync(() => Accounts.Count >= times, () => $"connected {times} times; {Told}");

    public Task HearsAsync(params string[] texts) => Eventually.IsAsync(
        () => Texts.SequenceEqual(texts), () => $"heard {string.Join(" | ", texts)}; instead: {string.Join(" | ", Texts)}; {Told}");

    public async Task<ChannelException> FailsAsync()
    {
        await Eventually.IsAsync(() => Failed is not null, () => $"failed; {Told}");
        return Failed!;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running;
        await _channel.DisposeAsync();
    }

    private string Told => $"problems: {string.Join(" | ", Problems.Select(problem => $"{problem.Message} {problem.InnerException?.Message}"))}";

    private async Task RunAsync()
    {
        ChannelDoor door = new(Accounts.Enqueue, HearAsync, Mark, (mark, _) =>
        {
            Mark = mark;
            return Task.CompletedTask;
        });
        while (!_end.IsCancellationRequested)
        {
            try
            {
                await _channel.RunAsync(door, _end.Token);
            }
            catch (OperationCanceledException) when (_end.IsCancellationRequested) { return; }
            catch (ChannelException problem)
            {
                Problems.Enqueue(problem);
                if (problem.IsFinal) { Failed = problem; return; }
            }
            await Task.Delay(s_pause, CancellationToken.None);
        }
    }

    private async Task HearAsync(ChannelMessage message, CancellationToken ct)
    {
        await DiskIsBack.WaitAsync(ct);
        if (_ids.AddOrUpdate(message.Id, 1, (_, times) => times + 1) == 1) { Heard.Enqueue(message); }
    }
}
