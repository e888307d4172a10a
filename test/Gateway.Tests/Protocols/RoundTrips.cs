using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Wopr.Gateway.Protocols;

namespace Wopr.Gateway.Tests.Protocols;

/// <summary>What is said in one format and translated there and back says the same; so does what is streamed.</summary>
public sealed class RoundTrips
{
    [Fact]
    public void A_request_of_Anthropics_keeps_its_meaning_over_chat() => Check(Made.MessagesRequest, request =>
    {
        foreach (var said in (JsonObject[])[request, Made.Disguised(request)])
        {
            var chat = Wire.Translated(WireFormat.Messages, WireFormat.Chat, said.ToJsonString());
            Same(request, Wire.Translated(WireFormat.Chat, WireFormat.Messages, chat.ToJsonString()));
        }
    });

    [Fact]
    public void A_chat_keeps_its_meaning_over_Anthropics() => Check(Made.MessagesRequest, request =>
    {
        // Chats that can be said in both are those that come from the other.
        var chat = Wire.Translated(WireFormat.Messages, WireFormat.Chat, request.ToJsonString());
        var back = Wire.Translated(WireFormat.Chat, WireFormat.Messages, chat.ToJsonString());
        Same(chat, Wire.Translated(WireFormat.Messages, WireFormat.Chat, back.ToJsonString()));
    });

    [Theory]
    [InlineData("low", 8000)]
    [InlineData("medium", 8000)]
    [InlineData("high", 8000)]
    [InlineData("low", 40_000)]
    [InlineData("medium", 40_000)]
    [InlineData("high", 400_000)]
    public void An_effort_keeps_its_meaning_as_a_budget(string effort, int tokens)
    {
        var there = Wire.Translated(WireFormat.Chat, WireFormat.Messages, $$"""
            {"model":"m","max_tokens":{{tokens}},"reasoning_effort":"{{effort}}","messages":[{"role":"user",
             "content":"Hi"}]}
            """);
        Assert.Equal(effort, (string?)Wire.Translated(WireFormat.Messages, WireFormat.Chat, there.ToJsonString())["reasoning_effort"]);
    }

    [Fact]
    public void A_chats_answer_says_the_same_to_a_caller_of_Messages_whole_and_streamed() => Check(Made.Answer, answer =>
        Same(Wire.Answered(WireFormat.Messages, WireFormat.Chat, answer.ChatWhole()),
            Assembled.Messages(Wire.Streamed(Stream(WireFormat.Messages, WireFormat.Chat), answer.ChatStream()))));

    [Fact]
    public void A_chats_answer_says_the_same_to_a_caller_of_Responses_whole_and_streamed() => Check(Made.Answer, answer =>
        Same(Wire.Answered(WireFormat.Responses, WireFormat.Chat, answer.ChatWhole()),
            Assembled.Responses(Wire.Streamed(Stream(WireFormat.Responses, WireFormat.Chat), answer.ChatStream()))));

    [Fact]
    public void Anthropics_answer_says_the_same_to_a_caller_of_chat_whole_and_streamed() => Check(Made.Answer, answer =>
    {
        var whole = Wire.Answered(WireFormat.Chat, WireFormat.Messages, answer.MessagesWhole());
        var streamed = Assembled.Chat(Wire.Streamed(Stream(WireFormat.Chat, WireFormat.Messages), answer.MessagesStream()), hasUsage: true);
        var choice = whole["choices"]![0]!.AsObject();
        var message = choice["message"]!.AsObject();
        foreach (var name in (string[])["role", "refusal"]) { message.Remove(name); }
        message["content"] ??= "";
        Same(new()
        {
            ["id"] = whole["id"]!.DeepClone(),
            ["model"] = whole["model"]!.DeepClone(),
            ["finish_reason"] = choice["finish_reason"]!.DeepClone(),
            ["usage"] = whole["usage"]!.DeepClone(),
            ["message"] = message.DeepClone(),
        }, streamed);
    });

    [Fact]
    public void Anthropics_answer_says_the_same_to_a_caller_of_Responses_whole_and_streamed() => Check(Made.Answer, answer =>
    {
        var whole = Wire.Answered(WireFormat.Responses, WireFormat.Messages, answer.MessagesWhole());
        var streamed = Assembled.Responses(Wire.Streamed(Stream(WireFormat.Responses, WireFormat.Messages), answer.MessagesStream()));
        foreach (var each in (JsonObject[])[whole, streamed]) { each["created_at"] = 0; }
        Same(whole, streamed);
    });

    [Fact]
    public void An_answer_keeps_its_meaning_there_and_back() => Check(Made.Answer, answer =>
    {
        var there = Wire.Answered(WireFormat.Chat, WireFormat.Messages, answer.MessagesWhole(), "m");
        var back = Wire.Answered(WireFormat.Messages, WireFormat.Chat, there.ToJsonString(), "m");
        var original = Wire.Read(Wire.Bytes(answer.MessagesWhole()));
        foreach (var name in (string[])["id", "content", "stop_reason", "usage"])
        {
            Assert.True(JsonNode.DeepEquals(original[name], back[name]), $"{original}\n{back}");
        }
    });

    [Fact]
    public void A_streamed_answer_keeps_its_meaning_there_and_back() => Check(Made.Answer, answer =>
    {
        var chunks = Wire.Streamed(Stream(WireFormat.Chat, WireFormat.Messages), answer.MessagesStream()).Select(each => each.Data);
        var back = Assembled.Messages(Wire.Streamed(Stream(WireFormat.Messages, WireFormat.Chat), chunks));
        var original = Wire.Read(Wire.Bytes(answer.MessagesWhole()));
        foreach (var name in (string[])["id", "content", "stop_reason", "usage"])
        {
            Assert.True(JsonNode.DeepEquals(original[name], back[name]), $"{original}\n{back}");
        }
    });

    private static StreamTranslation Stream(WireFormat from, WireFormat to) => Translator.Stream(from, to, "our/model", includeUsage: true);

    private static void Same(JsonObject expected, JsonObject actual) =>
        Assert.True(JsonNode.DeepEquals(expected, actual), $"{expected.ToJsonString()}\nis not\n{actual.ToJsonString()}");

    private static void Check<T>(Gen<T> gen, Action<T> holds) => Prop.ForAll(gen.ToArbitrary(), holds)
        .Check(Config.QuickThrowOnFailure.WithMaxTest(400));
}
