namespace Wopr.Platform.Tests;

/// <summary>One way to come: what is sent to make the caller known, and the tenant asked for.</summary>
public sealed record Principal(string Name, string? Cookie = null, string? Token = null, string? TenantId = null)
{
    public static Principal Of(string name, Browser person, string? tenantId = null) => new(name,
        string.Join("; ", person.Cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")), TenantId: tenantId);
}
