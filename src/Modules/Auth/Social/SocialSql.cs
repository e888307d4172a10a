using System.Text.Json.Serialization;
using Wopr.Kernel;

namespace Wopr.Auth;

/// <param name="LinkUserId">Set when a signed-in person links a further way to sign in.</param>
internal sealed record OAuthFlow(string Provider, string CodeVerifier, string CallbackUrl, string ErrorUrl, string? LinkUserId);

public sealed record LinkedAccount(string Id, string ProviderId, string AccountId, string UserId, string[] Scopes,
    [property: JsonConverter(typeof(JavaScriptTime))] DateTimeOffset CreatedAt,
    [property: JsonConverter(typeof(JavaScriptTime))] DateTimeOffset UpdatedAt);

internal static class SocialSql
{
    public static Task<int> BeginAsync(Db db, byte[] stateHash, OAuthFlow flow, DateTimeOffset expiresAt, CancellationToken ct) =>
        db.ExecuteAsync($"""
            insert into auth.oauth_state (state_hash, provider, code_verifier, callback_url, error_url, link_user_id, expires_at)
            values ({stateHash}, {flow.Provider}, {flow.CodeVerifier}, {flow.CallbackUrl}, {flow.ErrorUrl}, {flow.LinkUserId}::text,
                    {expiresAt})
            """, ct);

    public static Task<OAuthFlow?> TakeAsync(Db db, byte[] stateHash, DateTimeOffset now, CancellationToken ct) => db.FirstAsync($"""
        delete from auth.oauth_state
        where state_hash = {stateHash} and expires_at > {now}
        returning provider, code_verifier, callback_url, error_url, link_user_id
        """, row => new OAuthFlow(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3),
            row.IsDBNull(4) ? null : row.GetString(4)), ct);

    public static Task<string?> UserOfAsync(Db db, string provider, string accountId, CancellationToken ct) =>
        db.ValueAsync<string>($"""
            select user_id from auth.linked_account where provider = {provider} and account_id = {accountId}
            """, ct);

    /// <summary>False when it is linked already.</summary>
    public static async Task<bool> LinkAsync(
        Db tx, string provider, string accountId, string userId, DateTimeOffset now, CancellationToken ct) =>
        await tx.ExecuteAsync($"""
            insert into auth.linked_account (provider, account_id, user_id, created_at)
            values ({provider}, {accountId}, {userId}, {now})
            on conflict do nothing
            """, ct) == 1;

    public static Task<int> UnlinkAsync(Db tx, string userId, string provider, string? accountId, CancellationToken ct) =>
        tx.ExecuteAsync($"""
            delete from auth.linked_account
            where user_id = {userId} and provider = {provider} and account_id = coalesce({accountId}::text, account_id)
            """, ct);

    /// <summary>Every way the person can sign in, the password among them.</summary>
    public static Task<List<LinkedAccount>> ListAsync(Db db, string userId, CancellationToken ct) => db.QueryAsync($"""
        select 'credential', user_id, updated_at from auth.credential where user_id = {userId}
        union all
        select provider, account_id, created_at from auth.linked_account where user_id = {userId}
        """, row => new LinkedAccount($"{row.GetString(0)}-{row.GetString(1)}", row.GetString(0), row.GetString(1), userId, [],
            row.GetFieldValue<DateTimeOffset>(2), row.GetFieldValue<DateTimeOffset>(2)), ct);
}
