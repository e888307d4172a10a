using System.Buffers;
using Microsoft.AspNetCore.Http;
using Wopr.Gateway.Protocols;
using Wopr.Kernel;

namespace Wopr.Gateway.Tests.Protocols;

public sealed class RefusalTests
{
    [Theory]
    [InlineData(ProblemKind.Invalid, 400, "invalid_request_error", 400, "invalid_request_error")]
    [InlineData(ProblemKind.Unauthenticated, 401, "authentication_error", 401, "authentication_error")]
    [InlineData(ProblemKind.PaymentRequired, 402, "billing_error", 402, "billing_error")]
    [InlineData(ProblemKind.Forbidden, 403, "permission_error", 403, "permission_error")]
    [InlineData(ProblemKind.NotFound, 404, "invalid_request_error", 404, "not_found_error")]
    [InlineData(ProblemKind.Conflict, 409, "invalid_request_error", 409, "invalid_request_error")]
    [InlineData(ProblemKind.TooLarge, 413, "invalid_request_error", 413, "request_too_large")]
    [InlineData(ProblemKind.UnsupportedMediaType, 415, "invalid_request_error", 415, "invalid_request_error")]
    [InlineData(ProblemKind.Unprocessable, 422, "invalid_request_error", 422, "invalid_request_error")]
    [InlineData(ProblemKind.LimitReached, 429, "rate_limit_error", 429, "rate_limit_error")]
    [InlineData(ProblemKind.Unavailable, 503, "server_error", 529, "overloaded_error")]
    public async Task Each_kind_has_its_status_and_its_name(
        ProblemKind kind, int openaiStatus, string openai, int anthropicStatus, string anthropic)
    {
        var problem = new Problem(kind, "a.code", "Do \"this\".");
        foreach (var format in Enum.GetValues<WireFormat>())
        {
            var (context, body) = await WrittenAsync(format, problem);
            if (format == WireFormat.Messages)
            {
                Assert.Equal(anthropicStatus, context.Response.StatusCode);
                Wire.Same($$"""
                    {"type":"error","error":{"type":"{{anthropic}}","message":"Do \"this\".","code":"a.code"},
                     "request_id":"req"}
                    """, Wire.Read(body));
                continue;
            }
            Assert.Equal(openaiStatus, context.Response.StatusCode);
            Wire.Same($$"""
                {"error":{"message":"Do \"this\".","type":"{{openai}}","param":null,"code":"a.code"} }
                """, Wire.Read(body));
        }
    }

    [Fact]
    public void No_kind_is_forgotten() => Assert.Equal(11, Enum.GetValues<ProblemKind>().Length);

    [Theory]
    [InlineData(0.2, "1")]
    [InlineData(0, "1")]
    [InlineData(1.1, "2")]
    [InlineData(30, "30")]
    public async Task When_to_ask_again_is_told_in_whole_seconds(double seconds, string header)
    {
        var problem = new Problem(ProblemKind.LimitReached, "a", "b") { RetryAfter = TimeSpan.FromSeconds(seconds) };
        Assert.Equal(header, (string?)(await WrittenAsync(WireFormat.Chat, problem)).Context.Response.Headers.RetryAfter);
    }

    [Fact]
    public async Task It_is_not_told_when_it_is_not_known() => Assert.False((await WrittenAsync(
        WireFormat.Chat, new(ProblemKind.LimitReached, "a", "b"))).Context.Response.Headers.ContainsKey("Retry-After"));

    [Theory]
    [InlineData("insufficient_credits", true)]
    [InlineData("credits.owing", true)]
    [InlineData("spending_cap_exceeded", false)]
    public async Task Where_to_pay_is_told_when_paying_helps(string code, bool helps)
    {
        foreach (var format in (WireFormat[])[WireFormat.Chat, WireFormat.Messages])
        {
            var (_, body) = await WrittenAsync(format, new(ProblemKind.PaymentRequired, code, "Pay."));
            var error = Wire.Read(body)["error"]!.AsObject();
            Assert.Equal(helps, (bool?)error["needsCredits"] == true && (string?)error["topUpUrl"] == "/dashboard/credits");
            Assert.Equal(helps, error.ContainsKey("topUpUrl"));
        }
    }

    [Theory]
    [InlineData(WireFormat.Chat, """data: {"error":{"message":"b","type":"server_error","param":null,"code":"a"}}""")]
    [InlineData(WireFormat.Completions, """data: {"error":{"message":"b","type":"server_error","param":null,"code":"a"}}""")]
    [InlineData(WireFormat.Messages, "event: error\ndata: " + """{"type":"error","error":{"type":"overloaded_error","message":"b","code":"a"}}""")]
    [InlineData(WireFormat.Responses, "event: error\ndata: "
        + """{"type":"error","code":"a","message":"b","param":null,"error":{"message":"b","type":"server_error","param":null,"code":"a"}}""")]
    internal void In_a_stream_it_is_an_event(WireFormat format, string written)
    {
        var output = new ArrayBufferWriter<byte>();
        Refusals.WriteEvent(output, format, new(ProblemKind.Unavailable, "a", "b"));
        Assert.Equal(written + "\n\n", Wire.Text(output.WrittenSpan));
    }

    [Fact]
    public void No_sentence_breaks_out_of_its_event()
    {
        var output = new ArrayBufferWriter<byte>();
        Refusals.WriteEvent(output, WireFormat.Chat, new(ProblemKind.Invalid, "a", "x\n\ndata: [DONE]\n\n\ud800"));
        Assert.Single(Wire.Events(Wire.Text(output.WrittenSpan)));
    }

    private static async Task<(HttpContext Context, byte[] Body)> WrittenAsync(WireFormat format, Problem problem)
    {
        var context = new DefaultHttpContext { TraceIdentifier = "req" };
        var body = new MemoryStream();
        context.Response.Body = body;
        await Refusals.WriteAsync(context, format, problem);
        Assert.Equal("application/json", context.Response.ContentType);
        Assert.Equal(body.Length, context.Response.ContentLength);
        return (context, body.ToArray());
    }
}
