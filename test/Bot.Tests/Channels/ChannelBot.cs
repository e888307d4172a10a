using Wopr.Bot.Channels;
using Wopr.Bot.Model;
using Wopr.Protocol;

namespace Wopr.Bot.Tests.Channels;

/// <summary>A bot with its channels, in this process.</summary>
internal sealed class ChannelBot : IAsyncDisposable
{
    private readonly CancellationTokenSource _deaf = new();
    private readonly CancellationTokenSource _end = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
    { Timeout = Timeout.InfiniteTimeSpan };
    private readonly Task _running;
    private bool _isOver;

    /// <param name="services">Where the sandbox is.</param>
    public ChannelBot(TestHome home, ModelSettings model, string services, TimeProvider? time = null, bool leased = true, bool mayCallPrivate = true)
    {
        Bot = new(home, model, time, leased: leased);
        ChannelAddresses addresses = new(new($"{services}/discord/api/v10/"), new($"{services}/slack/api/"), new($"{services}/telegram/"));
        Channels = new(home.Path, Bot.Store, Bot.Desk, Bot.Lease, new(_http, addresses, Bot.Time, home.Log, mayCallPrivate));
        Bot.Desk.Ended = turn =>
        {
            Bot.Teller.Nudge();
            Channels.Ended(turn);
        };
        _running = Channels.RunAsync(_deaf.Token, _end.Token);
    }

    public TestBot Bot { get; }

    public ChannelDesk Channels { get; }

    public ChannelView View(string id) => Channels.List().Channels.Single(channel => channel.Id == id);

    public Task<ChannelView> PutAsync(string id, ChannelKind kind, bool isEnabled = true, params (string Name, string Value)[] settings) =>
        Channels.PutAsync(new(id, kind, $"Channel {id}", isEnabled, settings.ToDictionary(one => one.Name, one => one.Value)),
            TestContext.Current.CancellationToken).SoonAsync();

    public Task IsAsync(string id, ChannelState state) =>
        Eventually.IsAsync(() => View(id).State == state, () => $"channel {id} is {state}; it is {View(id)}");

    public IReadOnlyList<UnsentReply> Unsent(string? id = null) => Channels.Unsent(new(id)).Replies;

    public async ValueTask DisposeAsync()
    {
        if (_isOver) { return; }
        _isOver = true;
        await _deaf.CancelAsync();
        await Bot.Desk.StopAsync(TimeSpan.FromSeconds(5));
        await Channels.StopAsync(TimeSpan.FromSeconds(2));
        await _end.CancelAsync();
        await _running;
        await Channels.DisposeAsync();
        await Bot.DisposeAsync();
        _http.Dispose();
    }
}
