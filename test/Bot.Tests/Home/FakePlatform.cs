using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Wopr.Protocol;

namespace Wopr.Bot.Tests.Home;

/// <summary>The other end of a bot's link: a real WebSocket server.</summary>
internal sealed class FakePlatform : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly LinkAnswers _answers = new();
    private volatile TaskCompletionSource<Link> _link = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private FakePlatform(WebApplication app)
    {
        _app = app;
        _answers.On(HomeVerbs.Hello, (hello, _) => Add(Hellos, hello));
        _answers.On(HomeVerbs.Ended, async (ended, ct) =>
        {
            await AnswersEnds.WaitAsync(ct);
            return await Add(Ended, ended);
        });
        _answers.On(HomeVerbs.Lease, async (ask, ct) =>
        {
            await AnswersLeases.WaitAsync(ct);
            Leases.Enqueue(ask);
            return new LeaseGiven(LeaseSeconds);
        });
    }

    public ConcurrentQueue<BotHello> Hellos { get; } = new();

    public ConcurrentQueue<LeaseAsk> Leases { get; } = new();

    public ConcurrentQueue<TurnEnded> Ended { get; } = new();

    public ConcurrentQueue<string?> Keys { get; } = new();

    public Task AnswersLeases { get; set; } = Task.CompletedTask;

    public Task AnswersEnds { get; set; } = Task.CompletedTask;

    public int LeaseSeconds { get; set; } = 15;

    public Uri Address { get; private set; } = null!;

    public Task<Link> LinkAsync() => _link.Task.SoonAsync();

    public static async Task<FakePlatform> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.UseWebSockets();
        FakePlatform platform = new(app);
        app.MapGet("/internal/link", platform.TakeAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        platform.Address = new(app.Urls.First());
        return platform;
    }

    /// <summary>Asks on whatever link there is, again until it is answered.</summary>
    public async Task<TAnswer> AskAsync<TAsk, TAnswer>(Verb<TAsk, TAnswer> verb, TAsk ask)
    {
        while (true)
        {
            var link = await LinkAsync();
            try { return await link.AskAsync(verb, ask, TestContext.Current.CancellationToken).SoonAsync(); }
            catch (LinkLostException) { }
            catch (LinkRefusedException refused) when (refused.Problem.Code is "bot.no_lease" or "bot.stopping" or "bot.busy") { }
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource soon = new(TimeSpan.FromMilliseconds(100));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext http)
    {
        Keys.Enqueue(http.Request.Headers.Authorization);
        using var socket = await http.WebSockets.AcceptWebSocketAsync(Link.Version);
        await using Link link = new(socket, _answers, TimeProvider.System);
        if (_link.Task.IsCompleted) { _link = new(TaskCreationOptions.RunContinuationsAsynchronously); }
        _link.TrySetResult(link);
        await link.RunAsync(http.RequestAborted);
        if (_link.Task.IsCompletedSuccessfully && await _link.Task == link)
        {
            _link = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private static Task<Nothing> Add<T>(ConcurrentQueue<T> to, T item)
    {
        to.Enqueue(item);
        return Task.FromResult(Nothing.Instance);
    }
}
