using Microsoft.AspNetCore.Http;
using Wopr.Gateway.Catalogue;
using Wopr.Gateway.Protocols;
using Wopr.Gateway.Routing;
using Wopr.Kernel;

namespace Wopr.Gateway.Relay;

/// <summary>
/// Asks one provider after the other until one answers. As soon as anything of an answer was seen, no other is asked: the
/// caller gets one answer or one error, and pays once.
/// </summary>
internal sealed class Attempts(Router router, Upstream upstream, Drains drains, TimeProvider time)
{
    private const int CountMax = 3;

    /// <param name="settle">
    /// Charges what was answered; called once, before the answer ends, and not when nothing came. A problem when it never began.
    /// </param>
    /// <returns>Null when the caller was answered, or left.</returns>
    public async Task<Problem?> RunAsync(HttpContext context, Exchange exchange, Asked asked, Func<bool, Task<Problem?>> settle)
    {
        await using var output = exchange.Head.Streams ? new StreamOutput(context) : null;
        // Not even a comment goes out before the start is durable.
        var durable = output is null ? null : asked.Starting.DurableAsync();
        exchange.KeepAlive = durable is null ? null : () => { if (durable.IsCompletedSuccessfully) { output!.KeepAlive(); } };
        var problem = GatewayProblems.NoProvider;
        var count = 0;
        foreach (var offer in asked.Offers)
        {
            if (count == CountMax || context.RequestAborted.IsCancellationRequested) { break; }
            if (!await router.EnterAsync(offer, context.RequestAborted)) { continue; }
            count++;
            var outcome = await OneAsync(context, exchange, asked, offer, output, settle);
            if (outcome.Problem is null) { return null; }
            problem = outcome.Problem;
            if (outcome.HasBegun || outcome.Failure is null) { break; }
        }
        if (output is null) { return problem; }
        await output.CloseAsync();
        if (!output.HasStarted) { return problem; }
        await output.SendAsync((exchange.Format, problem), static (told, writer) => Refusals.WriteEvent(writer, told.Format, told.problem));
        return null;
    }

    private async Task<Outcome> OneAsync(
        HttpContext context, Exchange exchange, Asked asked, Offer offer, StreamOutput? output, Func<bool, Task<Problem?>> settle)
    {
        var entered = true;
        try
        {
            var format = FormatAt(offer.Provider, exchange.Format);
            if (!Compose(exchange, asked, offer, format).Succeeded(out var body, out var problem))
            {
                return Outcome.Refused(new(null, problem));
            }
            using var attempt = new CancellationTokenSource();
            exchange.Begin(offer, format, attempt, time.GetTimestamp());
            using UpstreamBody sent = new(body);
            using var leaving = new Leaving(context, exchange, offer, sent, drains);
            var (outcome, firstByte) = await AskAsync(context, exchange, asked, offer, format, sent, output, settle, attempt.Token);
            // What a tenant's own key brought about says nothing of the provider.
            if (exchange.IsOwnKey && outcome.Failure is not null) { router.Abandoned(offer); }
            else { Report(offer, outcome, firstByte, asked.Conversation); }
            entered = false;
            return outcome;
        }
        finally
        {
            if (entered) { router.Abandoned(offer); }
        }
    }

    private async Task<(Outcome, TimeSpan?)> AskAsync(
        HttpContext context, Exchange exchange, Asked asked, Offer offer, WireFormat format, UpstreamBody sent, StreamOutput? output,
        Func<bool, Task<Problem?>> settle, CancellationToken attempt)
    {
        var apiKey = exchange.IsOwnKey ? asked.OwnKeys.GetValueOrDefault(offer.Provider.Id) : offer.Provider.ApiKey;
        HttpResponseMessage answer;
        try
        {
            answer = await upstream.SendAsync(offer, apiKey, Upstream.PathOf(format), sent, exchange.Id, context.Request.Headers, attempt);
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            if (sent.IsKeptBack || (attempt.IsCancellationRequested && !exchange.IsLate))
            {
                // Once it was asked it may have worked, and what was sent to it is charged.
                if (sent.IsSent) { await settle(false); }
                return (Outcome.Left, null);
            }
            return (Outcome.NothingCame(exchange.IsLate ? Failure.Timeout : Failure.Unreachable), null);
        }
        using (answer)
        {
            if (!answer.IsSuccessStatusCode) { return (Outcome.Refused(await UpstreamRefusals.ReadAsync(answer, exchange.IsOwnKey, attempt)), null); }
            if (exchange.Phase == Phase.Waiting) { exchange.Phase = Phase.Answering; }
            var stream = await answer.Content.ReadAsStreamAsync(attempt);
            return output is null
                ? await CarryWholeAsync(context, exchange, asked, format, stream, settle, attempt)
                : await CarryStreamAsync(exchange, asked, format, stream, output, settle, attempt);
        }
    }

