using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Wopr.Kernel;

namespace Wopr.Gateway.Protocols;

/// <summary>A refusal in the words of the caller's own protocol, always with our stable code.</summary>
internal static class Refusals
{
    private const int Overloaded = 529;

    public static Task WriteAsync(HttpContext context, WireFormat format, Problem problem)
    {
        var response = context.Response;
        response.StatusCode = Status(format, problem.Kind);
        response.ContentType = "application/json";
        if (problem.RetryAfter is { } wait)
        {
            var seconds = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds));
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }
        var body = Body(format, problem, context.TraceIdentifier);
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    /// <summary>The same inside a stream that has begun; nothing may follow it.</summary>
    public static void WriteEvent(IBufferWriter<byte> output, WireFormat format, Problem problem)
    {
        if (format is WireFormat.Messages or WireFormat.Responses) { output.Write("event: error\n"u8); }
        output.Write("data: "u8);
        output.Write(Body(format, problem, isEvent: true));
        output.Write("\n\n"u8);
    }

    public static byte[] Body(WireFormat format, Problem problem, string? requestId = null, bool isEvent = false)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var to = new Utf8JsonWriter(bytes, Writing.Options))
        {
            to.WriteStartObject();
            if (format == WireFormat.Messages) { WriteAnthropic(to, problem, requestId); }
            else { WriteOpenai(to, problem, isResponsesEvent: isEvent && format == WireFormat.Responses); }
            to.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }

    public static int Status(WireFormat format, ProblemKind kind) =>
        format == WireFormat.Messages && kind == ProblemKind.Unavailable ? Overloaded : kind.Status();

    /// <summary>What each kind is called, by OpenAI and by Anthropic.</summary>
    private static (string Openai, string Anthropic) Type(ProblemKind kind) => kind switch
    {
        ProblemKind.Unauthenticated => ("authentication_error", "authentication_error"),
        ProblemKind.PaymentRequired => ("billing_error", "billing_error"),
        ProblemKind.Forbidden => ("permission_error", "permission_error"),
        ProblemKind.NotFound => ("invalid_request_error", "not_found_error"),
        ProblemKind.TooLarge => ("invalid_request_error", "request_too_large"),
        ProblemKind.LimitReached => ("rate_limit_error", "rate_limit_error"),
        ProblemKind.Unavailable => ("server_error", "overloaded_error"),
        _ => ("invalid_request_error", "invalid_request_error"),
    };

    private static void WriteOpenai(Utf8JsonWriter to, Problem problem, bool isResponsesEvent)
    {
        if (isResponsesEvent)
        {
            // Some clients read the event's own fields, others only what is under "error".
            to.WriteString("type"u8, "error"u8);
            to.WriteString("code"u8, problem.Code);
            to.WriteString("message"u8, problem.Detail);
            to.WriteNull("param"u8);
        }
        to.WriteStartObject("error"u8);
        to.WriteString("message"u8, problem.Detail);
        to.WriteString("type"u8, Type(problem.Kind).Openai);
        to.WriteNull("param"u8);
        to.WriteString("code"u8, problem.Code);
        WritePayment(to, problem);
        to.WriteEndObject();
    }

    private static void WriteAnthropic(Utf8JsonWriter to, Problem problem, string? requestId)
    {
        to.WriteString("type"u8, "error"u8);
        to.WriteStartObject("error"u8);
        to.WriteString("type"u8, Type(problem.Kind).Anthropic);
        to.WriteString("message"u8, problem.Detail);
        to.WriteString("code"u8, problem.Code);
        WritePayment(to, problem);
        to.WriteEndObject();
        if (requestId is not null) { to.WriteString("request_id"u8, requestId); }
    }

    // A cap or a budget is lifted by whoever set it: no money helps there.
    private static void WritePayment(Utf8JsonWriter to, Problem problem)
    {
        if (problem.Kind != ProblemKind.PaymentRequired) { return; }
        if (problem.Code is not ("insufficient_credits" or "credits.owing")) { return; }
        to.WriteBoolean("needsCredits"u8, true);
        to.WriteString("topUpUrl"u8, "/dashboard/credits"u8);
    }
}
