using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>
/// For whoever runs something for tenants: an operator suspended one, or let it go on. Messages come late and in any
/// order, so ask <see cref="TenantDirectory.StatusAsync"/> how it is now before acting on one.
/// </summary>
public sealed record TenantStatusChanged(string Tenant) : IOutboxMessage
{
    public static string Topic => "auth.tenant_status_changed";
}

/// <summary>The account or organisation is gone for good, and what is kept for it goes too.</summary>
public sealed record TenantErased(string Tenant) : IOutboxMessage
{
    public static string Topic => "auth.tenant_erased";
}
