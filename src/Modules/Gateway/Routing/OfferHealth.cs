namespace Wopr.Gateway.Routing;

internal enum CircuitState { Closed, Open, HalfOpen, Limited }

/// <summary>How one provider does with one model: its circuit as all replicas see it, the numbers of this one.</summary>
/// <param name="Since">When the circuit came to be so; null while it has always been closed.</param>
/// <param name="RecentFailures">In the last 30 seconds.</param>
/// <param name="P50FirstByte">Of the last answers; null before the first.</param>
internal sealed record OfferHealth(
    string Provider, string UpstreamModel, CircuitState State, DateTimeOffset? Since, int RecentFailures,
    TimeSpan? P50FirstByte, int RequestsLastMinute);
