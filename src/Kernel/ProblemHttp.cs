using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Wopr.Kernel;

/// <summary>On a route whose callers expect refusals in words of their own protocol: how they are written there.</summary>
public sealed record ProblemShape(Func<HttpContext, Problem, Task> Write);

/// <summary>The only place where a refusal becomes HTTP.</summary>
public static class ProblemHttp
{
    private const string RetryAfter = "retryAfter";

    public static int Status(this ProblemKind kind) => kind switch
    {
        ProblemKind.Invalid => StatusCodes.Status400BadRequest,
        ProblemKind.Unauthenticated => StatusCodes.Status401Unauthorized,
        ProblemKind.PaymentRequired => StatusCodes.Status402PaymentRequired,
        ProblemKind.Forbidden => StatusCodes.Status403Forbidden,
        ProblemKind.NotFound => StatusCodes.Status404NotFound,
        ProblemKind.Conflict => StatusCodes.Status409Conflict,
        ProblemKind.TooLarge => StatusCodes.Status413PayloadTooLarge,
        ProblemKind.UnsupportedMediaType => StatusCodes.Status415UnsupportedMediaType,
        ProblemKind.Unprocessable => StatusCodes.Status422UnprocessableEntity,
        ProblemKind.LimitReached => StatusCodes.Status429TooManyRequests,
        ProblemKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A problem kind without a status."),
    };

    public static ProblemHttpResult ToHttp(this Problem problem) => TypedResults.Problem(
        detail: problem.Detail,
        statusCode: problem.Kind.Status(),
        extensions: problem.RetryAfter is { } wait
            ? [new("code", problem.Code), new(RetryAfter, (long)Math.Ceiling(wait.TotalSeconds))]
            : [new("code", problem.Code)]);

    public static Results<Ok<T>, ProblemHttpResult> ToHttp<T>(this Result<T> result) =>
        result.Succeeded(out var value, out var problem) ? TypedResults.Ok(value) : problem.ToHttp();

    public static Results<NoContent, ProblemHttpResult> ToHttp(this Result<Done> result) =>
        result.Problem is { } problem ? problem.ToHttp() : TypedResults.NoContent();

    /// <summary>Lets handlers answer with a <see cref="Problem"/> beside whatever else they answer with.</summary>
    public static RouteGroupBuilder AnswersProblems(this RouteGroupBuilder group) =>
        group.AddEndpointFilter(async (context, next) => await next(context) switch
        {
            Problem problem => problem.ToHttp(),
            var answer => answer,
        });

    public static Task WriteAsync(HttpContext context, Problem problem) =>
        context.GetEndpoint()?.Metadata.GetMetadata<ProblemShape>() is { } shape
            ? shape.Write(context, problem)
            : problem.ToHttp().ExecuteAsync(context);

    /// <summary>Adds what every problem carries: a code, the request id, and the sentence under <c>error</c>.</summary>
    public static void Complete(ProblemDetailsContext context)
    {
        var details = context.ProblemDetails;
        var status = details.Status ?? context.HttpContext.Response.StatusCode;
        details.Type = null;
        details.Detail ??= Sentence(status);
        details.Extensions.Remove("traceId");
        details.Extensions.TryAdd("code", Code(status));
        details.Extensions["requestId"] = context.HttpContext.TraceIdentifier;
        details.Extensions["error"] = details.Detail;
        if (details.Extensions.TryGetValue(RetryAfter, out var seconds))
        {
            context.HttpContext.Response.Headers.RetryAfter = $"{seconds}";
        }
        // better-auth clients look for the sentence here.
        if (context.HttpContext.Request.Path.StartsWithSegments("/api/auth")) { details.Extensions["message"] = details.Detail; }
    }

    /// <summary>What a request that cannot be read is told; the framework's own words may quote internals.</summary>
    public static Problem FromBadRequest(BadHttpRequestException error) => error.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => Problems.BodyTooLarge,
        StatusCodes.Status415UnsupportedMediaType => Problems.NotJson,
        _ when error.InnerException is JsonException json => Problems.BadJson(json),
        _ => Problems.BadRequest,
    };

    private static string Code(int status) => status switch
    {
        StatusCodes.Status400BadRequest => "request.invalid",
        StatusCodes.Status401Unauthorized => "auth.required",
        StatusCodes.Status403Forbidden => "auth.forbidden",
        StatusCodes.Status404NotFound => "route.not_found",
        StatusCodes.Status405MethodNotAllowed => "route.wrong_method",
        StatusCodes.Status413PayloadTooLarge => "request.too_large",
        StatusCodes.Status415UnsupportedMediaType => "request.unsupported_media_type",
        StatusCodes.Status429TooManyRequests => "rate.limited",
        >= 500 => "server.fault",
        _ => "request.refused",
    };

    private static string Sentence(int status) => status switch
    {
        StatusCodes.Status404NotFound => "There is nothing at this address.",
        StatusCodes.Status405MethodNotAllowed => "This address does not accept that method.",
        StatusCodes.Status415UnsupportedMediaType => Problems.NotJson.Detail,
        >= 500 => "Something broke on our side. Try again; if it stays, report the request id.",
        _ => "The request cannot be accepted as it is.",
    };
}
