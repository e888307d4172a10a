using System.Diagnostics.CodeAnalysis;

namespace Wopr.Kernel;

public enum ProblemKind
{
    Invalid,
    Unauthenticated,
    PaymentRequired,
    Forbidden,
    NotFound,
    Conflict,
    Unprocessable,
    TooLarge,
    UnsupportedMediaType,
    LimitReached,
    Unavailable,
}

/// <summary>A refusal the caller can act on. Bugs and broken dependencies are exceptions instead.</summary>
/// <param name="Code">Stable and machine-readable; part of the public API.</param>
/// <param name="Detail">A plain sentence that says what to do.</param>
public sealed record Problem(ProblemKind Kind, string Code, string Detail)
{
    /// <summary>When asking again makes sense.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

public readonly struct Result<T>
{
    private Result(T? value, Problem? problem) => (Value, Problem) = (value, problem);

    public T? Value { get; }
    public Problem? Problem { get; }

    public bool Succeeded([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out Problem? problem)
    {
        (value, problem) = (Value, Problem);
        return problem is null;
    }

    public Result<TOther> Map<TOther>(Func<T, TOther> view) =>
        Problem is { } problem ? problem : view(Value!);

    public static implicit operator Result<T>(T value) => new(value, null);
    public static implicit operator Result<T>(Problem problem) => new(default, problem);
}

/// <summary>The answer of a verb that has nothing to return.</summary>
public sealed record Done
{
    public static Done Instance { get; } = new();
}
