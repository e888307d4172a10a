using Wopr.Gateway.Routing;
using Wopr.Kernel;

namespace Wopr.Gateway.Catalogue;

/// <param name="IsReady">It can be asked on the platform's account.</param>
/// <param name="Health">Of each of its models that was asked for lately; the numbers are those of the replica that answers.</param>
internal sealed record ProviderView(
    string Id, string Dialect, string BaseUrl, bool IsBuiltIn, bool IsEnabled, bool IsReady, bool HasKey, string OnDisconnect,
    long ConnectMs, long FirstByteMs, long IdleMs, long TotalMs, bool SpeaksResponses, bool IsOwn, string? TenantKey,
    IReadOnlyList<OfferHealthView> Health)
{
    public static ProviderView From(ProviderRow row, Provider provider, IEnumerable<OfferHealth> health) => new(
        row.Id, Sql.Name(provider.Dialect), provider.BaseUrl.AbsoluteUri, row.IsBuiltIn, row.Enabled, row.Enabled && provider.IsReady,
        provider.ApiKey is not null, Sql.Name(provider.OnDisconnect), Ms(provider.Timeouts.Connect), Ms(provider.Timeouts.FirstByte),
        Ms(provider.Timeouts.Idle), Ms(provider.Timeouts.Total), provider.SpeaksResponses, provider.IsOwn, provider.TenantKey,
        [.. health.Where(offer => offer.Provider == row.Id).Select(OfferHealthView.From)]);

    private static long Ms(TimeSpan time) => (long)time.TotalMilliseconds;
}

internal sealed record OfferHealthView(
    string UpstreamModel, string State, DateTimeOffset? Since, int RecentFailures, double? P50FirstByteMs, int RequestsLastMinute)
{
    public static OfferHealthView From(OfferHealth health) => new(
        health.UpstreamModel, Sql.Name(health.State), health.Since, health.RecentFailures,
        health.P50FirstByte?.TotalMilliseconds, health.RequestsLastMinute);
}

internal sealed record ProviderList(IReadOnlyList<ProviderView> Providers);

internal sealed record AddProvider(
    string Id, string Dialect, string BaseUrl, string? ApiKey = null, string? OnDisconnect = null, int? ConnectMs = null,
    int? FirstByteMs = null, int? IdleMs = null, int? TotalMs = null, bool SpeaksResponses = false, bool IsOwn = false);

/// <summary>What is not given stays as it is.</summary>
internal sealed record ChangeProvider(
    bool? IsEnabled = null, string? BaseUrl = null, string? ApiKey = null, string? OnDisconnect = null, int? ConnectMs = null,
    int? FirstByteMs = null, int? IdleMs = null, int? TotalMs = null, bool? SpeaksResponses = null, bool? IsOwn = null);