    private async Task<(Outcome, TimeSpan?)> CarryStreamAsync(
        Exchange exchange, Asked asked, WireFormat format, Stream stream, StreamOutput output, Func<bool, Task<Problem?>> settle, CancellationToken attempt)
    {
        var translation = format == exchange.Format ? null
            : Translator.Stream(exchange.Format, format, exchange.Head.Model, exchange.Head.WantsUsage);
        StreamRelay relay = new(exchange, asked.Starting.DurableAsync(), output, format, translation, time);
        var outcome = await relay.RunAsync(stream, attempt);
        if (outcome.HasBegun) { await settle(outcome.IsWhole); }
        if (outcome.IsWhole)
        {
            await output.CloseAsync();
            await relay.EndAsync();
        }
        return (outcome, relay.FirstByte);
    }

    private async Task<(Outcome, TimeSpan?)> CarryWholeAsync(
        HttpContext context, Exchange exchange, Asked asked, WireFormat format, Stream stream, Func<bool, Task<Problem?>> settle, CancellationToken attempt)
    {
        using WholeRelay relay = new(exchange, () => context.RequestAborted.IsCancellationRequested, time);
        var outcome = await relay.RunAsync(stream, attempt);
        var bytes = relay.Bytes;
        if (outcome.IsWhole && format != exchange.Format)
        {
            if (!Translator.TryAnswer(exchange.Format, format, relay.Bytes, exchange.Head.Model, out var translated))
            {
                return (Outcome.NothingCame(Failure.BadAnswer), relay.FirstByte);
            }
            bytes = translated;
        }
        if (outcome.HasBegun && await settle(outcome.IsWhole) is { } lost) { return (Outcome.NotStarted(lost), null); }
        if (!outcome.IsWhole || context.RequestAborted.IsCancellationRequested) { return (outcome, relay.FirstByte); }

        var response = context.Response;
        response.ContentType = "application/json";
        response.ContentLength = bytes.Length;
        try { await response.BodyWriter.WriteAsync(bytes, context.RequestAborted); }
        catch (OperationCanceledException) { }
        return (outcome, relay.FirstByte);
    }

    private void Report(Offer offer, Outcome outcome, TimeSpan? firstByte, ulong conversation)
    {
        if (outcome.Failure is { } why) { router.Failed(offer, why, outcome.RetryAfter); }
        else if (firstByte is { } took) { router.Succeeded(offer, took, conversation); }
        else { router.Abandoned(offer); }
    }

    private static Result<byte[]> Compose(Exchange exchange, Asked asked, Offer offer, WireFormat format)
    {
        if (format == exchange.Format) { return BodyEdit.Apply(asked.Body.Span, exchange.Head, format, offer, isOurs: false, asked.OutputMax); }
        if (!Translator.Request(exchange.Format, format, asked.Body).Succeeded(out var translated, out var problem)) { return problem; }
        if (!RequestHead.Read(translated).Succeeded(out var head, out problem)) { return problem; }
        return BodyEdit.Apply(translated, head, format, offer, isOurs: true, asked.OutputMax);
    }

    /// <summary>What the provider understands, as near to the caller's format as it gets.</summary>
    private static WireFormat FormatAt(Provider provider, WireFormat wanted) => (provider.Dialect, wanted) switch
    {
        (Dialect.Anthropic, _) => WireFormat.Messages,
        (Dialect.Openai, WireFormat.Responses) => provider.SpeaksResponses ? WireFormat.Responses : WireFormat.Chat,
        (Dialect.Openai, WireFormat.Messages) => WireFormat.Chat,
        _ => wanted,
    };

    /// <summary>What happens to the provider's answer when the caller leaves.</summary>
    private sealed class Leaving : IDisposable
    {
        private readonly CancellationTokenRegistration _registration;
        private readonly Drains _drains;
        private int _drained;

        public Leaving(HttpContext context, Exchange exchange, Offer offer, UpstreamBody sent, Drains drains)
        {
            _drains = drains;
            _registration = context.RequestAborted.Register(() =>
            {
                // Who was not asked yet need not be.
                if (!sent.TryKeepBack() && offer.Provider.OnDisconnect == OnDisconnect.Drain && drains.TryEnter())
                {
                    Volatile.Write(ref _drained, 1);
                    exchange.Phase = Phase.Draining;
                }
                else { exchange.Cut(); }
            });
        }

        public void Dispose()
        {
            _registration.Dispose();
            if (Volatile.Read(ref _drained) == 1) { _drains.Leave(); }
        }
    }
}
