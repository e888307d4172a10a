using Microsoft.AspNetCore.Http;
using Wopr.Gateway.Catalogue;
using Wopr.Gateway.Keys;
using Wopr.Gateway.Protocols;
using Wopr.Gateway.Routing;
using Wopr.Kernel;

namespace Wopr.Gateway.Relay;

/// <summary>
/// How many tokens a message would take. Who answers the model counts when it can; otherwise the count is estimated. It costs nothing.
/// </summary>
internal sealed class TokenCounting(
    Admission admission, KeyLimits limits, Router router, OwnKeys ownKeys, Upstream upstream, BodyBudget budget, TimeProvider time)
{
    private const int AnswerBytesMax = 4096;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    public async Task RunAsync(HttpContext context)
    {
        try
        {
            await Admission.TellAsync(context, await CountAsync(context));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be told.
        }
        catch (Exception error) when (!context.Response.HasStarted && Problems.Database(error) is not null)
        {
            await Admission.TellAsync(context, Problems.Database(error));
        }
    }

    private async Task<Problem?> CountAsync(HttpContext context)
    {
        if (!(await admission.KeyAsync(context)).Succeeded(out var key, out var problem)) { return problem; }
        if (!(await RequestBody.ReadAsync(context, budget, context.RequestAborted)).Succeeded(out var read, out problem)) { return problem; }
        using var body = read;
        if (!RequestHead.Read(body.Bytes.Span).Succeeded(out var head, out problem)) { return problem; }
        if (!admission.Model(key, head.Model, WireFormat.Messages).Succeeded(out var model, out problem)) { return problem; }
        if (limits.Admit(key, 0, Money.Zero) is { } busy) { return busy; }
        limits.Ended(key, 0, 0, Money.Zero, Money.Zero);

        context.Response.ContentType = "application/json";
        if (await AskAsync(context, key, model, head, body.Bytes) is { } counted) { await context.Response.BodyWriter.WriteAsync(counted, context.RequestAborted); }
        else { await context.Response.WriteAsync($"{{\"input_tokens\":{TokenEstimate.Input(head)}}}", context.RequestAborted); }
        return null;
    }

    /// <summary>Null when nobody counts.</summary>
    private async Task<byte[]?> AskAsync(HttpContext context, GatewayKey key, ModelEntry model, RequestHead head, ReadOnlyMemory<byte> body)
    {
        var own = await ownKeys.FindAsync(key.TenantId, model, context.RequestAborted);
        var offer = router.Order(model, Dialect.Anthropic, 0, byok: own.Count > 0).FirstOrDefault(offer => offer.Provider.Dialect == Dialect.Anthropic);
        if (offer is null) { return null; }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(s_patience);
        try
        {
            var asked = BodyEdit.Apply(body.Span, head, WireFormat.Messages, offer, isOurs: false, outputMax: null);
            var apiKey = own.Count > 0 ? own.GetValueOrDefault(offer.Provider.Id) : offer.Provider.ApiKey;
            using UpstreamBody content = new(asked);
            using var answer = await upstream.SendAsync(offer, apiKey, "/v1/messages/count_tokens", content,
                Guid.CreateVersion7(time.GetUtcNow()), context.Request.Headers, limit.Token);
            if (!answer.IsSuccessStatusCode) { return null; }
            await using var stream = await answer.Content.ReadAsStreamAsync(limit.Token);
            var bytes = new byte[AnswerBytesMax];
            var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, limit.Token);
            UsageReader usage = new(WireFormat.Messages);
            return length < bytes.Length && usage.Read(bytes.AsSpan(0, length)) ? bytes[..length] : null;
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException)
        {
            context.RequestAborted.ThrowIfCancellationRequested();
            return null;
        }
    }
}
