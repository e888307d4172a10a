using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>Signed-in browsers.</summary>
internal sealed class Sessions(Db db, TimeProvider time)
{
    private readonly Remembered<Signed> _remembered = new(time);

    public Task<NewSession> StartAsync(Db tx, User user, Origin origin, bool shortLived, CancellationToken ct) =>
        StartAsync(tx, user, origin, shortLived ? Session.ShortLife : Session.Life, shortLived, operatorId: null, ct);

    /// <summary>A session in which an operator looks through the person's eyes.</summary>
    public Task<NewSession> StartForOperatorAsync(Db tx, User user, string operatorId, Origin origin, CancellationToken ct) =>
        StartAsync(tx, user, origin, Session.ImpersonationLife, shortLived: true, operatorId, ct);

    public ValueTask<Signed?> FindAsync(string secret, CancellationToken ct) =>
        _remembered.GetAsync(secret, now => SessionSql.FindAsync(db, Token.Hash(secret), now, ct));

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

    /// <summary>To be called after anything a session tells about its person has changed.</summary>
    public void Forget() => _remembered.Clear();

    private async Task<NewSession> StartAsync(
        Db tx, User user, Origin origin, TimeSpan life, bool shortLived, string? operatorId, CancellationToken ct)
    {
        var now = time.Now();
        var secret = Token.New();
        var session = new Session(Id<Session>.New(time), user.Id, now + life, now, now, origin.IpAddress, origin.UserAgent,
            shortLived, operatorId);
        await SessionSql.InsertAsync(tx, session, Token.Hash(secret), ct);
        return new(session, secret, user);
    }
}
