using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Wopr.Bot.Channels.Webhooks;
using Wopr.Bot.Tests.Model;
using Wopr.Protocol;

namespace Wopr.Bot.Tests.Channels.Webhooks;

public sealed class WebhookTests : IAsyncLifetime
{
    private const string Secret = "a secret of a test, long enough";

    private readonly TestHome _home = new();
    private readonly ConcurrentQueue<(string Delivery, string Signature, string Body)> _posted = new();
    private readonly ConcurrentQueue<int> _answers = new();
    private FakeModel _model = null!;
    private WebApplication _receiver = null!;
    private ChannelBot _bot = null!;

    public async ValueTask InitializeAsync()
    {
        _model = await FakeModel.StartAsync();
        _model.Always((asked, response, ct) => Replies.Say($"You said: {asked.Messages[^1].Text.Split(": ")[^1]}")(asked, response, ct));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _receiver = builder.Build();
        _receiver.Urls.Add("http://127.0.0.1:0");
        _receiver.MapPost("/replies", TakeAsync);
        await _receiver.StartAsync(Ct);
        _bot = new(_home, _model.Settings, "http://127.0.0.1:9");
    }

    public async ValueTask DisposeAsync()
    {
        await _bot.DisposeAsync();
        await _receiver.DisposeAsync();
        await _model.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task What_is_posted_and_signed_is_answered_to_the_address_and_signed()
    {
        await ConnectAsync();
        var heard = await _bot.Channels.HearAsync(Post("""{"text":"Hello","conversation":"order 7","sender":"shop"}"""), Ct);
        await Eventually.IsAsync(() => _posted.Count == 1, "the reply is posted");

        var (delivery, signature, body) = _posted.Single();
        using var reply = JsonDocument.Parse(body);
        Assert.Equal(("You said: Hello", "order 7"), (reply.RootElement.GetProperty("text").GetString(), reply.RootElement.GetProperty("conversation").GetString()));
        Assert.NotEmpty(delivery);
        Assert.Null(WebhookSignature.Fault(Secret, signature, Encoding.UTF8.GetBytes(body), TimeProvider.System.GetUtcNow()));
        Assert.StartsWith("webhook-hook-h.", _bot.Bot.Store.FindTurn(heard.TurnId)!.Log.Name, StringComparison.Ordinal);
        Assert.Empty(_model.Asked.Single().Tools);
    }

    [Fact]
    public async Task The_same_delivery_is_the_same_turn_and_so_is_a_request_that_was_overheard()
    {
        await ConnectAsync();
        var first = Post("""{"text":"Hello"}""", "d1");
        var turn = (await _bot.Channels.HearAsync(first, Ct)).TurnId;
        Assert.Equal(turn, (await _bot.Channels.HearAsync(Post("""{"text":"Hello again"}""", "d1"), Ct)).TurnId);
        Assert.Equal(turn, (await _bot.Channels.HearAsync(first with { Delivery = "d2" }, Ct)).TurnId);
        Assert.Equal(turn, (await _bot.Channels.HearAsync(first with { Delivery = null, Signature = "v1=00," + first.Signature }, Ct)).TurnId);
        Assert.NotEqual(turn, (await _bot.Channels.HearAsync(Post("""{"text":"Another"}""", "d2"), Ct)).TurnId);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("v1=00")]
    [InlineData("t=x,v1=00")]
    [InlineData("wrong secret")]
    [InlineData("wrong body")]
    [InlineData("too old")]
    [InlineData("too new")]
    public async Task What_is_not_signed_rightly_is_refused(string? signature)
    {
        await ConnectAsync();
        var ask = Post("""{"text":"Hello"}""");
        var now = TimeProvider.System.GetUtcNow();
        ask = signature switch
        {
            "wrong secret" => ask with { Signature = WebhookSignature.Of("another secret", now, ask.Body) },
            "wrong body" => ask with { Body = "{\"text\":\"Hellp\"}"u8.ToArray() },
            "too old" => ask with { Signature = WebhookSignature.Of(Secret, now.AddSeconds(-310), ask.Body) },
            "too new" => ask with { Signature = WebhookSignature.Of(Secret, now.AddSeconds(310), ask.Body) },
            _ => ask with { Signature = signature },
        };
        var refused = await Assert.ThrowsAsync<LinkRefusedException>(() => _bot.Channels.HearAsync(ask, Ct));
        Assert.Equal("hook.signature", refused.Problem.Code);
        Assert.Empty(_bot.Bot.Store.List().Sessions);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"text":7}""")]
    [InlineData("""{"text":" "}""")]
    public async Task What_is_not_a_message_is_refused(string body)
    {
        await ConnectAsync();
        Assert.Equal("hook.body", (await Assert.ThrowsAsync<LinkRefusedException>(() => _bot.Channels.HearAsync(Post(body), Ct))).Problem.Code);
    }

    [Fact]
    public async Task One_that_is_switched_off_or_not_there_hears_nothing()
    {
        await ConnectAsync(isEnabled: false);
        foreach (var ask in (HookAsk[])[Post("""{"text":"Hello"}"""), Post("""{"text":"Hello"}""") with { Channel = "other" }])
        {
            Assert.Equal("hook.not_found", (await Assert.ThrowsAsync<LinkRefusedException>(() => _bot.Channels.HearAsync(ask, Ct))).Problem.Code);
        }
    }

    [Fact]
    public async Task Without_a_lease_it_says_that_it_may_be_asked_again()
    {
        await ConnectAsync();
        _bot.Bot.Lease.Lose();
        var refused = await Assert.ThrowsAsync<LinkRefusedException>(() => _bot.Channels.HearAsync(Post("""{"text":"Hello"}"""), Ct));
        Assert.True(refused.Problem.IsPassing);
    }

    [Fact]
    public async Task An_address_that_has_trouble_gets_the_same_delivery_again()
    {
        foreach (var status in (int[])[500, 0, 503]) { _answers.Enqueue(status); }
        await ConnectAsync();
        await _bot.Channels.HearAsync(Post("""{"text":"Hello"}"""), Ct);
        await Eventually.IsAsync(() => _posted.Count == 4, "it is posted until it is taken");
        Assert.Single(_posted.Select(post => post.Delivery).Distinct());
        await Eventually.IsAsync(() => _bot.View("hook").Unsent == 0, "nothing is left");
    }

    [Theory]
    [InlineData(302)]
    [InlineData(410)]
    public async Task An_address_that_refuses_or_leads_elsewhere_leaves_the_reply_unsent(int status)
    {
        _answers.Enqueue(status);
        await ConnectAsync();
        await _bot.Channels.HearAsync(Post("""{"text":"Hello"}"""), Ct);
        await Eventually.IsAsync(() => _bot.Unsent().Count == 1, "it is shown");
        Assert.Single(_posted);
        Assert.False(_bot.Unsent()[0].MayHaveArrived);
    }

    [Fact]
    public async Task A_private_address_is_never_called()
    {
        await _bot.DisposeAsync();
        _bot = new(_home, _model.Settings, "http://127.0.0.1:9", mayCallPrivate: false);
        await ConnectAsync();
        await _bot.Channels.HearAsync(Post("""{"text":"Hello"}"""), Ct);
        await Eventually.IsAsync(() => _bot.Unsent().Count == 1, "it is shown");
        Assert.Contains("private network", _bot.Unsent()[0].Problem, StringComparison.Ordinal);
        Assert.Empty(_posted);
    }

    [Fact]
    public async Task Without_an_address_it_only_hears()
    {
        await _bot.PutAsync("hook", ChannelKind.Webhook, settings: ("secret", Secret));
        await _bot.IsAsync("hook", ChannelState.Connected);
        var turn = (await _bot.Channels.HearAsync(Post("""{"text":"Hello"}"""), Ct)).TurnId;
        Assert.Equal("You said: Hello", (await _bot.Bot.OutcomeAsync(turn)).Text);
        Assert.Equal(0, _bot.View("hook").Unsent);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static HookAsk Post(string text, string? delivery = null)
    {
        var body = Encoding.UTF8.GetBytes(text);
        return new("hook", delivery, WebhookSignature.Of(Secret, TimeProvider.System.GetUtcNow(), body), body);
    }

    private async Task ConnectAsync(bool isEnabled = true)
    {
        await _bot.PutAsync("hook", ChannelKind.Webhook, isEnabled, ("secret", Secret), ("url", $"{_receiver.Urls.First()}/replies"));
        await _bot.IsAsync("hook", isEnabled ? ChannelState.Connected : ChannelState.Off);
    }

    private async Task TakeAsync(HttpContext http)
    {
        using StreamReader reader = new(http.Request.Body);
        var body = await reader.ReadToEndAsync(http.RequestAborted);
        _posted.Enqueue((http.Request.Headers["X-Wopr-Delivery"].ToString(), http.Request.Headers["X-Wopr-Signature"].ToString(), body));
        if (!_answers.TryDequeue(out var status)) { return; }
        if (status == 0) { http.Abort(); }
        else { http.Response.StatusCode = status; }
        http.Response.Headers.Location = "/elsewhere";
    }
}
