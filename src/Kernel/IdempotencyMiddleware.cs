using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Wopr.Kernel;

/// <summary>
/// Runs a write once for each <c>Idempotency-Key</c> and repeats its answer. The answer is kept before it is sent: a
/// caller that lost the connection finds it. What a killed process had begun may run again, so the work itself must
/// still have a reference of its own wherever money moves.
/// </summary>
internal sealed partial class IdempotencyMiddleware(
    RequestDelegate next, IdempotencyRecords records, IdempotencyPace pace, TimeProvider time,
    ILogger<IdempotencyMiddleware> logger)
{
    private const string Header = "Idempotency-Key";
    private const string ReplayedHeader = "Idempotency-Replayed";
    private const int KeyLengthMax = 255;

    public async Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (context.GetEndpoint()?.Metadata.GetMetadata<Idempotent>() is null || !context.Actor().IsKnown
            || HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)
            || !request.Headers.TryGetValue(Header, out var header))
        {
            await next(context);
            return;
        }
        var key = header.ToString();
        if (header.Count != 1 || key.Length is 0 or > KeyLengthMax || key.Any(sign => sign is <= ' ' or > '~'))
        {
            await ProblemHttp.WriteAsync(context, IdempotencyProblems.BadKey);
            return;
        }

        var actor = context.Actor();
        var claim = new IdempotencyClaim(
            $"{actor}|{actor.TenantId}", key, $"{request.Method} {request.Path}", await HashAsync(context),
            Guid.CreateVersion7(time.GetUtcNow()));
        if (await AwaitTurnAsync(context, claim)) { await RunAsync(context, claim); }
    }

    /// <summary>False when the caller has been answered already.</summary>
    private async Task<bool> AwaitTurnAsync(HttpContext context, IdempotencyClaim claim)
    {
        var ct = context.RequestAborted;
        var started = time.GetTimestamp();
        while (true)
        {
            if (await records.ClaimAsync(claim, ct)) { return true; }
            // Gone between the two statements when the first run failed: then it is our turn.
            if (await records.FindAsync(claim, ct) is not { } kept) { continue; }
            if (!kept.RequestHash.AsSpan().SequenceEqual(claim.RequestHash))
            {
                await ProblemHttp.WriteAsync(context, IdempotencyProblems.Mismatch);
                return false;
            }
            if (kept.Answer is { } answer)
            {
                context.Response.Headers[ReplayedHeader] = "true";
                await SendAsync(context, answer);
                return false;
            }
            if (time.GetElapsedTime(started) >= pace.Wait)
            {
                context.Response.Headers.RetryAfter = "5";
                await ProblemHttp.WriteAsync(context, IdempotencyProblems.InProgress);
                return false;
            }
            await Task.Delay(pace.Poll, time, ct);
        }
    }

    private async Task RunAsync(HttpContext context, IdempotencyClaim claim)
    {
        using var ended = new CancellationTokenSource();
        var renewing = RenewAsync(claim, ended.Token);
        KeptAnswer? answer = null;
        try
        {
            answer = await CaptureAsync(context);
        }
        finally
        {
            await ended.CancelAsync();
            await renewing;
            await EndAsync(claim, answer);
        }
        await SendBodyAsync(context, answer.Body);
    }

    /// <summary>Runs the rest of the pipeline and holds back what it writes.</summary>
    private async Task<KeptAnswer> CaptureAsync(HttpContext context)
    {
        var original = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        using var buffer = new MemoryStream();
        var held = new StreamResponseBodyFeature(buffer, original);
        context.Features.Set<IHttpResponseBodyFeature>(held);
        try
        {
            await next(context);
            await held.CompleteAsync();
        }
        finally
        {
            context.Features.Set(original);
        }
        var response = context.Response;
        return new(response.StatusCode, response.ContentType, response.Headers.Location.FirstOrDefault(), buffer.ToArray());
    }

    // The caller may be gone by now; the work was done and its answer is kept all the same.
    private async Task EndAsync(IdempotencyClaim claim, KeptAnswer? answer)
    {
        try
        {
            if (answer is null || !IdempotencyProblems.IsFinal(answer.Status))
            {
                await records.ReleaseAsync(claim, CancellationToken.None);
            }
            else if (!await records.KeepAsync(claim, answer, CancellationToken.None))
            {
                TakenOver(logger, claim.Route);
            }
        }
        catch (Exception error)
        {
            NotKept(logger, claim.Route, error);
        }
    }

    private async Task RenewAsync(IdempotencyClaim claim, CancellationToken ct)
    {
        try
        {
            while (true)
            {
                await Task.Delay(pace.Hold / 3, time, ct);
                if (!await records.RenewAsync(claim, ct)) { return; }
            }
        }
        catch (Exception error)
        {
            if (!ct.IsCancellationRequested) { NotRenewed(logger, claim.Route, error); }
        }
    }

    private static async Task SendAsync(HttpContext context, KeptAnswer answer)
    {
        var response = context.Response;
        response.StatusCode = answer.Status;
        response.ContentType = answer.ContentType;
        if (answer.Location is { } location) { response.Headers.Location = location; }
        await SendBodyAsync(context, answer.Body);
    }

    // An answer without a body stays open, so that the host can still put its own words into a refusal.
    private static async Task SendBodyAsync(HttpContext context, byte[] body)
    {
        if (body.Length == 0) { return; }
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>Of everything that says what is wanted. The body is read here and again by the endpoint.</summary>
    private static async Task<byte[]> HashAsync(HttpContext context)
    {
        var request = context.Request;
        // In memory, as the host bounds bodies; a secret in one must not pass through a file.
        request.EnableBuffering(bufferThreshold: int.MaxValue);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method}\n{request.Path}\n{request.QueryString}\n"));
        var part = new byte[16 * 1024];
        while (await request.Body.ReadAsync(part, context.RequestAborted) is var length and > 0)
        {
            hash.AppendData(part.AsSpan(0, length));
        }
        request.Body.Position = 0;
        return hash.GetHashAndReset();
    }

    [LoggerMessage(LogLevel.Warning,
        "A run of {Route} took so long without a sign of life that another run took its idempotency key over")]
    private static partial void TakenOver(ILogger logger, string route);

    [LoggerMessage(LogLevel.Error, "The answer of {Route} was sent but could not be kept for its idempotency key")]
    private static partial void NotKept(ILogger logger, string route, Exception error);

    [LoggerMessage(LogLevel.Warning, "The idempotency key of a run of {Route} could not be renewed")]
    private static partial void NotRenewed(ILogger logger, string route, Exception error);
}
