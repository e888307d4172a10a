using Wopr.Sandbox.Models;
using Wopr.Testing;

namespace Wopr.Sandbox.Tests.Models;

/// <summary>What the models say, count and refuse.</summary>
public sealed class ModelAnswerTests
{
    private const string Hello = """[{"role":"user","content":"hello"}]""";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_question_has_the_same_answer_everywhere_and_every_time()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        await using var other = await TestSandbox.StartAsync(Ct);
        var (models, others) = (new TestModels(sandbox), new TestModels(other));

        async Task<string> AskAsync(TestModels at) => (await at.AskAsync(TestModels.Chat, "m?words=50")).Json
            .GetProperty("choices")[0].GetRawText();
        async Task<string> EmbedAsync(TestModels at) =>
            (await at.AskAsync(TestModels.Embeddings, "m")).Json.GetProperty("data").GetRawText();

        Assert.Equal(await AskAsync(models), await AskAsync(models));
        Assert.Equal(await AskAsync(models), await AskAsync(others));
        Assert.Equal(await EmbedAsync(models), await EmbedAsync(others));
    }

    [Fact]
    public void Texts_that_share_words_are_near_and_every_vector_has_the_length_of_one()
    {
        static float Dot(float[] left, float[] right) => left.Zip(right, (one, two) => one * two).Sum();
        var (cat, other, stocks) = (EmbeddingsWire.VectorOf("The cat sat", 256),
            EmbeddingsWire.VectorOf("the CAT, sat!", 256),
            EmbeddingsWire.VectorOf("stocks fell", 256));

        Assert.Equal(1, Dot(cat, cat), 4);
        Assert.Equal(cat, other);
        Assert.InRange(Dot(cat, stocks), -0.3, 0.3);
        Assert.Equal(1, Dot(EmbeddingsWire.VectorOf("!?", 8), EmbeddingsWire.VectorOf("!?", 8)), 4);
    }

    [Theory]
    [InlineData("", 0, "")]
    [InlineData("abcd", 1, "abcd")]
    [InlineData("abcde", 1, "abcd")]
    [InlineData("ab🌍c", 1, "ab")]
    [InlineData("ab🌍c", 2, "ab🌍c")]
    [InlineData("ééé", 1, "éé")]
    public void Four_bytes_make_a_token_and_no_character_is_cut_in_two(string text, long tokens, string cut)
    {
        Assert.Equal(cut, Tokens.Cut(text, tokens));
        Assert.True(Tokens.Of(cut) <= tokens);
    }

    [Fact]
    public async Task Input_is_counted_by_the_rule()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);
        const string tool = """{"name":"f","input_schema":{}}""";

        var counted = await models.PostAsync($"{TestModels.Messages}/count_tokens", $$$"""
            {"model":"m","system":"12345","tools":[{{{tool}}}],"messages":[{"role":"user","content":[
              {"type":"text","text":"12345678"},
              {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]}]}
            """);

        // A tool's JSON, the system prompt, and a message with a text and an image.
        Assert.Equal(((tool.Length + 3) / 4) + (4 + 2) + (4 + 2 + 765),
            counted.Json.GetProperty("input_tokens").GetInt32());
        Assert.Equal(0, (await models.LastAsync()).GetProperty("usage").GetProperty("input").GetInt64());
    }

    [Fact]
    public async Task Chunks_and_words_are_as_many_as_asked_for()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);

        var stream = await models.RawAsync(TestModels.Chat,
            TestModels.Ask(TestModels.Chat, "m?chunks=64", stream: true, "🌍"));
        var words = await models.AskAsync(TestModels.Chat, "m?words=100");

        Assert.Equal(64, stream.Events.Count(told =>
            told.Contains("\"delta\":{\"content\"", StringComparison.Ordinal)));
        Assert.DoesNotContain('�', stream.Body);
        Assert.Equal(100, words.Json.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!.Split(' ').Length);
    }

    [Theory]
    [InlineData("{", null, "We could not parse")]
    [InlineData("[]", null, "Invalid body")]
    [InlineData("{}", null, "you must provide a model parameter")]
    [InlineData("""{"model":"m"}""", "messages", "Missing required parameter")]
    [InlineData("""{"model":"m","messages":[]}""", "messages", "Invalid 'messages': empty array")]
    [InlineData("""{"model":"m","messages":"x"}""", "messages", "Invalid type for 'messages'")]
    [InlineData("""{"model":"m","messages":[{"role":"x","content":"y"}]}""", "messages[0].role", "Invalid value: 'x'")]
    [InlineData("""{"model":"m","messages":[{"role":"user"}]}""", "messages[0].content", "Invalid value for 'content'")]
    [InlineData("""{"model":"m","messages":[{"role":"tool","tool_call_id":"a","content":"y"}]}""", "messages[0].role",
        "Invalid parameter: messages with role 'tool'")]
    [InlineData($$"""{"model":"m","messages":{{Hello}},"temperature":3}""", "temperature", "Invalid 'temperature'")]
    [InlineData($$"""{"model":"m","messages":{{Hello}},"max_tokens":0}""", "max_tokens", "Invalid 'max_tokens'")]
    [InlineData($$"""{"model":"m","messages":{{Hello}},"stream":"yes"}""", "stream", "Invalid type for 'stream'")]
    [InlineData($$$"""{"model":"m","messages":{{{Hello}}},"stream_options":{}}""", "stream_options", "The 'stream_options' parameter")]
    [InlineData($$"""{"model":"m","messages":{{Hello}},"tool_choice":"auto"}""", "tool_choice", "Invalid value for 'tool_choice'")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]}""",
        "messages[0].content[0]", "Invalid 'image_url'")]
    [InlineData("""{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]}]}""",
        "messages[0].role", "An assistant message with 'tool_calls' must be followed")]
    public async Task A_chat_that_openai_refuses_is_refused_in_its_words(string body, string? param, string message)
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);

        var (status, json) = await new TestModels(sandbox).PostAsync(TestModels.Chat, body);

        var error = json.GetProperty("error");
        Assert.Equal((400, "invalid_request_error", param),
            (status, error.GetProperty("type").GetString(), error.GetProperty("param").GetString()));
        Assert.StartsWith(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "The request body is not valid JSON.")]
    [InlineData("{}", "model: Field required")]
    [InlineData("""{"model":"m"}""", "max_tokens: Field required")]
    [InlineData("""{"model":"m","max_tokens":0}""", "max_tokens: Input should be greater")]
    [InlineData("""{"model":"m","max_tokens":5}""", "messages: Field required")]
    [InlineData("""{"model":"m","max_tokens":5,"messages":[]}""", "messages: at least one message is required")]
    [InlineData("""{"model":"m","max_tokens":5,"messages":[{"role":"system","content":"x"}]}""", "messages: Unexpected role \"system\".")]
    [InlineData("""{"model":"m","max_tokens":5,"messages":[{"role":"assistant","content":"x"}]}""", "messages: first message must use")]
    [InlineData("""{"model":"m","max_tokens":5,"messages":[{"role":"user","content":[{"type":"text","text":""}]}]}""",
        "messages: text content blocks must be non-empty")]
    [InlineData("""{"model":"m","max_tokens":5,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"a"}]}]}""",
        "messages.0.content: unexpected `tool_use_id`")]
    [InlineData($$"""{"model":"m","max_tokens":5,"messages":{{Hello}},"tools":[{"name":"f"}]}""", "tools.0.custom.input_schema: Field required")]
    [InlineData($$"""{"model":"m","max_tokens":5,"messages":{{Hello}},"temperature":1.5}""", "temperature: Input should be")]
    public async Task A_message_that_anthropic_refuses_is_refused_in_its_words(string body, string message)
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);

        var (status, json) = await new TestModels(sandbox).PostAsync(TestModels.Messages, body);

        Assert.Equal((400, "error", "invalid_request_error"), (status, json.GetProperty("type").GetString(),
            json.GetProperty("error").GetProperty("type").GetString()));
        Assert.StartsWith(message, json.GetProperty("error").GetProperty("message").GetString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_is_wanted_unless_none_is_and_may_have_to_be_the_right_one()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);
        async Task<int> StatusAsync(string model, string? key)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, TestModels.Chat)
            {
                Content = new StringContent(TestModels.Ask(TestModels.Chat, model, stream: false), null,
                    "application/json"),
            };
            if (key is not null) { request.Headers.Authorization = new("Bearer", key); }
            using var answer = await sandbox.Http.SendAsync(request, Ct);
            return (int)answer.StatusCode;
        }

        Assert.Equal(401, await StatusAsync("m", null));
        Assert.Equal(200, await StatusAsync("m", "k"));
        Assert.Equal(200, await StatusAsync("m?key=none", null));
        Assert.Equal(401, await StatusAsync("m?key=other", "k"));
        Assert.Equal(200, await StatusAsync("m?key=k", "k"));
        var told = await models.PostAsync(TestModels.Chat, TestModels.Ask(TestModels.Chat, "m?key=other", false),
            key: "the-very-key");
        Assert.Contains("the-very-key", told.Json.GetProperty("error").GetProperty("message").GetString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cost_is_named_in_the_header_when_asked()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);

        var header = await models.StreamAsync(TestModels.Chat, "m?cost_header=1234567");
        var body = await models.StreamAsync(TestModels.Chat, "m?cost=1234567");

        Assert.Contains("x-openrouter-cost: 0.001234567", header.Head, StringComparison.Ordinal);
        Assert.DoesNotContain("\"cost\"", header.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("x-openrouter-cost", body.Head, StringComparison.Ordinal);
        Assert.Contains("\"cost\":0.001234567,", body.Body, StringComparison.Ordinal);
    }
}
