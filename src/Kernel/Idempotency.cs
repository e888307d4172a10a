using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Wopr.Kernel;

/// <summary>Marks a write that a caller may repeat without it happening twice.</summary>
public sealed record Idempotent
{
    internal static Idempotent Instance { get; } = new();
}

/// <summary>How patient a repeated write is; tests make it quicker.</summary>
public sealed record IdempotencyPace
{
    /// <summary>How long a repetition waits for the first run before it is refused.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a run is believed to live without a sign of life.</summary>
    public TimeSpan Hold { get; init; } = TimeSpan.FromSeconds(15);

    public TimeSpan Poll { get; init; } = TimeSpan.FromMilliseconds(100);
}

public static class IdempotencySetup
{
    public static void AddIdempotency(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton(new IdempotencyPace());
        builder.Services.AddSingleton<IdempotencyRecords>();
        builder.Services.AddSingleton(provider => provider.GetRequiredService<IdempotencyRecords>().AsSealedStore());
        builder.Services.AddHostedService<IdempotencyCleaning>();
    }

    /// <summary>
    /// Honours <c>Idempotency-Key</c> on this route's writes. For writes that cost money or cannot be
    /// undone.
    /// </summary>
    public static TBuilder WithIdempotency<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(Idempotent.Instance);

    /// <summary>The same for a route that finds out by itself who calls, and says so by <see cref="AccessHttp.SetActor"/>.</summary>
    public static Task RunOnceAsync(this HttpContext context, RequestDelegate work)
    {
        var services = context.RequestServices;
        return new IdempotencyMiddleware(work, services.GetRequiredService<IdempotencyRecords>(), services.GetRequiredService<IdempotencyPace>(),
            services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<IdempotencyMiddleware>>()).InvokeAsync(context);
    }

    /// <summary>Runs after the caller is known and allowed.</summary>
    public static void UseIdempotency(this IApplicationBuilder app) => app.UseMiddleware<IdempotencyMiddleware>();
}

public static class IdempotencyProblems
{
    public static Problem BadKey { get; } = new(ProblemKind.Invalid, "idempotency_bad_key",
        "An Idempotency-Key has 1 to 255 visible ASCII characters. Use a random one for each write, such as a UUID.");

    public static Problem Mismatch { get; } = new(ProblemKind.Unprocessable, "idempotency_mismatch",
        "This Idempotency-Key was used for another request. Repeat a request unchanged, or take a new key.");

    public static Problem InProgress { get; } = new(ProblemKind.Conflict, "idempotency_in_progress",
        "The first request with this Idempotency-Key is still running. Ask again in a few seconds.");

    /// <summary>
    /// Whether an answer ends the matter. Refusals that a caller can lift, and faults, do not: the work was not
    /// done.
    /// </summary>
    internal static bool IsFinal(int status) => status < 500 && status is not (
        StatusCodes.Status401Unauthorized or StatusCodes.Status402PaymentRequired or StatusCodes.Status403Forbidden
        or StatusCodes.Status429TooManyRequests);
}
