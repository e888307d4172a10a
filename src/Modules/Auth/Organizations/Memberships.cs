using Wopr.Kernel;

namespace Wopr.Auth;

internal sealed record Membership(Role Role, bool IsSuspended);

/// <summary>Who may act for which tenant.</summary>
internal sealed class Memberships(Db db, TimeProvider time)
{
    private readonly Remembered<Membership> _remembered = new(time);

    /// <summary>Null for a stranger, and for a tenant that does not exist.</summary>
    public ValueTask<Membership?> FindAsync(string tenantId, string userId, CancellationToken ct) =>
        _remembered.GetAsync($"{tenantId}/{userId}", _ => FindAsync(db, tenantId, userId, ct));

    public static Task<Membership?> FindAsync(Db db, string tenantId, string userId, CancellationToken ct) => db.FirstAsync($"""
        select m.role, t.status <> 'active'
        from auth.member m
        join auth.tenant t on t.id = m.tenant_id
        where m.tenant_id = {tenantId} and m.user_id = {userId} and t.status <> 'erased'
        """, row => new Membership(SnakeCase<Role>.Parse(row.GetString(0)), row.GetBoolean(1)), ct);

    public void Forget() => _remembered.Clear();
}
