using Npgsql;
using Wopr.Kernel;

namespace Wopr.Auth;

internal static class UserSql
{
    /// <summary>The person and their personal tenant. False when the address is taken: of two sign-ups at once, one wins.</summary>
    public static async Task<bool> InsertAsync(Db db, User user, CancellationToken ct) =>
        await db.ExecuteAsync($"""
            with person as (
                insert into auth.user (id, name, email, email_verified, image, platform_role, created_at, updated_at)
                values ({user.Id}, {user.Name}, {user.Email}, {user.EmailVerified}, {user.Image}::text,
                        {(user.IsPlatformAdmin ? "platform_admin" : "user")}, {user.CreatedAt}, {user.UpdatedAt})
                on conflict do nothing
                returning id
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

    /// <summary>False when somebody else has the address by now.</summary>
    public static async Task<bool> SetVerifiedEmailAsync(Db db, string userId, string email, DateTimeOffset now, CancellationToken ct) =>
        await db.ExecuteAsync($"""
            update auth.user
            set email = {email}, email_verified = true, updated_at = {now}
            where id = {userId} and not exists (select from auth.user where lower(email) = {email} and id <> {userId})
            """, ct) == 1;

    public static Task<int> SetTwoFactorAsync(Db db, string userId, bool enabled, DateTimeOffset now, CancellationToken ct) =>
        db.ExecuteAsync($"update auth.user set two_factor_enabled = {enabled}, updated_at = {now} where id = {userId}", ct);

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
