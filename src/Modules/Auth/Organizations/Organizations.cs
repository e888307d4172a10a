using System.Text.RegularExpressions;
using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>Tenants that several people share, and their members.</summary>
internal sealed partial class Organizations(
    Db db, Memberships memberships, AccountMail mail, TrustedUrls urls, AuditLog audit, Outbox outbox, TimeProvider time)
{
    private const int NameLengthMax = 128;
    private const int OwnedMax = 50;
    private const int PeopleMax = 500;
    private static readonly TimeSpan s_invitationLife = TimeSpan.FromDays(7);

    public async Task<Result<OrganizationList>> ListAsync(Actor actor, CancellationToken ct) => actor.UserId is { } userId
        ? new OrganizationList(await OrganizationSql.ListAsync(db, userId, ct))
        : Problems.UserRequired;

    public async Task<Result<Organization>> CreateAsync(Actor actor, OrganizationRequest request, CancellationToken ct)
    {
        if (actor.UserId is not { } userId) { return Problems.UserRequired; }
        if (OrganizationProblems.Name(request.Name, NameLengthMax) is { } badName) { return badName; }
        if (request.Slug is { } slug && !Slug().IsMatch(slug)) { return OrganizationProblems.BadSlug; }
        var id = Token.New();
        return await db.TransactAsync<Result<Organization>>(async tx =>
        {
            await tx.ExecuteAsync($"select from auth.user where id = {userId} for update", ct);
            var owned = await tx.ValueAsync<long>(
                $"select count(*) from auth.member where user_id = {userId} and role = 'owner'", ct);
            if (owned > OwnedMax) { return OrganizationProblems.TooMany(OwnedMax); }
            if (!await OrganizationSql.InsertAsync(tx, id, request.Name.Trim(), request.Slug, userId, time.Now(), ct))
            {
                return OrganizationProblems.SlugTaken;
            }
            await audit.WriteAsync(tx, actor, new("auth.organization_created", $"tenant:{id}", TenantId: id), ct);
            return await ReadAsync(tx, id, ct);
        }, ct);
    }

    public Task<Result<Organization>> ShowAsync(Actor actor, string id, CancellationToken ct) =>
        InsideAsync(actor, id, Role.Viewer, async tx => (Result<Organization>)await ReadAsync(tx, id, ct), ct);

    public async Task<Result<Organization>> UpdateAsync(Actor actor, string id, OrganizationChange change, CancellationToken ct)
    {
        if (change.Name is { } name && OrganizationProblems.Name(name, NameLengthMax) is { } badName) { return badName; }
        if (change.Slug is { } slug && !Slug().IsMatch(slug)) { return OrganizationProblems.BadSlug; }
        return await InsideAsync<Organization>(actor, id, Role.Admin, async tx =>
        {
            if (!await OrganizationSql.UpdateAsync(tx, id, change.Name?.Trim(), change.Slug, ct)) { return OrganizationProblems.SlugTaken; }
            await audit.WriteAsync(tx, actor, new("auth.organization_changed", $"tenant:{id}", TenantId: id), ct);
            return await ReadAsync(tx, id, ct);
        }, ct);
    }

    public Task<Result<Done>> DeleteAsync(Actor actor, string id, CancellationToken ct) => InsideAsync<Done>(actor, id, Role.Owner, async tx =>
    {
        if ((await ReadAsync(tx, id, ct)).Type == "personal") { return OrganizationProblems.Personal; }
        await OrganizationSql.EraseAsync(tx, outbox, id, ct);
        await audit.WriteAsync(tx, actor, new("auth.organization_deleted", $"tenant:{id}", TenantId: id), ct);
        return Done.Instance;
    }, ct);

    public async Task<Result<Invitation>> InviteAsync(Actor actor, string id, InvitationRequest request, CancellationToken ct)
    {
        if (!EmailAddress.TryParse(request.Email, out var email)) { return OrganizationProblems.BadEmail; }
        if (request.Role == Role.Owner) { return OrganizationProblems.OneOwner; }
        return await InsideAsync<Invitation>(actor, id, Role.Admin, async tx =>
        {
            var organization = await ReadAsync(tx, id, ct);
            if (organization.Members.Any(member => member.Email == email.Text)) { return OrganizationProblems.MemberAlready; }
            if (organization.Members.Count + organization.Invites.Count >= PeopleMax) { return OrganizationProblems.TooManyPeople(PeopleMax); }
            var (now, secret) = (time.Now(), Token.New());
            var expiresAt = now + s_invitationLife;
            var by = organization.Members.FirstOrDefault(member => member.UserId == actor.UserId);
            var invitation = await OrganizationSql.InviteAsync(tx, id, new Invitation(Id<Invitation>.New(time), email.Text, request.Role,
                by?.UserId ?? organization.OwnerId, expiresAt.ToUnixTimeMilliseconds(), now.ToUnixTimeMilliseconds()),
                Token.Hash(secret), now, expiresAt, ct);
            await mail.InvitationAsync(tx, email.Text, by?.Name ?? organization.Name, organization.Name, request.Role,
                urls.Dashboard($"/invitations/{secret}"), ct);
            await audit.WriteAsync(tx, actor, new("auth.member_invited", $"invitation:{invitation.Id}", TenantId: id,
                Details: new Dictionary<string, string> { ["role"] = Sql.Name(request.Role) }), ct);
            return invitation;
        }, ct);
    }

    public Task<Result<Done>> RevokeInvitationAsync(Actor actor, string id, string invitation, CancellationToken ct) =>
        InsideAsync<Done>(actor, id, Role.Admin, async tx =>
        {
            if (!Id<Invitation>.TryParse(invitation, null, out var known)
                || !await OrganizationSql.RevokeInvitationAsync(tx, id, known, ct))
            {
                return OrganizationProblems.NoInvitation;
            }
            await audit.WriteAsync(tx, actor, new("auth.invitation_revoked", $"invitation:{known}", TenantId: id), ct);
            return Done.Instance;
        }, ct);

    /// <summary>Joins by a mailed link. The link is good for the address it was mailed to only.</summary>
    public async Task<Result<Organization>> AcceptAsync(Actor actor, User user, string secret, CancellationToken ct)
    {
        var joined = await db.TransactAsync<Result<Organization>>(async tx =>
        {
            if (await OrganizationSql.TakeInvitationAsync(tx, Token.Hash(secret), user.Email, time.Now(), ct) is not { } accepted)
            {
                return OrganizationProblems.BadInvitation;
            }
            await OrganizationSql.AddMemberAsync(tx, accepted.TenantId, user.Id, accepted.Role, time.Now(), ct);
            await audit.WriteAsync(tx, actor, new("auth.member_joined", $"user:{user.Id}", TenantId: accepted.TenantId), ct);
            return await ReadAsync(tx, accepted.TenantId, ct);
        }, ct);
        memberships.Forget();
        return joined;
    }

    public async Task<Result<Done>> ChangeRoleAsync(Actor actor, string id, string userId, Role role, CancellationToken ct)
    {
        if (role == Role.Owner) { return OrganizationProblems.OneOwner; }
        return await InsideAsync<Done>(actor, id, Role.Admin, async tx =>
        {
            if (await Memberships.FindAsync(tx, id, userId, ct) is not { } member) { return OrganizationProblems.NoMember; }
            if (member.Role == Role.Owner) { return OrganizationProblems.OwnerStays; }
            await OrganizationSql.SetRoleAsync(tx, id, userId, role, ct);
            await audit.WriteAsync(tx, actor, new("auth.member_role_changed", $"user:{userId}", TenantId: id,
                Details: new Dictionary<string, string> { ["from"] = Sql.Name(member.Role), ["to"] = Sql.Name(role) }), ct);
            return Done.Instance;
        }, ct);
    }

    /// <summary>Takes somebody out, or lets a member leave.</summary>
    public Task<Result<Done>> RemoveMemberAsync(Actor actor, string id, string userId, CancellationToken ct) =>
        InsideAsync<Done>(actor, id, userId == actor.UserId ? Role.Viewer : Role.Admin, async tx =>
        {
            if (await Memberships.FindAsync(tx, id, userId, ct) is not { } member) { return OrganizationProblems.NoMember; }
            if (member.Role == Role.Owner) { return OrganizationProblems.OwnerStays; }
            await OrganizationSql.RemoveMemberAsync(tx, id, userId, ct);
            await audit.WriteAsync(tx, actor, new("auth.member_removed", $"user:{userId}", TenantId: id), ct);
            return Done.Instance;
        }, ct);

    /// <summary>Makes another member the owner; the owner until now becomes an admin.</summary>
    public Task<Result<Done>> TransferAsync(Actor actor, string id, string userId, CancellationToken ct) =>
        InsideAsync<Done>(actor, id, Role.Owner, async tx =>
        {
            var organization = await ReadAsync(tx, id, ct);
            if (organization.Type == "personal") { return OrganizationProblems.Personal; }
            if (await Memberships.FindAsync(tx, id, userId, ct) is not { } member) { return OrganizationProblems.NoMember; }
            if (member.Role == Role.Owner) { return Done.Instance; }
            await OrganizationSql.SetRoleAsync(tx, id, organization.OwnerId, Role.Admin, ct);
            await OrganizationSql.SetRoleAsync(tx, id, userId, Role.Owner, ct);
            await audit.WriteAsync(tx, actor, new("auth.ownership_transferred", $"user:{userId}", TenantId: id), ct);
            return Done.Instance;
        }, ct);

    /// <summary>Runs the work for those who are in the organisation with at least the role; for strangers it does not exist.</summary>
    private async Task<Result<T>> InsideAsync<T>(
        Actor actor, string id, Role role, Func<Db, Task<Result<T>>> work, CancellationToken ct)
    {
        var result = await db.TransactAsync<Result<T>>(async tx =>
        {
            // One change of an organisation at a time, so that roles cannot change between the check and the work.
            await tx.ExecuteAsync($"select from auth.tenant where id = {id} for update", ct);
            var own = actor.UserId is { } userId ? (await Memberships.FindAsync(tx, id, userId, ct))?.Role
                : actor.TenantId == id ? actor.Role
                : (Role?)null;
            if (own is null) { return OrganizationProblems.NotFound; }
            return own < role ? Problems.Role(role) : await work(tx);
        }, ct);
        memberships.Forget();
        return result;
    }

    private async Task<Organization> ReadAsync(Db tx, string id, CancellationToken ct) =>
        (await OrganizationSql.FindAsync(tx, id, ct))! with
        {
            Members = await OrganizationSql.MembersAsync(tx, id, ct),
            Invites = await OrganizationSql.InvitationsAsync(tx, id, time.Now(), ct),
        };

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{1,46}[a-z0-9]\z")]
    private static partial Regex Slug();
}
