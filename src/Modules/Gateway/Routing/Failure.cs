namespace Wopr.Gateway.Routing;

/// <summary>Why a provider gave no answer.</summary>
internal enum Failure
{
    Unreachable,
    Timeout,

    /// <summary>It answers, and wants to be asked less.</summary>
    RateLimited,
    ServerError,
    BadAnswer,
}
