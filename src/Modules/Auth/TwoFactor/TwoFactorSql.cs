using Wopr.Kernel;

namespace Wopr.Auth;

internal static class TwoFactorSql
{
    public static Task<int> SetSecretAsync(Db tx, string userId, byte[] sealedSecret, DateTimeOffset now, CancellationToken ct) =>
        tx.ExecuteAsync($"""
            insert into auth.two_factor (user_id, sealed_secret, created_at)
            values ({userId}, {sealedSecret}, {now})
            on conflict (user_id) do update
            set sealed_secret = excluded.sealed_secret, last_step = 0, created_at = excluded.created_at
            """, ct);

    public static Task<byte[]?> SecretAsync(Db db, string userId, CancellationToken ct) =>
        db.ValueAsync<byte[]>($"select sealed_secret from auth.two_factor where user_id = {userId}", ct);

    /// <summary>False when this step's code, or a later one, was used before.</summary>
    public static async Task<bool> UseStepAsync(Db tx, string userId, long step, CancellationToken ct) =>
        await tx.ExecuteAsync($"""
            update auth.two_factor
            set last_step = {step}
            where user_id = {userId} and last_step < {step}
            """, ct) == 1;

    public static async Task ReplaceBackupCodesAsync(Db tx, string userId, byte[][] hashes, CancellationToken ct)
    {
        await tx.ExecuteAsync($"delete from auth.backup_code where user_id = {userId}", ct);
        await tx.ExecuteAsync($"insert into auth.backup_code (user_id, code_hash) select {userId}, unnest({hashes})", ct);
    }

    public static async Task<bool> UseBackupCodeAsync(Db tx, string userId, byte[] hash, CancellationToken ct) =>
        await tx.ExecuteAsync($"delete from auth.backup_code where user_id = {userId} and code_hash = {hash}", ct) == 1;

    public static async Task DropAsync(Db tx, string userId, CancellationToken ct)
    {
        await tx.ExecuteAsync($"delete from auth.two_factor where user_id = {userId}", ct);
        await tx.ExecuteAsync($"delete from auth.backup_code where user_id = {userId}", ct);
    }
}
