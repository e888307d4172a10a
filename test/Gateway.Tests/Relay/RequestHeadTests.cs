using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Wopr.Gateway.Protocols;
using Wopr.Gateway.Relay;
using Wopr.Gateway.Tests.Routing;

namespace Wopr.Gateway.Tests.Relay;

public sealed class RequestHeadTests
{
    [Fact]
    public void What_is_needed_is_found_and_nothing_else_is_touched()
    {
        const string Body = """ { "messages" : [{"role":"user","content":"hi","extra":{"model":"other"}}], "model":"a\/b" , "stream":true,"max_tokens":7} """;
        var head = Read(Body);

        Assert.Equal(("a/b", true, false, 7L), (head.Model, head.Streams, head.WantsUsage, head.OutputMax!.Value));
        Assert.Equal(""" {"stream_options":{"include_usage":true}, "messages" : [{"role":"user","content":"hi","extra":{"model":"other"}}], "model":"x \u0022y" , "stream":true,"max_tokens":7} """,
            Edit(Body, "x \"y"));
    }

    [Theory]
    [InlineData("""{"model":"m","stream":true,"stream_options":{"include_usage":true}}""", """{"model":"n","stream":true,"stream_options":{"include_usage":true}}""")]
    [InlineData("""{"model":"m","stream":true,"stream_options":{"include_usage":false}}""", """{"model":"n","stream":true,"stream_options":{"include_usage":true}}""")]
    [InlineData("""{"model":"m","stream":true,"stream_options":null}""", """{"model":"n","stream":true,"stream_options":{"include_usage":true}}""")]
    [InlineData("""{"model":"m","stream":false}""", """{"model":"n","stream":false}""")]
    public void A_stream_is_asked_for_its_usage(string body, string sent) => Assert.Equal(sent, Edit(body, "n"));

    [Theory]
    [InlineData("""{"model":"m"}""", """{"max_tokens":50,"model":"n"}""")]
    [InlineData("""{"model":"m","max_tokens":null}""", """{"model":"n","max_tokens":50}""")]
    public void A_limit_is_set_where_there_is_none(string body, string sent) => Assert.Equal(sent, Edit(body, "n", outputMax: 50));

    [Theory]
    [InlineData("""{"model":"cheap","model":"dear"}""")]
    [InlineData("""{"model":"m","stream":true,"stream":false}""")]
    [InlineData("""{"mo\u0064el":"cheap","model":"dear"}""")]
    [InlineData("""{"model":""}""")]
    [InlineData("""{"model":7}""")]
    [InlineData("""{"messages":[]}""")]
    [InlineData("""{"model":"m","max_tokens":-5}""")]
    [InlineData("""{"model":"m","max_tokens":"many"}""")]
    [InlineData("""{"model":"m","n":100000}""")]
    [InlineData("""{"model":"m"} {"model":"m"}""")]
    [InlineData("""["model"]""")]
    [InlineData("")]
    public void What_could_be_read_in_two_ways_is_refused(string body) => Assert.NotNull(RequestHead.Read(Encoding.UTF8.GetBytes(body)).Problem);

    [Fact]
    public void Depth_and_broken_text_are_refused()
    {
        Assert.NotNull(RequestHead.Read(Encoding.UTF8.GetBytes($"{{\"model\":\"m\",\"x\":{new string('[', 5000)}")).Problem);
        Assert.NotNull(RequestHead.Read([.. "{\"model\":\"m\",\"x\":\""u8, 0xC3, 0x28, .. "\"}"u8]).Problem);
    }

    [Fact]
    public void An_image_does_not_count_by_its_bytes()
    {
        var image = Read($"{{\"model\":\"m\",\"x\":\"data:image/png;base64,{new string('A', 300_000)}\"}}");
        Assert.Equal(1, image.Binaries);
        Assert.True(TokenEstimate.InputAtMost(image) < 3000);
        Assert.Equal(0, Read($"{{\"model\":\"m\",\"x\":\"{string.Concat(Enumerable.Repeat("字", 1000))}\"}}").Binaries);
    }

    [Fact]
    public void Any_bytes_are_read_or_refused() => Prop.ForAll<byte[]>(bytes =>
    {
        _ = RequestHead.Read(bytes);
        _ = RequestHead.Read([.. "{\"model\":\"m\",\"x\":"u8, .. bytes, (byte)'}']);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_limit_has_the_name_that_the_provider_takes_unless_the_caller_named_it()
    {
        const string Limited = """{"model":"m","max_tokens":7}""";

        Assert.Equal("""{"max_tokens":9,"model":"m"}""", Edit("""{"model":"m"}""", "m", 9));
        Assert.Equal("""{"max_completion_tokens":9,"model":"m"}""", Edit("""{"model":"m"}""", "m", 9, "openai"));
        Assert.Equal("""{"model":"m","max_completion_tokens":7}""", Edit(Limited, "m", tenantKey: "openai", isOurs: true));
        Assert.Equal(Limited, Edit(Limited, "m", isOurs: true));
        Assert.Equal(Limited, Edit(Limited, "m", tenantKey: "openai"));
    }

    [Fact]
    public void An_edited_body_says_the_same_but_for_what_was_changed() =>
        Prop.ForAll(Gen.Elements("a", "Ünïcode \"quoted\"", "\\u0041", "x\ny").ArrayOf().ToArbitrary(), Gen.Choose(0, 1).ToArbitrary(), (texts, stream) =>
        {
            var body = JsonSerializer.Serialize(new { texts, model = "m", stream = stream == 1, last = texts.Length });
            var edited = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(Edit(body, "other"))!;
            var before = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(body)!;
            return edited["model"].GetString() == "other" && edited.ContainsKey("stream_options") == (stream == 1)
                && before.Where(pair => pair.Key != "model").All(pair => edited[pair.Key].GetRawText() == pair.Value.GetRawText());
        }).QuickCheckThrowOnFailure();

    private static RequestHead Read(string body) => RequestHead.Read(Encoding.UTF8.GetBytes(body)).Value!;

    private static string Edit(string body, string model, long? outputMax = null, string? tenantKey = null, bool isOurs = false)
    {
        var offer = Made.Offer("p", 10, tenantKey: tenantKey) with { UpstreamModel = model };
        return Encoding.UTF8.GetString(BodyEdit.Apply(Encoding.UTF8.GetBytes(body), Read(body), WireFormat.Chat, offer, isOurs, outputMax));
    }
}
