using Wopr.Kernel;

namespace Wopr.Auth;

internal enum LoginOutcome { SignedIn, WrongPassword, UnknownUser, WrongCode, Throttled }

internal sealed record Login(DateTimeOffset At, string Outcome, string? IpAddress, string? UserAgent);

/// <summary>Who signed in or tried to.</summary>
internal sealed class LoginHistory(Db db, TimeProvider time)
{
    public Task RecordAsync(Db tx, string? userId, LoginOutcome outcome, Origin origin, CancellationToken ct) =>
        tx.ExecuteAsync($"""
            insert into auth.login (id, user_id, outcome, ip_address, user_agent, at)
            values ({Guid.CreateVersion7(time.GetUtcNow())}, {userId}::text, {outcome}, {origin.IpAddress}::text,
                    {origin.UserAgent}::text, {time.Now()})
            """, ct);

    public Task<List<Login>> ListAsync(string userId, int count, CancellationToken ct) => db.QueryAsync($"""
        select at, outcome, ip_address, user_agent
        from auth.login
        where user_id = {userId}
        order by at desc
        limit {count}
        """, row => new Login(
            row.GetFieldValue<DateTimeOffset>(0),
            row.GetString(1),
            row.IsDBNull(2) ? null : row.GetString(2),
            row.IsDBNull(3) ? null : row.GetString(3)), ct);
}
