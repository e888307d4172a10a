using Npgsql;
using Wopr.Kernel;

namespace Wopr.Auth;

internal static class UserSql
{
    /// <summary>False when the address is taken: of two sign-ups at once, one wins.</summary>
    public static async Task<bool> InsertAsync(Db db, User user, string passwordHash, CancellationToken ct) =>
        await db.ExecuteAsync($"""
            with person as (
                insert into auth.user (id, name, email, image, platform_role, created_at, updated_at)
                values ({user.Id}, {user.Name}, {user.Email}, {user.Image},
                        {(user.IsPlatformAdmin ? "platform_admin" : "user")}, {user.CreatedAt}, {user.UpdatedAt})
                on conflict do nothing
                returning id
            ), secret as (
                insert into auth.credential (user_id, password_hash, updated_at)
                select id, {passwordHash}, {user.CreatedAt} from person
            ), home as (
                insert into auth.tenant (id, name, kind, created_at)
                select id, {user.Name}, 'personal', {user.CreatedAt} from person
                returning id
            )
            insert into auth.member (tenant_id, user_id, role, joined_at)
            select id, id, 'owner', {user.CreatedAt} from home
            """, ct) == 1;

    public static Task<User?> FindAsync(Db db, string id, CancellationToken ct) => db.FirstAsync($"""
        select name, email, email_verified, image, created_at, updated_at, two_factor_enabled, id, platform_role
        from auth.user
        where id = {id}
        """, row => Read(row), ct);

    public static Task<User?> FindByEmailAsync(Db db, EmailAddress email, CancellationToken ct) => db.FirstAsync($"""
        select name, email, email_verified, image, created_at, updated_at, two_factor_enabled, id, platform_role
        from auth.user
        where lower(email) = {email.Text}
        """, row => Read(row), ct);

    public static Task<string?> PasswordHashAsync(Db db, string userId, CancellationToken ct) =>
        db.ValueAsync<string>($"select password_hash from auth.credential where user_id = {userId}", ct);

    public static Task<int> SetPasswordAsync(Db db, string userId, string hash, DateTimeOffset now, CancellationToken ct) =>
        db.ExecuteAsync($"""
            insert into auth.credential (user_id, password_hash, updated_at)
            values ({userId}, {hash}, {now})
            on conflict (user_id) do update set password_hash = excluded.password_hash, updated_at = excluded.updated_at
            """, ct);

    public static Task<int> UpdateAsync(
        Db db, string userId, string? name, bool setImage, string? image, DateTimeOffset now, CancellationToken ct) =>
        db.ExecuteAsync($"""
            update auth.user
            set name = coalesce({name}::text, name),
                image = case when {setImage} then {image}::text else image end,
                updated_at = {now}
            where id = {userId}
            """, ct);

    public static async Task<bool> AnyAdminAsync(Db db, CancellationToken ct) =>
        await db.ValueAsync<bool>($"select exists (select from auth.user where platform_role = 'platform_admin')", ct);

    /// <summary>The role in a tenant, or null for a stranger.</summary>
    public static Task<string?> RoleAsync(Db db, string tenantId, string userId, CancellationToken ct) =>
        db.ValueAsync<string>($"select role from auth.member where tenant_id = {tenantId} and user_id = {userId}", ct);

    public static Task<int> RecordLoginAsync(Db db, Guid id, string? userId, LoginOutcome outcome, Origin origin,
        DateTimeOffset now, CancellationToken ct) => db.ExecuteAsync($"""
        insert into auth.login (id, user_id, outcome, ip_address, user_agent, at)
        values ({id}, {userId}::text, {outcome}, {origin.IpAddress}::text, {origin.UserAgent}::text, {now})
        """, ct);

    public static Task<int> InsertVerificationAsync(Db db, byte[] hash, string purpose, User user,
        DateTimeOffset expiresAt, CancellationToken ct) => db.ExecuteAsync($"""
        insert into auth.verification (token_hash, purpose, user_id, email, expires_at)
        values ({hash}, {purpose}, {user.Id}, {user.Email}, {expiresAt})
        """, ct);

    /// <summary>The person the token was mailed to; a token works once.</summary>
    public static Task<string?> TakeVerificationAsync(
        Db db, byte[] hash, string purpose, DateTimeOffset now, CancellationToken ct) => db.ValueAsync<string>($"""
        delete from auth.verification
        where token_hash = {hash} and purpose = {purpose} and expires_at > {now}
        returning user_id
        """, ct);

    public static async Task<bool> VerificationExistsAsync(
        Db db, byte[] hash, string purpose, DateTimeOffset now, CancellationToken ct) => await db.ValueAsync<bool>($"""
        select exists (select from auth.verification
                       where token_hash = {hash} and purpose = {purpose} and expires_at > {now})
        """, ct);

    internal static User Read(NpgsqlDataReader row, int at = 0) => new(
        Name: row.GetString(at),
        Email: row.GetString(at + 1),
        EmailVerified: row.GetBoolean(at + 2),
        Image: row.IsDBNull(at + 3) ? null : row.GetString(at + 3),
        CreatedAt: row.GetFieldValue<DateTimeOffset>(at + 4),
        UpdatedAt: row.GetFieldValue<DateTimeOffset>(at + 5),
        TwoFactorEnabled: row.GetBoolean(at + 6),
        Id: row.GetString(at + 7))
    {
        IsPlatformAdmin = row.GetString(at + 8) == "platform_admin",
    };
}
