namespace Wopr.Sandbox.Models;

/// <summary>A provider says no; each protocol has its own words for it.</summary>
internal sealed class ModelRefusal(int status, string message, string? param = null, string? code = null,
    int? retryAfter = null)
    : Exception(message)
{
    public int Status { get; } = status;

    public string? Param { get; } = param;

    public string? Code { get; } = code;

    public int? RetryAfter { get; } = retryAfter;

    public static ModelRefusal Invalid(string message, string? param = null, string? code = null) =>
        new(400, message, param, code);
}
