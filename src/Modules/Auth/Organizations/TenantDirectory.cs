using Wopr.Kernel;

namespace Wopr.Auth;

/// <param name="Email">The owner's.</param>
public sealed record TenantContact(string TenantId, string Name, string Email, bool IsSuspended);

public enum TenantStatus { Active, Suspended, Erased }

/// <summary>What other modules may know of a tenant: that it exists, and to whom its bills and warnings go.</summary>
public sealed class TenantDirectory
{
#pragma warning disable CA1822 // An instance, so that whoever asks here says so in its constructor.
    public Task<TenantContact?> FindAsync(Db db, string tenantId, CancellationToken ct) => db.FirstAsync($"""
        select t.id, t.name, u.email, t.status = 'suspended'
        from auth.tenant t
        join auth.member m on m.tenant_id = t.id and m.role = 'owner'
        join auth.user u on u.id = m.user_id
        where t.id = {tenantId} and t.status <> 'erased'
        """, row => new TenantContact(row.GetString(0), row.GetString(1), row.GetString(2), row.GetBoolean(3)), ct);

    /// <summary>Whether each of them is suspended; those that are not there, or were erased, are not in it.</summary>
    public async Task<IReadOnlyDictionary<string, bool>> SuspensionsAsync(
        Db db, IReadOnlyCollection<string> tenantIds, CancellationToken ct) => (await db.QueryAsync($"""
            select id, status <> 'active' from auth.tenant where id = any({tenantIds.ToArray()}) and status <> 'erased'
            """, row => (Id: row.GetString(0), IsSuspended: row.GetBoolean(1)), ct))
        .ToDictionary(tenant => tenant.Id, tenant => tenant.IsSuspended, StringComparer.Ordinal);

    /// <summary>Null when there is no such tenant, and never was one.</summary>
    public async Task<TenantStatus?> StatusAsync(Db db, string tenantId, CancellationToken ct) =>
        await db.ValueAsync<string>($"select status from auth.tenant where id = {tenantId}", ct) switch
        {
            null => null,
            "active" => TenantStatus.Active,
            "erased" => TenantStatus.Erased,
            _ => TenantStatus.Suspended,
        };
#pragma warning restore CA1822
}
