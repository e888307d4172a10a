using Wopr.Bot.Model;

namespace Wopr.Bot.Tests.Model;

public sealed class ChatClientTests : IAsyncDisposable
{
    private readonly TestHome _home = new();
    private FakeModel? _model;

    public async ValueTask DisposeAsync()
    {
        if (_model is not null) { await _model.DisposeAsync(); }
        _home.Dispose();
    }

    [Fact]
    public async Task An_answer_comes_in_pieces_with_what_it_used()
    {
        var model = await ModelAsync(Replies.Say("Hel", "lo ", "\ud83d\ude00\n\"you\""));
        List<string> pieces = [];

        var answer = await model.Client(_home).AskAsync(Request(), pieces.Add, Ct);

        Assert.Equal(["Hel", "lo ", "\ud83d\ude00\n\"you\""], pieces);
        Assert.Equal(("Hello \ud83d\ude00\n\"you\"", "test/model-1", 11, 5), (answer.Text, answer.Model, answer.InputTokens, answer.OutputTokens));
        var asked = model.Asked.Single();
        Assert.Equal("Bearer key-of-a-test", asked.Authorization);
        Assert.Equal("test/model", (string?)asked.Body["model"]);
        Assert.True((bool)asked.Body["stream"]! && (bool)asked.Body["stream_options"]!["include_usage"]!);
        Assert.Equal([("system", "Be kind."), ("user", "Hello")], asked.Messages);
    }

    /// <summary>Proxies that look whether a body of known length goes on have been seen to cut the answer off.</summary>
    [Fact]
    public async Task A_request_says_itself_when_it_ends()
    {
        var model = await ModelAsync(Replies.Say("fine"));

        await model.Client(_home).AskAsync(Request(), _ => { }, Ct);

        Assert.Null(model.Asked.Single().Length);
    }

    [Fact]
    public async Task Tools_that_it_wants_are_put_together_from_their_pieces()
    {
        var model = await ModelAsync(Replies.Call(("one", """{"a":"long enough"}"""), ("two", "")));

        var answer = await model.Client(_home).AskAsync(Request(), _ => { }, Ct);

        Assert.Equal([new("c0", "one", """{"a":"long enough"}"""), new("c1", "two", "{}")], answer.Calls);
    }

    [Fact]
    public async Task Its_own_calls_and_their_results_are_shown_to_it_again()
    {
        var model = await ModelAsync(Replies.Say("fine"));
        ModelRequest request = new(Guid.CreateVersion7(),
        [
            new(Role.User, "go"), new(Role.Assistant, "", [new("c1", "look", "{}")]), new(Role.Tool, "seen", CallId: "c1"),
        ], [new("look", "Looks.", """{"type":"object"}""")]);

        await model.Client(_home).AskAsync(request, _ => { }, Ct);

        var body = model.Asked.Single().Body;
        Assert.Equal("""{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"look","arguments":"{}"}}]}""",
            body["messages"]![1]!.ToJsonString());
        Assert.Equal("""{"role":"tool","tool_call_id":"c1","content":"seen"}""", body["messages"]![2]!.ToJsonString());
        Assert.Equal("""{"type":"function","function":{"name":"look","description":"Looks.","parameters":{"type":"object"}}}""",
            body["tools"]![0]!.ToJsonString());
    }

    [Theory]
    [InlineData(402, "Your credits do not cover this. Buy credits, then try again.", true)]
    [InlineData(401, "The bot's key for the models was refused. Restart the bot to give it a new one, then try again.", true)]
    [InlineData(400, "The model did not accept this. It said: too odd", false)]
    [InlineData(404, "The bot's model is not offered. Choose another one. It said: too odd", false)]
    [InlineData(429, "The models are asked too much at the moment. Try again in a minute.", true)]
    [InlineData(500, "The model does not work at the moment. Try again in a minute.", true)]
    [InlineData(503, "The model does not work at the moment. Try again in a minute.", true)]
    public async Task A_refusal_becomes_a_sentence(int status, string sentence, bool canRetry)
    {
        var model = await ModelAsync(Replies.Refuse(status, """{"error":{"message":"too odd"}}"""));

        var refusal = await Assert.ThrowsAsync<ModelException>(() => model.Client(_home).AskAsync(Request(), _ => { }, Ct));

        Assert.Equal((sentence, canRetry), (refusal.Message, refusal.CanRetry));
        Assert.Single(model.Asked);
    }

    [Fact]
    public async Task Told_to_come_back_soon_it_waits_and_asks_again()
    {
        var model = await ModelAsync(Replies.Refuse(429, retryAfter: "0"), Replies.Refuse(429, retryAfter: "1"), Replies.Say("at last"));

        Assert.Equal("at last", (await model.Client(_home).AskAsync(Request(), _ => { }, Ct)).Text);

        Assert.Equal(3, model.Asked.Count);
    }

