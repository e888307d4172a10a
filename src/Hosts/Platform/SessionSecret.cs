using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Npgsql;
using Wopr.Auth;
using Wopr.Kernel;

namespace Wopr.Platform;

/// <summary>
/// Knows which BETTER_AUTH_SECRET signed this database's sessions, so that a changed one ends them only on purpose. While
/// a rotation is under way both secrets are known: replicas of either kind may start.
/// </summary>
internal sealed class SessionSecret(Db db, IOptions<AuthOptions> options)
{
    public const string AcceptFlag = "--accept-session-loss";

    /// <summary>Why sessions would die; null when they will not.</summary>
    public async Task<Problem?> FaultAsync(CancellationToken ct)
    {
        var known = await db.QueryAsync($"select salt, hash from kernel.session_secret",
            row => (Salt: row.GetFieldValue<byte[]>(0), Hash: row.GetFieldValue<byte[]>(1)), ct);
        bool Knows(string? secret) => secret is not null
            && known.Any(row => CryptographicOperations.FixedTimeEquals(HashOf(secret, row.Salt), row.Hash));

        var (current, previous) = (options.Value.Secret, options.Value.PreviousSecret);
        if (Knows(current)) { return null; }
        if (known.Count > 0 && !Knows(previous))
        {
            return new(ProblemKind.Unavailable, "ready.session_secret",
                "BETTER_AUTH_SECRET is not the one that signed this database's sessions: with it everybody has to sign in again. "
                + $"Restore it, or set BETTER_AUTH_SECRET_PREVIOUS to the old one, or accept the loss: ./wopr migrate {AcceptFlag}.");
        }
        await RememberAsync(db, current, ct);
        return null;
    }

    /// <summary>Sessions signed with any other secret are given up.</summary>
    public Task AcceptAsync(CancellationToken ct) => db.TransactAsync(async transaction =>
    {
        await transaction.ExecuteAsync($"delete from kernel.session_secret", ct);
        return await RememberAsync(transaction, options.Value.Secret, ct);
    }, ct);

    /// <summary>Tells why and answers false when a start has to be refused. Without a database there is nothing to lose yet.</summary>
    public async Task<bool> AllowsStartAsync(bool accept, CancellationToken ct)
    {
        try
        {
            if (accept) { await AcceptAsync(ct); }
            if (await FaultAsync(ct) is not { } fault) { return true; }
            Console.Error.WriteLine(fault.Detail);
            return false;
        }
        catch (NpgsqlException)
        {
            // Readiness says what is wrong with the database, and asks again.
            return true;
        }
    }

    private static Task<int> RememberAsync(Db db, string secret, CancellationToken ct)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        return db.ExecuteAsync($"insert into kernel.session_secret (salt, hash) values ({salt}, {HashOf(secret, salt)})", ct);
    }

    private static byte[] HashOf(string secret, byte[] salt) =>
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), (byte[])[.. "wopr session secret"u8, .. salt]);
}
