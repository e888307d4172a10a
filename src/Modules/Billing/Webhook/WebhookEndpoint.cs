using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>What the endpoint answers when it refuses; Stripe's tools look for the sentence under <c>error</c>.</summary>
internal sealed record WebhookRefusal(string Error);

internal static class WebhookEndpoint
{
    private const int BodyBytesMax = 256 * 1024;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/billing/webhook", ReceiveAsync)
        .Requires(Access.Public).WithTags("Billing").WithName("stripeWebhook")
        .Produces<WebhookAnswer>().Produces<WebhookRefusal>(400).Produces<WebhookRefusal>(413).Produces<WebhookRefusal>(429)
        .Produces<WebhookRefusal>(503);

    private static async Task<IResult> ReceiveAsync(
        HttpContext context, StripeInbox inbox, WebhookPenalties penalties, StripeOptions options, TimeProvider time,
        ILogger<StripeInbox> logger, CancellationToken ct)
    {
        if (options.WebhookSecrets.Length == 0)
        {
            return Refuse(503, "Webhooks are not set up. Set STRIPE_WEBHOOK_SECRET to the endpoint's whole whsec_… text.");
        }
        var address = CallerAddress.Of(context.Connection.RemoteIpAddress);
        var (left, isKnown) = await penalties.FindAsync(address, ct);
        if (left is { } wait)
        {
            context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            return Refuse(429, "Too many failed webhook signature attempts");
        }
        var header = context.Request.Headers["Stripe-Signature"].ToString();
        if (header.Length == 0) { return Refuse(400, "Missing stripe-signature header"); }
        if (await BodyAsync(context.Request, ct) is not { } body)
        {
            return Refuse(413, $"An event has {BodyBytesMax / 1024} KB at most.");
        }

        var fault = StripeSignature.Check(header, body, options.WebhookSecrets, time.GetUtcNow(), out _);
        if (fault != SignatureFault.None)
        {
            Log.SignatureRefused(logger, address, SignatureDiagnosis.Of(fault, header, body, options.WebhookSecrets, time.GetUtcNow()));
            // An old event with the right signature is Stripe's own, or our clock's fault.
            if (fault != SignatureFault.TooOld) { await penalties.AddAsync(address, ct); }
            return Refuse(400, "Invalid webhook signature");
        }
        if (isKnown) { await penalties.ForgiveAsync(address, ct); }
        return Text(body) is { } text && StripeEvent.TryParse(text) is { } said
            ? TypedResults.Json(await inbox.ReceiveAsync(said, ct), s_json)
            : Refuse(400, "The body is not an event of Stripe's.");
    }

    private static readonly System.Text.Json.JsonSerializerOptions s_json = new(System.Text.Json.JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>The body as it came, byte by byte; null when it is too large.</summary>
    private static async Task<byte[]?> BodyAsync(HttpRequest request, CancellationToken ct)
    {
        if (request.ContentLength > BodyBytesMax) { return null; }
        var body = new ArrayBufferWriter<byte>();
        while (true)
        {
            var read = await request.Body.ReadAsync(body.GetMemory(16 * 1024), ct);
            if (read == 0) { return body.WrittenSpan.ToArray(); }
            body.Advance(read);
            if (body.WrittenCount > BodyBytesMax) { return null; }
        }
    }

    private static string? Text(byte[] body)
    {
        try
        {
            return s_strict.GetString(body);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static IResult Refuse(int status, string sentence) =>
        TypedResults.Json(new WebhookRefusal(sentence), s_json, statusCode: status);
}