    [Fact]
    public async Task It_waits_twice_and_not_for_long()
    {
        var model = await ModelAsync(Replies.Refuse(429, retryAfter: "0"));
        await Assert.ThrowsAsync<ModelException>(() => model.Client(_home).AskAsync(Request(), _ => { }, Ct));
        Assert.Equal(3, model.Asked.Count);

        model.Then(Replies.Refuse(429, retryAfter: "600"));
        var refusal = await Assert.ThrowsAsync<ModelException>(() => model.Client(_home).AskAsync(Request(), _ => { }, Ct));
        Assert.Equal(4, model.Asked.Count);
        Assert.Equal("The models are asked too much at the moment. Try again in 10 minutes.", refusal.Message);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_is_not_asked_for_again()
    {
        var model = await ModelAsync(Replies.SayThenWait("half", Task.CompletedTask, breaks: true));
        List<string> pieces = [];

        var broken = await Assert.ThrowsAsync<ModelException>(() => model.Client(_home).AskAsync(Request(), pieces.Add, Ct));

        Assert.Equal((Sentences.CutOff, true), (broken.Message, broken.CanRetry));
        Assert.Equal(["half"], pieces);
        Assert.Single(model.Asked);
    }

    [Theory]
    [InlineData("data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n", Sentences.CutOff)]
    [InlineData("data: {\"error\":{\"message\":\"boom\"}}\n\n", Sentences.CutOff)]
    [InlineData("data: {\"choices\":[\n\n", Sentences.Nonsense)]
    [InlineData("data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":7}]}}]}\n\n", Sentences.Nonsense)]
    [InlineData("data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":-1}]}}]}\n\n", Sentences.Nonsense)]
    [InlineData("", Sentences.CutOff)]
    public async Task An_answer_that_is_none_is_told_so(string text, string sentence)
    {
        var model = await ModelAsync(Replies.Raw(text));

        var broken = await Assert.ThrowsAsync<ModelException>(() => model.Client(_home).AskAsync(Request(), _ => { }, Ct));

        Assert.Equal((sentence, true), (broken.Message, broken.CanRetry));
    }

    [Theory]
    [InlineData(": hello\r\n\r\nevent: x\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"fine\"},\"finish_reason\":\"stop\"}]}\r\n\r\ndata: [DONE]\r\n\r\n")]
    [InlineData("data:{\"choices\":[{\"delta\":{\"content\":\"fine\"},\"finish_reason\":\"stop\"}],\"new\":{}}\n\n")]
    [InlineData("data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"fine\"}}]}\n\ndata: [DONE]\n\n")]
    public async Task Odd_but_whole_answers_are_understood(string text)
    {
        var model = await ModelAsync(Replies.Raw(text));
        Assert.Equal("fine", (await model.Client(_home).AskAsync(Request(), _ => { }, Ct)).Text);
    }

    [Fact]
    public async Task Silence_before_and_within_an_answer_is_given_up()
    {
        var model = await ModelAsync(Replies.Silence);
        var hasty = model.Settings with { FirstByteMax = TimeSpan.FromMilliseconds(200), IdleMax = TimeSpan.FromMilliseconds(200) };

        var silent = await Assert.ThrowsAsync<ModelException>(() => model.Client(_home, hasty).AskAsync(Request(), _ => { }, Ct));
        model.Then(Replies.SayThenWait("half", new TaskCompletionSource().Task));
        hasty = hasty with { FirstByteMax = TimeSpan.FromHours(1) };
        var stalled = await Assert.ThrowsAsync<ModelException>(() => model.Client(_home, hasty).AskAsync(Request(), _ => { }, Ct).SoonAsync());

        Assert.Equal((Sentences.Silent, Sentences.Stalled), (silent.Message, stalled.Message));
    }

    [Fact]
    public async Task A_gateway_that_is_not_there_is_told_so()
    {
        var model = await ModelAsync();
        await model.DisposeAsync();

        var broken = await Assert.ThrowsAsync<ModelException>(() => model.Client(_home).AskAsync(Request(), _ => { }, Ct));

        Assert.Equal((Sentences.Unreachable, true), (broken.Message, broken.CanRetry));
    }

    [Fact]
    public async Task Without_a_key_it_says_that_there_is_no_model()
    {
        ChatClient client = new(new(), new(null, null, "m"), TimeProvider.System, _home.Log);
        Assert.Equal(Sentences.NoKey, (await Assert.ThrowsAsync<ModelException>(() => client.AskAsync(Request(), _ => { }, Ct))).Message);
    }

    [Fact]
    public async Task Whoever_gives_up_is_not_kept_waiting()
    {
        var model = await ModelAsync(Replies.Silence);
        using CancellationTokenSource stop = new();
        var asking = model.Client(_home).AskAsync(Request(), _ => { }, stop.Token);
        await Eventually.IsAsync(() => !model.Asked.IsEmpty, "the model was asked");

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking.SoonAsync());
    }

    [Fact]
    public async Task An_answer_that_does_not_end_is_cut_where_it_is_long_enough()
    {
        var model = await ModelAsync(async (_, response, ct) =>
        {
            while (true) { await Replies.SendAsync(response, $$$"""{"choices":[{"delta":{"content":"{{{new string('x', 5_000)}}}"}}]}""", ct); }
        });

        Assert.Equal(AnswerBuilder.TextMax, (await model.Client(_home).AskAsync(Request(), _ => { }, Ct)).Text.Length);
    }

    [Fact]
    public async Task The_log_has_neither_keys_nor_what_was_said()
    {
        var model = await ModelAsync(Replies.Refuse(500, "a secret of the provider"));
        await Assert.ThrowsAsync<ModelException>(() => model.Client(_home).AskAsync(Request(), _ => { }, Ct));

        Assert.Contains("the gateway answered 500", _home.Logged, StringComparison.Ordinal);
        Assert.DoesNotContain("key-of-a-test", _home.Logged, StringComparison.Ordinal);
        Assert.DoesNotContain("Hello", _home.Logged, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", _home.Logged, StringComparison.Ordinal);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static ModelRequest Request() =>
        new(Guid.CreateVersion7(), [new(Role.System, "Be kind."), new(Role.User, "Hello")], []);

    private async Task<FakeModel> ModelAsync(params Reply[] replies)
    {
        _model = await FakeModel.StartAsync();
        foreach (var reply in replies) { _model.Then(reply); }
        return _model;
    }
}
