using Npgsql;
using Wopr.Kernel;

namespace Wopr.Auth;

internal static class SessionSql
{
    public static Task<int> InsertAsync(Db db, Session session, byte[] tokenHash, CancellationToken ct) => db.ExecuteAsync($"""
        insert into auth.session
            (id, token_hash, user_id, expires_at, short_lived, operator_id, ip_address, user_agent, created_at, updated_at)
        values ({session.Id}, {tokenHash}, {session.UserId}, {session.ExpiresAt}, {session.ShortLived}, {session.OperatorId}::text,
                {session.IpAddress}::text, {session.UserAgent}::text, {session.CreatedAt}, {session.UpdatedAt})
        """, ct);

    public static Task<Signed?> FindAsync(Db db, byte[] tokenHash, DateTimeOffset now, CancellationToken ct) => db.FirstAsync($"""
        select s.id, s.user_id, s.expires_at, s.created_at, s.updated_at, s.ip_address, s.user_agent, s.short_lived,
               s.operator_id, u.name, u.email, u.email_verified, u.image, u.created_at, u.updated_at, u.two_factor_enabled, u.id,
               u.platform_role, t.status <> 'active'
        from auth.session s
        join auth.user u on u.id = s.user_id
        join auth.tenant t on t.id = u.id
        where s.token_hash = {tokenHash} and s.expires_at > {now}
        """, row => new Signed(Read(row), UserSql.Read(row, at: 9), row.GetBoolean(18)), ct);

    public static Task<List<Session>> ListAsync(Db db, string userId, DateTimeOffset now, CancellationToken ct) => db.QueryAsync($"""
        select id, user_id, expires_at, created_at, updated_at, ip_address, user_agent, short_lived, operator_id
        from auth.session
        where user_id = {userId} and expires_at > {now}
        order by created_at desc
        limit 200
        """, Read, ct);

    public static Task<int> RenewAsync(
        Db db, Id<Session> id, DateTimeOffset expiresAt, DateTimeOffset now, CancellationToken ct) => db.ExecuteAsync($"""
        update auth.session
        set expires_at = {expiresAt}, updated_at = {now}
        where id = {id}
        """, ct);

    public static async Task<bool> RevokeAsync(Db db, string userId, Id<Session> id, CancellationToken ct) =>
        await db.ExecuteAsync($"delete from auth.session where user_id = {userId} and id = {id}", ct) == 1;

    public static Task<int> RevokeAllAsync(Db db, string userId, Id<Session>? except, CancellationToken ct) => db.ExecuteAsync($"""
        delete from auth.session
        where user_id = {userId} and id is distinct from {except}::uuid
        """, ct);

    private static Session Read(NpgsqlDataReader row) => new(
        Id: new(row.GetGuid(0)),
        UserId: row.GetString(1),
        ExpiresAt: row.GetFieldValue<DateTimeOffset>(2),
        CreatedAt: row.GetFieldValue<DateTimeOffset>(3),
        UpdatedAt: row.GetFieldValue<DateTimeOffset>(4),
        IpAddress: row.IsDBNull(5) ? null : row.GetString(5),
        UserAgent: row.IsDBNull(6) ? null : row.GetString(6),
        ShortLived: row.GetBoolean(7),
        OperatorId: row.IsDBNull(8) ? null : row.GetString(8));
}
