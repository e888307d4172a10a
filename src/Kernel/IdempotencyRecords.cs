using Npgsql;

namespace Wopr.Kernel;

internal sealed record IdempotencyClaim(string Scope, string Key, string Route, byte[] RequestHash, Guid Holder)
{
    public string Owner => $"{Scope}\n{Key}";
}

internal sealed record KeptAnswer(int Status, string? ContentType, string? Location, byte[] Body);

/// <param name="Answer">Null while the first run goes on.</param>
internal sealed record IdempotencyRecord(byte[] RequestHash, KeptAnswer? Answer);

/// <summary>
/// Who runs under which key, and how it ended. A run holds its key by a time that it renews, so a process that is
/// killed keeps it for seconds only; the next caller then takes it over.
/// </summary>
internal sealed class IdempotencyRecords(Db db, Vault vault, IdempotencyPace pace)
{
    public static readonly TimeSpan Life = TimeSpan.FromHours(24);

    private const string Label = "idempotency";
    private const int RowsPerSweep = 5_000;

    /// <summary>True when this run may go ahead. What is older than a day is as good as gone.</summary>
    public async Task<bool> ClaimAsync(IdempotencyClaim claim, CancellationToken ct) => await db.ExecuteAsync($"""
        insert into kernel.idempotency as kept (scope, key, route, request_hash, holder, held_until)
        values ({claim.Scope}, {claim.Key}, {claim.Route}, {claim.RequestHash}, {claim.Holder}, now() + {pace.Hold})
        on conflict (scope, key) do update
        set route = excluded.route, request_hash = excluded.request_hash, holder = excluded.holder,
            held_until = excluded.held_until, status = null, content_type = null, location = null, body = null,
            created_at = now()
        where (kept.status is null and kept.held_until < now() and kept.request_hash = excluded.request_hash)
           or kept.created_at < now() - {Life}
        """, ct) == 1;

    public async Task<IdempotencyRecord?> FindAsync(IdempotencyClaim claim, CancellationToken ct)
    {
        var row = await db.FirstAsync($"""
            select request_hash, status, content_type, location, body
            from kernel.idempotency
            where scope = {claim.Scope} and key = {claim.Key}
            """, Read, ct);
        if (row?.Answer is not { } answer) { return row; }
        return vault.TryOpen(Label, claim.Owner, answer.Body, out var body)
            ? row with { Answer = answer with { Body = body } }
            : throw new InvalidOperationException("A kept answer does not open with the configured secrets.");
    }

    public async Task<bool> RenewAsync(IdempotencyClaim claim, CancellationToken ct) => await db.ExecuteAsync($"""
        update kernel.idempotency
        set held_until = now() + {pace.Hold}
        where scope = {claim.Scope} and key = {claim.Key} and holder = {claim.Holder} and status is null
        """, ct) == 1;

    /// <summary>False when another run has taken over.</summary>
    public async Task<bool> KeepAsync(IdempotencyClaim claim, KeptAnswer answer, CancellationToken ct)
    {
        var body = vault.Seal(Label, claim.Owner, answer.Body);
        return await db.ExecuteAsync($"""
            update kernel.idempotency
            set status = {answer.Status}, content_type = {answer.ContentType}::text, location = {answer.Location}::text,
                body = {body}
            where scope = {claim.Scope} and key = {claim.Key} and holder = {claim.Holder} and status is null
            """, ct) == 1;
    }

    /// <summary>The work was not done: the key is free again.</summary>
    public Task ReleaseAsync(IdempotencyClaim claim, CancellationToken ct) => db.ExecuteAsync($"""
        delete from kernel.idempotency
        where scope = {claim.Scope} and key = {claim.Key} and holder = {claim.Holder} and status is null
        """, ct);

    public async Task SweepAsync(CancellationToken ct)
    {
        while (await db.ExecuteAsync($"""
            delete from kernel.idempotency
            where (scope, key) in (
                select scope, key from kernel.idempotency where created_at < now() - {Life} limit {RowsPerSweep}
                for update skip locked)
            """, ct) == RowsPerSweep)
        {
            // Until what is left fits one sweep.
        }
    }

    public SealedStore AsSealedStore() => new("kernel.idempotency", DueAsync, ResealAsync);

    private async Task<long> DueAsync(CancellationToken ct) => await db.ValueAsync<long>($"""
        select count(*)
        from kernel.idempotency
        where substring(body from {Vault.KeyIdOffset + 1} for {Vault.KeyIdLength}) <> {vault.KeyId}
        """, ct);

    private async Task<ResealBatch> ResealAsync(string? after, int limit, CancellationToken ct)
    {
        var (afterScope, afterKey) = after?.Split('\n') is [var first, var second] ? (first, second) : ("", "");
        return await db.TransactAsync(async tx =>
        {
            var due = await tx.QueryAsync($"""
                select scope, key, body
                from kernel.idempotency
                where substring(body from {Vault.KeyIdOffset + 1} for {Vault.KeyIdLength}) <> {vault.KeyId}
                  and (scope, key) > ({afterScope}, {afterKey})
                order by scope, key
                limit {limit}
                for update skip locked
                """, row => (Scope: row.GetString(0), Key: row.GetString(1), Body: row.GetFieldValue<byte[]>(2)), ct);
            var resealed = 0;
            foreach (var (scope, key, body) in due)
            {
                var owner = $"{scope}\n{key}";
                if (!vault.TryOpen(Label, owner, body, out var plain)) { continue; }
                var again = vault.Seal(Label, owner, plain);
                await tx.ExecuteAsync(
                    $"update kernel.idempotency set body = {again} where scope = {scope} and key = {key}", ct);
                resealed++;
            }
            return new ResealBatch(resealed, due.Count - resealed, due is [.., var last] ? $"{last.Scope}\n{last.Key}" : null);
        }, ct);
    }

    private static IdempotencyRecord Read(NpgsqlDataReader row) => new(row.GetFieldValue<byte[]>(0), row.IsDBNull(1)
        ? null
        : new(row.GetInt32(1), row.IsDBNull(2) ? null : row.GetString(2), row.IsDBNull(3) ? null : row.GetString(3),
            row.GetFieldValue<byte[]>(4)));
}
