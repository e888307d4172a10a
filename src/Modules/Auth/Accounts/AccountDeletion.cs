using Microsoft.Extensions.Logging;
using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Auth;

internal sealed record Deletion(Id<Deletion> Id, DateTimeOffset RequestedAt, DateTimeOffset EraseAfter) : IHasId
{
    public static string IdPrefix => "del";
}

/// <summary>
/// Deleting an account: a month in which it can be cancelled, then the person is erased. What the ledger and the
/// audit trail hold keeps the id and no longer says whose it was.
/// </summary>
internal sealed class AccountDeletion(
    Db db, Credentials credentials, AccountMail mail, AuditLog audit, Outbox outbox, TimeProvider time,
    ILogger<AccountDeletion> logger)
{
    private static readonly TimeSpan s_grace = TimeSpan.FromDays(30);
    private static readonly TimeSpan s_fresh = TimeSpan.FromDays(1);
    private const int ErasedPerRun = 100;

    /// <param name="password">Who has none must have signed in within a day instead.</param>
    public async Task<Result<Deletion>> RequestAsync(Actor actor, Signed signed, string? password, CancellationToken ct)
    {
        var user = signed.User;
        if (await credentials.ExistAsync(user.Id, ct))
        {
            if (await credentials.RefuseAsync(user, password ?? "", ct) is { } wrong) { return wrong; }
        }
        else if (time.Now() - signed.Session.CreatedAt > s_fresh)
        {
            return AuthProblems.SessionTooOld;
        }
        var deletion = new Deletion(Id<Deletion>.New(time), time.Now(), time.Now() + s_grace);
        return await db.TransactAsync<Result<Deletion>>(async tx =>
        {
            if (await OwnsOthersAsync(tx, user.Id, ct)) { return DeletionProblems.OwnsOrganizations; }
            var isNew = await tx.ExecuteAsync($"""
                insert into auth.deletion (id, user_id, requested_at, erase_after)
                values ({deletion.Id}, {user.Id}, {deletion.RequestedAt}, {deletion.EraseAfter})
                on conflict do nothing
                """, ct) == 1;
            if (!isNew) { return DeletionProblems.Pending; }
            await mail.DeletionScheduledAsync(tx, user, deletion.EraseAfter, ct);
            await audit.WriteAsync(tx, actor, new("auth.deletion_requested", $"user:{user.Id}"), ct);
            return deletion;
        }, ct);
    }

    public Task<Deletion?> FindAsync(string userId, CancellationToken ct) => db.FirstAsync($"""
        select id, requested_at, erase_after from auth.deletion where user_id = {userId}
        """, row => new Deletion(new(row.GetGuid(0)), row.GetFieldValue<DateTimeOffset>(1), row.GetFieldValue<DateTimeOffset>(2)), ct);

    public async Task<Result<Done>> CancelAsync(Actor actor, string requestId, CancellationToken ct) =>
        await db.TransactAsync<Result<Done>>(async tx =>
        {
            if (!Id<Deletion>.TryParse(requestId, null, out var id)
                || await tx.ExecuteAsync($"delete from auth.deletion where id = {id} and user_id = {actor.UserId}", ct) == 0)
            {
                return DeletionProblems.NotFound;
            }
            await audit.WriteAsync(tx, actor, new("auth.deletion_cancelled", $"user:{actor.UserId}"), ct);
            return Done.Instance;
        }, ct);

    /// <summary>Erases those whose time has come. An owner of organisations waits until they are in other hands.</summary>
    public async Task EraseDueAsync(CancellationToken ct)
    {
        var due = await db.QueryAsync($"""
            select user_id from auth.deletion where erase_after <= {time.Now()} order by erase_after limit {ErasedPerRun}
            """, row => row.GetString(0), ct);
        var erased = 0;
        foreach (var userId in due)
        {
            if (await EraseAsync(userId, ct)) { erased++; }
        }
        if (erased > 0) { Log.Erased(logger, erased); }
    }

    private Task<bool> EraseAsync(string userId, CancellationToken ct) => db.TransactAsync(async tx =>
    {
        // Cancelled meanwhile, or taken by another replica.
        var stillDue = await tx.ValueAsync<string>($"select user_id from auth.deletion where user_id = {userId} for update skip locked", ct);
        if (stillDue is null || await OwnsOthersAsync(tx, userId, ct)) { return false; }
        await OrganizationSql.EraseAsync(tx, outbox, userId, ct);
        await tx.ExecuteAsync($"delete from auth.user where id = {userId}", ct);
        await audit.WriteAsync(tx, Actor.System, new("auth.user_erased", $"user:{userId}", TenantId: userId), ct);
        return true;
    }, ct);

    private static async Task<bool> OwnsOthersAsync(Db tx, string userId, CancellationToken ct) => await tx.ValueAsync<bool>($"""
        select exists (select from auth.member where user_id = {userId} and role = 'owner' and tenant_id <> {userId})
        """, ct);
}

internal static class DeletionProblems
{
    public static Problem Pending { get; } =
        new(ProblemKind.Invalid, "deletion.pending", "A deletion is pending already. It can be cancelled until its date.");

    public static Problem NotFound { get; } = new(ProblemKind.NotFound, "deletion.not_found", "No such deletion is pending.");

    public static Problem BadPhrase { get; } =
        new(ProblemKind.Invalid, "deletion.bad_phrase", "Type DELETE MY ACCOUNT to confirm.");

    public static Problem OwnsOrganizations { get; } = new(ProblemKind.Conflict, "deletion.owns_organizations",
        "You own organisations. Transfer or delete them first.");
}
