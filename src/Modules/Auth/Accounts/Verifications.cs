using Npgsql;
using Wopr.Kernel;

namespace Wopr.Auth;

internal enum Purpose { ResetPassword, VerifyEmail, ChangeEmail, SecondStep, TrustedDevice }

/// <summary>What a secret stood for.</summary>
internal sealed record Verification(string UserId, string Email, Purpose Purpose);

/// <summary>Secrets that stand for a person for one purpose and a short time. They are stored hashed.</summary>
internal sealed class Verifications(TimeProvider time)
{
    public async Task<string> IssueAsync(Db tx, Purpose purpose, User user, string email, TimeSpan life, CancellationToken ct)
    {
        var secret = Token.New();
        await tx.ExecuteAsync($"""
            insert into auth.verification (token_hash, purpose, user_id, email, expires_at)
            values ({Token.Hash(secret)}, {purpose}, {user.Id}, {email}, {time.Now() + life})
            """, ct);
        return secret;
    }

    public Task<Verification?> FindAsync(Db db, string secret, CancellationToken ct) => db.FirstAsync($"""
        select user_id, email, purpose
        from auth.verification
        where token_hash = {Token.Hash(secret)} and expires_at > {time.Now()}
        """, Read, ct);

    /// <summary>What the secret stood for, once: of two that come together, one gets it.</summary>
    public Task<Verification?> TakeAsync(Db tx, string secret, Purpose purpose, CancellationToken ct) => tx.FirstAsync($"""
        delete from auth.verification
        where token_hash = {Token.Hash(secret)} and purpose = {purpose} and expires_at > {time.Now()}
        returning user_id, email, purpose
        """, Read, ct);

    public static Task<int> DropAsync(Db tx, string userId, Purpose purpose, CancellationToken ct) =>
        tx.ExecuteAsync($"delete from auth.verification where user_id = {userId} and purpose = {purpose}", ct);

    private static Verification Read(NpgsqlDataReader row) =>
        new(row.GetString(0), row.GetString(1), SnakeCase<Purpose>.Parse(row.GetString(2)));
}
