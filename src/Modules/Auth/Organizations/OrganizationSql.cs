using Npgsql;
using Wopr.Kernel;

namespace Wopr.Auth;

internal static class OrganizationSql
{
    public static Task<List<OrganizationSummary>> ListAsync(Db db, string userId, CancellationToken ct) => db.QueryAsync($"""
        select t.id, t.name, t.slug, case t.kind when 'personal' then 'personal' else 'org' end, m.role
        from auth.member m
        join auth.tenant t on t.id = m.tenant_id
        where m.user_id = {userId} and t.status <> 'erased'
        order by m.joined_at
        limit 500
        """, row => new OrganizationSummary(
            row.GetString(0), row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2), row.GetString(3),
            SnakeCase<Role>.Parse(row.GetString(4))), ct);

    public static Task<Organization?> FindAsync(Db db, string id, CancellationToken ct) => db.FirstAsync($"""
        select t.id, t.name, t.slug, case t.kind when 'personal' then 'personal' else 'org' end, m.user_id, t.created_at
        from auth.tenant t
        join auth.member m on m.tenant_id = t.id and m.role = 'owner'
        where t.id = {id} and t.status <> 'erased'
        """, row => new Organization(
            row.GetString(0), row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2), row.GetString(3), row.GetString(4),
            Millis(row, 5), [], []), ct);

    public static Task<List<Member>> MembersAsync(Db db, string id, CancellationToken ct) => db.QueryAsync($"""
        select u.id, u.name, u.email, m.role, m.joined_at
        from auth.member m
        join auth.user u on u.id = m.user_id
        where m.tenant_id = {id}
        order by m.joined_at
        limit 1000
        """, row => new Member(row.GetString(0), row.GetString(0), row.GetString(1), row.GetString(2),
            SnakeCase<Role>.Parse(row.GetString(3)), Millis(row, 4)), ct);

    public static Task<List<Invitation>> InvitationsAsync(Db db, string id, DateTimeOffset now, CancellationToken ct) => db.QueryAsync($"""
        select id, email, role, invited_by, expires_at, created_at
        from auth.invitation
        where tenant_id = {id} and expires_at > {now}
        order by created_at
        """, ReadInvitation, ct);

    /// <summary>False when the short name is taken.</summary>
    public static async Task<bool> InsertAsync(
        Db tx, string id, string name, string? slug, string ownerId, DateTimeOffset now, CancellationToken ct) =>
        await tx.ExecuteAsync($"""
            with org as (
                insert into auth.tenant (id, name, slug, kind, created_at)
                values ({id}, {name}, {slug}::text, 'organization', {now})
                on conflict do nothing
                returning id
            )
            insert into auth.member (tenant_id, user_id, role, joined_at)
            select id, {ownerId}, 'owner', {now} from org
            """, ct) == 1;

    /// <summary>False when the short name is taken.</summary>
    public static async Task<bool> UpdateAsync(Db tx, string id, string? name, string? slug, CancellationToken ct)
    {
        await tx.ExecuteAsync($"select pg_advisory_xact_lock(hashtext({slug ?? id}))", ct);
        return await tx.ExecuteAsync($"""
            update auth.tenant
            set name = coalesce({name}::text, name), slug = coalesce({slug}::text, slug)
            where id = {id} and not exists (select from auth.tenant where slug = {slug}::text and id <> {id})
            """, ct) == 1;
    }

    /// <summary>What is owed and what was used keeps the id; everybody and everything else goes.</summary>
    public static async Task EraseAsync(Db tx, Outbox outbox, string id, CancellationToken ct)
    {
        await tx.ExecuteAsync($"update auth.tenant set name = 'Deleted', slug = null, status = 'erased' where id = {id}", ct);
        await tx.ExecuteAsync($"delete from auth.api_token where tenant_id = {id}", ct);
        await tx.ExecuteAsync($"delete from auth.invitation where tenant_id = {id}", ct);
        await tx.ExecuteAsync($"delete from auth.member where tenant_id = {id}", ct);
        await outbox.SendAsync(tx, new TenantErased(id), ct);
    }

    /// <summary>A second invitation to the same address replaces the first.</summary>
    public static async Task<Invitation> InviteAsync(
        Db tx, string id, Invitation invitation, byte[] tokenHash, DateTimeOffset now, DateTimeOffset expiresAt, CancellationToken ct)
    {
        await tx.ExecuteAsync($"""
            insert into auth.invitation (id, tenant_id, email, role, token_hash, invited_by, created_at, expires_at)
            values ({invitation.Id}, {id}, {invitation.Email}, {invitation.Role}, {tokenHash}, {invitation.InvitedBy}, {now}, {expiresAt})
            on conflict (tenant_id, email) do update
            set id = excluded.id, role = excluded.role, token_hash = excluded.token_hash, invited_by = excluded.invited_by,
                created_at = excluded.created_at, expires_at = excluded.expires_at
            """, ct);
        return invitation;
    }

    public static async Task<bool> RevokeInvitationAsync(Db tx, string id, Id<Invitation> invitation, CancellationToken ct) =>
        await tx.ExecuteAsync($"delete from auth.invitation where tenant_id = {id} and id = {invitation}", ct) == 1;

    public static Task<AcceptedInvitation?> TakeInvitationAsync(
        Db tx, byte[] tokenHash, string email, DateTimeOffset now, CancellationToken ct) => tx.FirstAsync($"""
        delete from auth.invitation
        where token_hash = {tokenHash} and email = {email} and expires_at > {now}
        returning tenant_id, role
        """, row => new AcceptedInvitation(row.GetString(0), SnakeCase<Role>.Parse(row.GetString(1))), ct);

    /// <summary>Who is a member already keeps the role.</summary>
    public static Task<int> AddMemberAsync(
        Db tx, string id, string userId, Role role, DateTimeOffset now, CancellationToken ct) => tx.ExecuteAsync($"""
        insert into auth.member (tenant_id, user_id, role, joined_at)
        values ({id}, {userId}, {role}, {now})
        on conflict do nothing
        """, ct);

    public static Task<int> SetRoleAsync(Db tx, string id, string userId, Role role, CancellationToken ct) =>
        tx.ExecuteAsync($"update auth.member set role = {role} where tenant_id = {id} and user_id = {userId}", ct);

    public static Task<int> RemoveMemberAsync(Db tx, string id, string userId, CancellationToken ct) =>
        tx.ExecuteAsync($"delete from auth.member where tenant_id = {id} and user_id = {userId}", ct);

    private static Invitation ReadInvitation(NpgsqlDataReader row) => new(
        new(row.GetGuid(0)), row.GetString(1), SnakeCase<Role>.Parse(row.GetString(2)), row.GetString(3), Millis(row, 4), Millis(row, 5));

    private static long Millis(NpgsqlDataReader row, int at) => row.GetFieldValue<DateTimeOffset>(at).ToUnixTimeMilliseconds();
}

internal sealed record AcceptedInvitation(string TenantId, Role Role);
