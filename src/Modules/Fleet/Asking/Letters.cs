using System.Text.Json;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>Something to be written by a bot that nobody could reach.</summary>
internal sealed record Letter(long Number, Guid Id, Guid BotId, string Verb, byte[] Ask, string Actor);

/// <summary>What waits to be written by bots that cannot be reached, in order and sealed.</summary>
internal sealed class Letters(Db db, Vault vault, TimeProvider time)
{
    public const int WaitingMax = 100;
    private const int BytesMax = 512 * 1024;
    private const string Label = "fleet-letter";

    public Task<bool> AnyAsync(Guid bot, CancellationToken ct) =>
        db.ValueAsync<bool>($"select exists (select from fleet.letter where bot_id = {bot})", ct);

    /// <summary>Why it is not kept; null when it is.</summary>
    public async Task<Problem?> KeepAsync<TAsk, TAnswer>(Actor actor, Guid bot, Verb<TAsk, TAnswer> verb, TAsk ask, CancellationToken ct)
    {
        var plain = JsonSerializer.SerializeToUtf8Bytes(ask, verb.Ask);
        if (plain.Length > BytesMax) { return FleetProblems.LetterTooLong; }
        var id = Guid.CreateVersion7(time.GetUtcNow());
        return (await db.TransactAsync<Result<Done>>(async tx =>
        {
            // The bot's row keeps the order: who is second gets the higher number.
            if (await BotSql.LockAsync(tx, tenant: null, bot, ct) is not { IsDeleted: false }) { return FleetProblems.NotFound; }
            if (await tx.ValueAsync<long>($"select count(*) from fleet.letter where bot_id = {bot}", ct) >= WaitingMax)
            {
                return FleetProblems.TooManyLetters;
            }
            await tx.ExecuteAsync($"""
                insert into fleet.letter (id, bot_id, verb, ask, actor, created_at)
                values ({id}, {bot}, {verb.Name}, {vault.Seal(Label, id.ToString(), plain)}, {actor.ToString()}, {time.Now()})
                """, ct);
            return Done.Instance;
        }, ct)).Problem;
    }

    public Task<Letter?> FirstAsync(Guid bot, CancellationToken ct) => db.FirstAsync($"""
        select number, id, bot_id, verb, ask, actor
        from fleet.letter
        where bot_id = {bot}
        order by number
        limit 1
        """, row => new Letter(row.GetInt64(0), row.GetGuid(1), row.GetGuid(2), row.GetString(3), row.GetFieldValue<byte[]>(4), row.GetString(5)), ct);

    public static Task DeleteAsync(Db tx, Letter letter, CancellationToken ct) =>
        tx.ExecuteAsync($"delete from fleet.letter where number = {letter.Number}", ct);

    /// <summary>Bots that letters wait for, and that, or whose nodes, are linked.</summary>
    public Task<List<Guid>> BotsAsync(string? node, CancellationToken ct) => db.QueryAsync($"""
        select distinct l.bot_id
        from fleet.letter l
        join fleet.bot b on b.id = l.bot_id
        where b.node_id = coalesce({node}::text, b.node_id)
          and exists (select from fleet.link k where k.peer in ('bot:' || b.id, 'node:' || b.node_id))
        """, row => row.GetGuid(0), ct);

    /// <exception cref="InvalidOperationException">No configured secret opens it.</exception>
    public JsonElement Open(Letter letter) => vault.TryOpen(Label, letter.Id.ToString(), letter.Ask, out var plain)
        ? JsonElement.Parse(plain)
        : throw new InvalidOperationException(
            "What waits for a bot does not open. Add the secret it was sealed under to PLATFORM_SECRET_PREVIOUS.");

    public SealedStore AsSealedStore() => new("fleet-letters", DueAsync, ResealAsync);

    private Task<long> DueAsync(CancellationToken ct) => db.ValueAsync<long>($"""
        select count(*) from fleet.letter where substring(ask from {Vault.KeyIdOffset + 1} for {Vault.KeyIdLength}) <> {vault.KeyId}
        """, ct)!;

    private Task<ResealBatch> ResealAsync(string? after, int limit, CancellationToken ct) => db.TransactAsync(async tx =>
    {
        var from = after is null ? Guid.Empty : Guid.Parse(after);
        var due = await tx.QueryAsync($"""
            select id, ask
            from fleet.letter
            where id > {from} and substring(ask from {Vault.KeyIdOffset + 1} for {Vault.KeyIdLength}) <> {vault.KeyId}
            order by id
            limit {limit}
            for update skip locked
            """, row => (Id: row.GetGuid(0), Ask: row.GetFieldValue<byte[]>(1)), ct);
        var unopened = 0;
        foreach (var (id, ask) in due)
        {
            if (!vault.TryOpen(Label, id.ToString(), ask, out var plain))
            {
                unopened++;
                continue;
            }
            await tx.ExecuteAsync($"update fleet.letter set ask = {vault.Seal(Label, id.ToString(), plain)} where id = {id}", ct);
        }
        return new ResealBatch(due.Count - unopened, unopened, due is [.., var last] ? last.Id.ToString() : null);
    }, ct);
}
