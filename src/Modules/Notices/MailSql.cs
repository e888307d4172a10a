using System.Text.Json;
using Wopr.Kernel;

namespace Wopr.Notices;

internal sealed record QueuedMail(Guid Id, string To, string Template, Dictionary<string, string> Values);

internal static class MailSql
{
    public static Task<int> InsertAsync(Db tx, Guid id, string to, string template, string content, CancellationToken ct) =>
        tx.ExecuteAsync($"""
            insert into notices.mail (id, recipient, template, content)
            values ({id}, {to}, {template}, {content}::jsonb)
            """, ct);

    /// <summary>Null when it was already sent or given up.</summary>
    public static Task<QueuedMail?> FindQueuedAsync(Db db, Guid id, CancellationToken ct) => db.FirstAsync($"""
        select id, recipient, template, content::text
        from notices.mail
        where id = {id} and status = 'queued'
        """,
        row => new QueuedMail(row.GetGuid(0), row.GetString(1), row.GetString(2),
            JsonSerializer.Deserialize<Dictionary<string, string>>(row.GetString(3))!), ct);

    public static Task<int> SentAsync(Db db, Guid id, int attempts, string? providerId, CancellationToken ct) =>
        db.ExecuteAsync($"""
            update notices.mail
            set status = 'sent', sent_at = now(), content = null, attempts = {attempts},
                provider_id = {providerId}::text, last_error = null
            where id = {id} and status = 'queued'
            """, ct);

    public static Task<int> NotSentAsync(Db db, Guid id, int attempts, string error, bool isFinal, CancellationToken ct) =>
        db.ExecuteAsync($"""
            update notices.mail
            set attempts = {attempts}, last_error = {error},
                status = case when {isFinal} then 'failed' else status end,
                content = case when {isFinal} then null else content end
            where id = {id} and status = 'queued'
            """, ct);

    public static Task<int> DeleteToAsync(Db tx, string to, CancellationToken ct) =>
        tx.ExecuteAsync($"delete from notices.mail where lower(recipient) = lower({to})", ct);

    public static Task<int> DeleteOldAsync(Db db, TimeSpan age, CancellationToken ct) =>
        db.ExecuteAsync($"delete from notices.mail where status <> 'queued' and created_at < now() - {age}", ct);
}
