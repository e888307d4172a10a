using System.Globalization;
using Npgsql;
using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Auth;

public sealed record UserSummary(
    string Id, string Name, string Email, bool EmailVerified, bool TwoFactorEnabled, string Role, string Status, DateTimeOffset CreatedAt);

public sealed record TenantSummary(
    string Id, string Name, string? Slug, string Kind, string Status, string? Owner, long Members, DateTimeOffset CreatedAt);

/// <summary>What the platform's operators do with other people's accounts. All of it is on the record.</summary>
internal sealed class Operators(
    Db db, Sessions sessions, Memberships memberships, AccountMail mail, AuditLog audit, Outbox outbox, TimeProvider time)
{
    public Task<List<UserSummary>> UsersAsync(string query, Paging<NewestFirst> paging, CancellationToken ct) => db.QueryAsync($"""
        select u.id, u.name, u.email, u.email_verified, u.two_factor_enabled, u.platform_role, t.status, u.created_at
        from auth.user u
        join auth.tenant t on t.id = u.id
        where ({query} = '' or u.id = {query} or u.email ilike {Like(query)} or u.name ilike {Like(query)})
          and (u.created_at, u.id) < ({Before(paging).At}, {Before(paging).Id})
        order by u.created_at desc, u.id desc
        limit {paging.Fetch}
        """, row => new UserSummary(row.GetString(0), row.GetString(1), row.GetString(2), row.GetBoolean(3), row.GetBoolean(4),
            row.GetString(5), row.GetString(6), row.GetFieldValue<DateTimeOffset>(7)), ct);

    public Task<List<TenantSummary>> TenantsAsync(string query, Paging<NewestFirst> paging, CancellationToken ct) => db.QueryAsync($"""
        select t.id, t.name, t.slug, t.kind, t.status, o.email, (select count(*) from auth.member c where c.tenant_id = t.id), t.created_at
        from auth.tenant t
        left join auth.member m on m.tenant_id = t.id and m.role = 'owner'
        left join auth.user o on o.id = m.user_id
        where ({query} = '' or t.id = {query} or t.slug = {query} or t.name ilike {Like(query)} or o.email ilike {Like(query)})
          and (t.created_at, t.id) < ({Before(paging).At}, {Before(paging).Id})
        order by t.created_at desc, t.id desc
        limit {paging.Fetch}
        """, ReadTenant, ct);

    /// <summary>A suspended tenant reads and changes nothing.</summary>
    public Task<Result<Done>> SuspendAsync(Actor actor, string tenantId, string reason, CancellationToken ct) =>
        SetStatusAsync(actor, tenantId, "suspended", new("auth.tenant_suspended", $"tenant:{tenantId}", TenantId: tenantId,
            Details: new Dictionary<string, string> { ["reason"] = reason }), ct);

    public Task<Result<Done>> ReactivateAsync(Actor actor, string tenantId, CancellationToken ct) =>
        SetStatusAsync(actor, tenantId, "active", new("auth.tenant_reactivated", $"tenant:{tenantId}", TenantId: tenantId), ct);

    /// <summary>Makes somebody an operator, or no longer one. The last operator stays.</summary>
    public async Task<Result<Done>> SetRoleAsync(Actor actor, string userId, bool isAdmin, CancellationToken ct)
    {
        var outcome = await db.TransactAsync<Result<Done>>(async tx =>
        {
            // One change at a time, so that two operators cannot remove each other.
            var admins = await tx.QueryAsync($"""
                select id, email from auth.user where platform_role = 'platform_admin' order by id for update
                """, row => (Id: row.GetString(0), Email: row.GetString(1)), ct);
            if (await UserSql.FindAsync(tx, userId, ct) is not { } user) { return OperatorProblems.NoUser; }
            if (user.IsPlatformAdmin == isAdmin) { return Done.Instance; }
            if (!isAdmin && admins.Count == 1) { return OperatorProblems.LastAdmin; }
            await tx.ExecuteAsync($"""
                update auth.user
                set platform_role = {(isAdmin ? "platform_admin" : "user")}, updated_at = {time.Now()}
                where id = {userId}
                """, ct);
            await audit.WriteAsync(tx, actor, new(isAdmin ? "auth.admin_granted" : "auth.admin_revoked", $"user:{userId}"), ct);
            if (isAdmin)
            {
                foreach (var admin in admins) { await mail.NewAdminAsync(tx, admin.Email, user.Email, actor.ToString(), ct); }
            }
            return Done.Instance;
        }, ct);
        sessions.Forget();
        return outcome;
    }

    /// <summary>A session through the person's eyes: it reads, and ends after half an hour.</summary>
    public async Task<Result<NewSession>> ImpersonateAsync(Actor actor, string userId, Origin origin, CancellationToken ct)
    {
        if (actor.UserId is not { } operatorId) { return Problems.UserRequired; }
        return await db.TransactAsync<Result<NewSession>>(async tx =>
        {
            if (await UserSql.FindAsync(tx, userId, ct) is not { } user) { return OperatorProblems.NoUser; }
            if (user.IsPlatformAdmin) { return OperatorProblems.NotAnAdmin; }
            await audit.WriteAsync(tx, actor, new("auth.impersonated", $"user:{userId}", TenantId: userId), ct);
            return await sessions.StartForOperatorAsync(tx, user, operatorId, origin, ct);
        }, ct);
    }

    private async Task<Result<Done>> SetStatusAsync(Actor actor, string tenantId, string status, AuditEvent what, CancellationToken ct)
    {
        var outcome = await db.TransactAsync<Result<Done>>(async tx =>
        {
            var known = await tx.ExecuteAsync($"update auth.tenant set status = {status} where id = {tenantId} and status <> 'erased'", ct);
            if (known == 0) { return OperatorProblems.NoTenant; }
            await audit.WriteAsync(tx, actor, what, ct);
            await outbox.SendAsync(tx, new TenantStatusChanged(tenantId), ct);
            return Done.Instance;
        }, ct);
        sessions.Forget();
        memberships.Forget();
        return outcome;
    }

    private static NewestFirst Before(Paging<NewestFirst> paging) =>
        paging.IsFirst ? new(DateTimeOffset.MaxValue, "") : paging.After;

    private static string Like(string query) =>
        $"%{query.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal)}%";

    private static TenantSummary ReadTenant(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2), row.GetString(3), row.GetString(4),
        row.IsDBNull(5) ? null : row.GetString(5), row.GetInt64(6), row.GetFieldValue<DateTimeOffset>(7));
}

