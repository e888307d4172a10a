using Wopr.Kernel;

namespace Wopr.Auth;

/// <summary>Removes what has ended: sessions, links, invitations, sign-ins half done, and accounts whose time has come.</summary>
internal sealed class Housekeeping(Db db, AccountDeletion deletion, TimeProvider time) : IJob
{
    public async Task RunAsync(CancellationToken ct)
    {
        var now = time.Now();
        await db.ExecuteAsync($"delete from auth.session where expires_at <= {now}", ct);
        await db.ExecuteAsync($"delete from auth.verification where expires_at <= {now}", ct);
        await db.ExecuteAsync($"delete from auth.oauth_state where expires_at <= {now}", ct);
        await db.ExecuteAsync($"delete from auth.invitation where expires_at <= {now}", ct);
        await db.ExecuteAsync($"delete from auth.api_token where expires_at <= {now}", ct);
        await deletion.EraseDueAsync(ct);
    }
}
