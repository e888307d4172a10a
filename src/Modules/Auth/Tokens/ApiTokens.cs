using Npgsql;
using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>Tokens that people make for their tools. A token never does more than its maker may do today.</summary>
internal sealed class ApiTokens(Db db, AuditLog audit, TimeProvider time)
{
    private const int RandomLength = 40;
    private const int HintLength = 4;
    private const int NameLengthMax = 100;
    private const int DaysMax = 3650;
    private const int CountMax = 100;

    /// <summary>When a token was last used is told to the minute.</summary>
    private static readonly TimeSpan s_useRecordedEvery = TimeSpan.FromMinutes(1);

    private readonly Remembered<Actor> _remembered = new(time);

    public ValueTask<Actor?> FindAsync(string token, CancellationToken ct) => ConfiguredTokens.ScopeOf(token) is null
        ? ValueTask.FromResult<Actor?>(null)
        : _remembered.GetAsync(token, now => FindAsync(token, now, ct));

    public Task<List<ApiToken>> ListAsync(Actor actor, CancellationToken ct) => db.QueryAsync($"""
        select id, name, scope, hint, user_id, created_at, expires_at, last_used_at
        from auth.api_token
        where tenant_id = {actor.TenantId}
        order by created_at desc
        """, Read, ct);

    public async Task<Result<NewApiToken>> CreateAsync(Actor actor, ApiTokenRequest request, CancellationToken ct)
    {
        // The maker's role is what the token stands on, so the maker must be a person.
        if (actor.UserId is not { } userId) { return Problems.UserRequired; }
        var name = request.Name.Trim();
        if (name.Length is 0 or > NameLengthMax || name.Any(char.IsControl)) { return TokenProblems.BadName; }
        if (request.ExpiresInDays is < 1 or > DaysMax) { return TokenProblems.BadLife; }
        if (request.Scope == Scope.Admin && actor.Role < Role.Admin) { return Problems.Role(Role.Admin); }
        if (request.Scope == Scope.Write && actor.Role < Role.Member) { return Problems.Role(Role.Member); }

        var text = $"wopr_{Sql.Name(request.Scope)}_{Token.New(RandomLength)}";
        var now = time.Now();
        var token = new ApiToken(Id<ApiToken>.New(time), name, request.Scope, text[^HintLength..], userId, now,
            request.ExpiresInDays is { } days ? now.AddDays(days) : null, LastUsedAt: null);
        return await db.TransactAsync<Result<NewApiToken>>(async tx =>
        {
            await tx.ExecuteAsync($"select from auth.tenant where id = {actor.TenantId} for update", ct);
            var count = await tx.ValueAsync<long>($"select count(*) from auth.api_token where tenant_id = {actor.TenantId}", ct);
            if (count >= CountMax) { return TokenProblems.TooMany(CountMax); }
            await tx.ExecuteAsync($"""
                insert into auth.api_token (id, tenant_id, user_id, name, scope, token_hash, hint, created_at, expires_at)
                values ({token.Id}, {actor.TenantId}, {userId}, {token.Name}, {token.Scope}, {Token.Hash(text)}, {token.Hint},
                        {token.CreatedAt}, {token.ExpiresAt}::timestamptz)
                """, ct);
            await audit.WriteAsync(tx, actor, new("auth.token_created", $"token:{token.Id}",
                Details: new Dictionary<string, string> { ["name"] = name, ["scope"] = Sql.Name(request.Scope) }), ct);
            return new NewApiToken(text, token);
        }, ct);
    }

    public async Task<Result<Done>> RevokeAsync(Actor actor, Id<ApiToken> id, CancellationToken ct)
    {
        var revoked = await db.TransactAsync(async tx =>
        {
            var deleted = await tx.ExecuteAsync($"""
                delete from auth.api_token
                where tenant_id = {actor.TenantId} and id = {id}
                  and ({actor.Role >= Role.Admin} or user_id = {actor.UserId}::text)
                """, ct);
            if (deleted == 0) { return false; }
            await audit.WriteAsync(tx, actor, new("auth.token_revoked", $"token:{id}"), ct);
            return true;
        }, ct);
        _remembered.Clear();
        return revoked ? Done.Instance : TokenProblems.NotFound;
    }

    private async Task<Actor?> FindAsync(string token, DateTimeOffset now, CancellationToken ct)
    {
        var found = await db.FirstAsync($"""
            select k.id, k.tenant_id, k.scope, m.role, t.status <> 'active', k.last_used_at
            from auth.api_token k
            join auth.tenant t on t.id = k.tenant_id
            join auth.member m on m.tenant_id = k.tenant_id and m.user_id = k.user_id
            where k.token_hash = {Token.Hash(token)} and (k.expires_at is null or k.expires_at > {now})
            """, row => new
        {
            Id = new Id<ApiToken>(row.GetGuid(0)),
            TenantId = row.GetString(1),
            Scope = SnakeCase<Scope>.Parse(row.GetString(2)),
            Role = SnakeCase<Role>.Parse(row.GetString(3)),
            IsSuspended = row.GetBoolean(4),
            UsedAt = row.IsDBNull(5) ? DateTimeOffset.MinValue : row.GetFieldValue<DateTimeOffset>(5),
        }, ct);
        if (found is null) { return null; }
        if (now - found.UsedAt >= s_useRecordedEvery)
        {
            await db.ExecuteAsync($"update auth.api_token set last_used_at = {now} where id = {found.Id}", ct);
        }
        var most = ConfiguredTokens.RoleOf(found.Scope);
        return new(ActorKind.Token, found.Id.ToString())
        {
            TenantId = found.TenantId,
            Scope = found.Scope,
            Role = found.Role < most ? found.Role : most,
            IsSuspended = found.IsSuspended,
        };
    }

    private static ApiToken Read(NpgsqlDataReader row) => new(
        Id: new(row.GetGuid(0)),
        Name: row.GetString(1),
        Scope: SnakeCase<Scope>.Parse(row.GetString(2)),
        Hint: row.GetString(3),
        CreatedBy: row.GetString(4),
        CreatedAt: row.GetFieldValue<DateTimeOffset>(5),
        ExpiresAt: row.IsDBNull(6) ? null : row.GetFieldValue<DateTimeOffset>(6),
        LastUsedAt: row.IsDBNull(7) ? null : row.GetFieldValue<DateTimeOffset>(7));
}

internal static class TokenProblems
{
    public static Problem NotFound { get; } = new(ProblemKind.NotFound, "token.not_found", "There is no such token of yours.");

    public static Problem BadName { get; } =
        new(ProblemKind.Invalid, "token.bad_name", "Give the token a name of 1 to 100 characters, such as: deploy script.");

    public static Problem BadLife { get; } =
        new(ProblemKind.Invalid, "token.bad_life", "expiresInDays must be from 1 to 3650; leave it out for a token without an end.");

    public static Problem TooMany(int max) => new(ProblemKind.Conflict, "token.too_many",
        $"There are {max} tokens already. Revoke one that is not used any more.");
}
