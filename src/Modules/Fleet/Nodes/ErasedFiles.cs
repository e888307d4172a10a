using Wopr.Kernel;

namespace Wopr.Fleet;

/// <summary>
/// Deletes what the object store keeps of bots that are erased. A segment that was on its way then may come a little
/// later, so that those erased lately are looked at again.
/// </summary>
internal sealed class ErasedFiles(Db db, ObjectStore objects) : IJob
{
    private static readonly TimeSpan s_lately = TimeSpan.FromDays(1);

    public async Task RunAsync(CancellationToken ct)
    {
        var erased = await db.QueryAsync($"""
            select b.id, b.tenant_id, b.ordinal
            from fleet.bot b
            where b.erased_at > now() - {s_lately}
               or (b.erased_at is not null and exists (select from fleet.kept k where k.bot_id = b.id))
            """, row => (Id: row.GetGuid(0), Name: Bot.NameOf(row.GetString(1), row.GetInt32(2))), ct);
        foreach (var (bot, name) in erased)
        {
            await DeleteAsync($"bots/{name}/", ct);
            await db.ExecuteAsync($"delete from fleet.kept where bot_id = {bot}", ct);
        }
    }

    private async Task DeleteAsync(string prefix, CancellationToken ct)
    {
        string? after = null;
        do
        {
            var page = await objects.ListAsync(prefix, after, ObjectStore.PageMax, ct);
            foreach (var one in page.Objects) { await objects.DeleteAsync(one.Key, ct); }
            after = page.Next;
        }
        while (after is not null);
    }
}
