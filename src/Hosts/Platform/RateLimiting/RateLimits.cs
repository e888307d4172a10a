using System.Globalization;
using Wopr.Kernel;

namespace Wopr.Platform.RateLimiting;

/// <summary>Refuses callers who ask too often. A token is a caller of its own; everybody else is told apart by address.</summary>
internal sealed class RateLimits(RequestDelegate next, RateLimiter limiter, RateLimitOptions options, TimeProvider time)
{
    private readonly IReadOnlyList<RateRule> _rules = options.Rules();
    private readonly HashSet<string> _exempt = [.. options.ExemptAddresses];

    public async Task InvokeAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        if (request.Path.StartsWithSegments("/health") || _exempt.Contains(CallerAddress.Of(context.Connection.RemoteIpAddress)))
        {
            await next(context);
            return;
        }

        var rule = _rules.First(rule => rule.Matches(request.Method, request.Path));
        var count = await limiter.CountAsync(rule, Key(context), context.RequestAborted);
        var resets = (time.GetUtcNow() + count.Left).ToUnixTimeSeconds();
        response.Headers["X-RateLimit-Limit"] = rule.Limit.ToString(CultureInfo.InvariantCulture);
        response.Headers["X-RateLimit-Remaining"] = Math.Max(0, rule.Limit - count.Count).ToString(CultureInfo.InvariantCulture);
        response.Headers["X-RateLimit-Reset"] = resets.ToString(CultureInfo.InvariantCulture);
        if (count.Count <= rule.Limit)
        {
            await next(context);
            return;
        }
        await ProblemHttp.WriteAsync(context, new(ProblemKind.LimitReached, "rate.limited", rule.Refusal) { RetryAfter = count.Left });
    }

    private static string Key(HttpContext context) =>
        context.Actor() is { Kind: ActorKind.Token or ActorKind.Bot or ActorKind.Node } holder
            ? holder.ToString()
            : CallerAddress.Of(context.Connection.RemoteIpAddress);
}
