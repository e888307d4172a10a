using System.Collections.Concurrent;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>
/// Signed-in browsers. What a cookie stands for is remembered for under a second, so a busy dashboard does not ask
/// the database each time, and a revoked session is dead on every replica within that second.
/// </summary>
internal sealed class Sessions(Db db, TimeProvider time)
{
    private static readonly TimeSpan s_memory = TimeSpan.FromMilliseconds(800);
    private const int RememberedMax = 50_000;

    private readonly ConcurrentDictionary<string, (Signed? Signed, DateTimeOffset Until)> _remembered = new(StringComparer.Ordinal);

    public async Task<NewSession> StartAsync(Db tx, User user, Origin origin, bool shortLived, CancellationToken ct)
    {
        var now = time.Now();
        var secret = Token.New();
        var session = new Session(Id<Session>.New(time), user.Id, now + (shortLived ? Session.ShortLife : Session.Life), now, now,
            origin.IpAddress, Cut(origin.UserAgent), shortLived);
        await SessionSql.InsertAsync(tx, session, Token.Hash(secret), ct);
        return new(session, secret, user);
    }

    public async Task<Signed?> FindAsync(string secret, CancellationToken ct)
    {
        var now = time.Now();
        if (_remembered.TryGetValue(secret, out var known) && known.Until > now) { return known.Signed; }

        var signed = await SessionSql.FindAsync(db, Token.Hash(secret), now, ct);
        if (_remembered.Count >= RememberedMax) { _remembered.Clear(); }
        if (signed is not null) { _remembered[secret] = (signed, now + s_memory); }
        else { _remembered.TryRemove(secret, out _); }
        return signed;
    }

    /// <summary>Prolongs a session in use; true when its cookie is to be sent again.</summary>
    public async Task<bool> RenewAsync(Session session, CancellationToken ct)
    {
        var now = time.Now();
        if (!session.IsDueForRenewal(now)) { return false; }
        await SessionSql.RenewAsync(db, session.Id, now + Session.Life, now, ct);
        Forget();
        return true;
    }

    public Task<List<Session>> ListAsync(string userId, CancellationToken ct) =>
        SessionSql.ListAsync(db, userId, time.Now(), ct);

    public async Task<bool> RevokeAsync(string userId, Id<Session> id, CancellationToken ct)
    {
        var revoked = await SessionSql.RevokeAsync(db, userId, id, ct);
        Forget();
        return revoked;
    }

    public async Task RevokeAllAsync(Db tx, string userId, Id<Session>? except, CancellationToken ct)
    {
        await SessionSql.RevokeAllAsync(tx, userId, except, ct);
        Forget();
    }

    /// <summary>This replica forgets at once; the others within the memory's span.</summary>
    public void Forget() => _remembered.Clear();

    private static string? Cut(string? userAgent) => userAgent is { Length: > 500 } ? userAgent[..500] : userAgent;
}
