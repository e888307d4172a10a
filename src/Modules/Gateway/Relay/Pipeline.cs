using System.Globalization;
using Microsoft.AspNetCore.Http;
using Wopr.Credits;
using Wopr.Gateway.Catalogue;
using Wopr.Gateway.Keys;
using Wopr.Gateway.Protocols;
using Wopr.Gateway.Routing;
using Wopr.Kernel;

namespace Wopr.Gateway.Relay;

/// <summary>
/// The way of every request, whatever protocol it speaks: who asks, what may it cost, set that aside, find who answers,
/// carry the answer, charge it, end it. Money is set aside before a provider is asked and charged before an answer ends;
/// between the two there is no way out of here that leaves a request neither charged nor voided.
/// </summary>
internal sealed class Pipeline(
    Admission admission, KeyLimits limits, Holds holds, Router router, OwnKeys ownKeys, RequestMeter meter, Attempts attempts,
    LiveRequests live, BodyBudget budget, GatewayOptions options, TimeProvider time)
{
    public async Task RunAsync(HttpContext context, WireFormat format)
    {
        try
        {
            await Admission.TellAsync(context, await AnswerAsync(context, format));
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

    /// <summary>Null when the caller was answered.</summary>
    private async Task<Problem?> AnswerAsync(HttpContext context, WireFormat format)
    {
        if (!(await admission.KeyAsync(context)).Succeeded(out var key, out var problem)) { return problem; }
        if (!(await RequestBody.ReadAsync(context, budget, context.RequestAborted)).Succeeded(out var read, out problem)) { return problem; }
        using var body = read;
        if (!RequestHead.Read(body.Bytes.Span).Succeeded(out var head, out problem)) { return problem; }
        if (!admission.Model(key, head.Model, format).Succeeded(out var model, out problem)) { return problem; }
        if (head.Streams || !context.Request.Headers.ContainsKey("Idempotency-Key"))
        {
            return await ProceedAsync(context, format, key, model, head, body.Bytes);
        }
        context.SetActor(new(ActorKind.Token, key.Id.ToString()) { TenantId = key.TenantId, Scope = Scope.Write });
        context.Request.Body = new MemoryStream(body.Bytes.ToArray());
        await context.RunOnceAsync(async again => await Admission.TellAsync(again, await ProceedAsync(again, format, key, model, head, body.Bytes)));
        return null;
    }

    private async Task<Problem?> ProceedAsync(
        HttpContext context, WireFormat format, GatewayKey key, ModelEntry model, RequestHead head, ReadOnlyMemory<byte> body)
    {
        var own = await ownKeys.FindAsync(key.TenantId, model, context.RequestAborted);
        var conversation = Conversation(key, head);
        var spoken = format == WireFormat.Messages ? Dialect.Anthropic : Dialect.Openai;
        var offers = router.Order(model, spoken, conversation, byok: own.Count > 0);
        if (own.Count > 0) { offers = [.. offers.Where(offer => own.ContainsKey(offer.Provider.Id))]; }
        if (offers.Count == 0) { return GatewayProblems.NoProvider with { RetryAfter = router.RetryAfter(model, byok: own.Count > 0) }; }
        var now = time.GetUtcNow();
        Exchange exchange = new(Guid.CreateVersion7(now), format, key, model, head, time.GetTimestamp(), now)
        {
            IsOwnKey = own.Count > 0,
            OwnKeyFeeBasisPoints = options.OwnKeyFeeBasisPoints,
        };
        context.Response.Headers["x-request-id"] = exchange.Id.ToString();
        var hold = holds.Of(exchange, offers, head.OutputMax ?? model.OutputTokensMax);
        var tokens = TokenEstimate.InputAtMost(head) + (head.OutputMax ?? 0);
        if (limits.Admit(key, tokens, hold) is { } refusal) { return refusal; }
        var (used, charged) = (0L, Money.Zero);
        try
        {
            var from = time.GetTimestamp();
            if (!(await holds.StartAsync(exchange, offers, hold, context.RequestAborted)).Succeeded(out var started, out var problem)) { return problem; }
            exchange.StartTook = time.GetElapsedTime(from);
            Asked asked = new(offers, own, body, started.OutputMax, conversation, started.Starting);
            (problem, var use, charged) = await RunStartedAsync(context, exchange, asked);
            used = use is null ? 0 : use.InputUnits + use.OutputUnits;
            return problem;
        }
        finally
        {
            limits.Ended(key, tokens, used, hold, charged);
        }
    }

    private async Task<(Problem? Problem, MeteredUse? Use, Money Charged)> RunStartedAsync(HttpContext context, Exchange exchange, Asked asked)
    {
        live.Add(exchange);
        MeteredUse? use = null;
        var charged = Money.Zero;
        try
        {
            // Settled by whoever carries the answer, before it ends.
            var problem = await attempts.RunAsync(context, exchange, asked, async isWhole =>
            {
                use = exchange.Use(isWhole);
                var from = time.GetTimestamp();
                var settled = await meter.SettleAsync(exchange.Key.TenantId, exchange.Id, use);
                if (settled is null && (await asked.Starting.DurableAsync()).Problem is { } lost)
                {
                    use = null;
                    return lost;
                }
                charged = settled?.Charged ?? Money.Zero;
                if (options.ServerTiming) { TellTiming(context, exchange.StartTook, time.GetElapsedTime(from)); }
                return null;
            });
            return (problem, use, charged);
        }
        finally
        {
            live.Remove(exchange);
            if (use is null && (await asked.Starting.DurableAsync()).Problem is null) { await meter.VoidAsync(exchange.Id); }
        }
    }

    private static void TellTiming(HttpContext context, TimeSpan start, TimeSpan settle)
    {
        if (context.Response.HasStarted) { return; }
        context.Response.Headers["Server-Timing"] = string.Create(CultureInfo.InvariantCulture,
            $"start;dur={start.TotalMilliseconds:0.###}, settle;dur={settle.TotalMilliseconds:0.###}");
    }

    private static ulong Conversation(GatewayKey key, RequestHead head) =>
        ((ulong)(uint)key.TenantId.GetHashCode(StringComparison.Ordinal) << 32) | head.Conversation;
}

/// <param name="OwnKeys">The tenant's own, by provider.</param>
/// <param name="Starting">What becomes of the start. Until it or the charge is on the disk, nothing of an answer goes out.</param>
/// <param name="OutputMax">A limit to set where the caller set none, because the balance affords no more.</param>
internal sealed record Asked(
    IReadOnlyList<Offer> Offers, IReadOnlyDictionary<string, string> OwnKeys, ReadOnlyMemory<byte> Body, long? OutputMax,
    ulong Conversation, Starting Starting);
