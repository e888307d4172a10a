namespace Wopr.Auth;

/// <summary>Where a request came from, as far as we can tell.</summary>
public sealed record Origin(string? IpAddress, string? UserAgent);

internal enum LoginOutcome { SignedIn, WrongPassword, UnknownUser, Throttled }