/// <summary>The place of a row in a list that begins with the newest.</summary>
internal readonly record struct NewestFirst(DateTimeOffset At, string Id) : IParsable<NewestFirst>
{
    public static NewestFirst Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var key) ? key : throw new FormatException("Not a place in a list.");

    public static bool TryParse(string? s, IFormatProvider? provider, out NewestFirst result)
    {
        result = default;
        if (s?.Split('/', 2) is not [var at, { Length: <= 40 } id]
            || !long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            || ticks > DateTimeOffset.MaxValue.Ticks)
        {
            return false;
        }
        result = new(new(ticks, TimeSpan.Zero), id);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At.UtcTicks}/{Id}");
}

internal static class OperatorProblems
{
    public static Problem NoUser { get; } = new(ProblemKind.NotFound, "admin.no_user", "There is no such user.");
    public static Problem NoTenant { get; } = new(ProblemKind.NotFound, "admin.no_tenant", "There is no such tenant.");

    public static Problem LastAdmin { get; } = new(ProblemKind.Conflict, "admin.last_admin",
        "This is the last operator. Make somebody else one first.");

    public static Problem NotAnAdmin { get; } = new(ProblemKind.Forbidden, "admin.is_admin",
        "Nobody looks through another operator's eyes.");

    public static Problem NoReason { get; } = new(ProblemKind.Invalid, "admin.no_reason",
        "Say why, in 1 to 500 characters; it goes on the record.");

    public static Problem BadRole { get; } = new(ProblemKind.Invalid, "admin.bad_role", "The role must be user or platform_admin.");
}
